import math
import subprocess
import sys

import pytest

from regard.errors import InputError
from regard.evaluation import Score, evaluate

REFERENCES = ["Le chat est sur le tapis .", "Je t'aime .", "Le chien a chassé le chat ."]


def test_a_perfect_translation_has_perfect_scores():
    scores = evaluate(REFERENCES, [REFERENCES])
    assert list(scores) == ["bleu", "chrf", "ter"]
    assert [score.name for score in scores.values()] == ["BLEU", "chrF2", "TER"]
    assert [round(score.value, 6) for score in scores.values()] == [100, 100, 0]


def test_the_signature_says_how_the_number_was_made():
    scores = evaluate(REFERENCES, [REFERENCES, REFERENCES])
    assert "nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:" in scores["bleu"].signature
    assert "nc:6|nw:0" in scores["chrf"].signature
    assert str(scores["bleu"]) == f"BLEU = 100.00  {scores['bleu'].signature}"


def test_bleu_is_the_formula():
    # 4 of 4 words, 3 of 3 pairs, 2 of 2 triples and 1 of 1 quadruple are right; 4 words stand for 5: exp(1 - 5/4).
    score = evaluate(["a b c d"], [["a b c d e"]], metrics=["bleu"])["bleu"]
    assert score.value == pytest.approx(100 * math.exp(1 - 5 / 4))


def test_case_counts():
    assert evaluate(["je t'aime ."], [["Je t'aime ."]], ["bleu"])["bleu"].value < 100


def test_the_better_of_two_references_counts():
    other = ["x", "y", "z"]
    assert evaluate(REFERENCES, [other, REFERENCES], ["bleu"])["bleu"].value == pytest.approx(100)
    assert evaluate(REFERENCES, [other], ["bleu"])["bleu"].value < 1


def test_an_empty_translation_counts_as_wrong_but_is_scored():
    assert evaluate(["", *REFERENCES[1:]], [REFERENCES], ["chrf"])["chrf"].value < 100


def test_text_that_looks_tokenised_prints_no_warning(capfd):
    evaluate(REFERENCES * 100, [REFERENCES * 100])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("hypotheses", "references"), [([], [[]]), (["a"], []), ([], [])])
def test_nothing_to_score_is_said(hypotheses, references):
    with pytest.raises(InputError, match="there is nothing to score: at least one translation and one reference set"):
        evaluate(hypotheses, references)


def test_different_counts_are_refused():
    with pytest.raises(InputError, match=r"3 translations cannot be scored against 2 references \(set 2\)"):
        evaluate(REFERENCES, [REFERENCES, REFERENCES[:2]])


@pytest.mark.parametrize(("hypotheses", "references"), [("abc", [["a"] * 3]), (["a"], ["a"]), (["a"], "a")])
def test_a_string_in_place_of_a_list_is_refused(hypotheses, references):
    with pytest.raises(
        InputError, match=r"a string is given in place of a list; a single reference set is \[references"
    ):
        evaluate(hypotheses, references)


@pytest.mark.parametrize("metrics", [["bleu", "comet"], [], "bleu"])
def test_unknown_metrics_are_refused(metrics):
    with pytest.raises(InputError, match="`metrics` must be some of bleu, chrf, ter, but"):
        evaluate(REFERENCES, [REFERENCES], metrics)


def test_a_score_is_a_value():
    assert Score("BLEU", 1.0, "s") == Score("BLEU", 1.0, "s")


def test_importing_the_room_loads_neither_sacrebleu_nor_torch():
    code = "import sys, regard.evaluation; assert not {'torch', 'sacrebleu'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
