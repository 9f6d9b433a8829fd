"""Two translators compared: what chance is, and what is not."""

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from regard.errors import InputError
from regard.evaluation import compare, evaluate, most_different

WORDS = ["le", "chat", "dort", "sur", "un", "tapis", "rouge", "et", "la", "petite", "fille", "mange", "une", "pomme"]


def references(count: int = 60) -> list[str]:
    chance = random.Random(1)
    return [" ".join(chance.choices(WORDS, k=8)) + " ." for _ in range(count)]


def damaged(sentences: list[str], *, every: int) -> list[str]:
    """The sentences with the first four words of every so many replaced."""
    return [
        " ".join(["x"] * 4 + each.split()[4:]) if number % every == 0 else each for number, each in enumerate(sentences)
    ]


GOOD, BAD = damaged(references(), every=6), damaged(references(), every=2)


def test_a_clear_difference_is_significant() -> None:
    found = compare(BAD, GOOD, [references()], resamples=300)
    assert list(found) == ["bleu", "chrf", "ter"]
    for each in found.values():
        assert each.p_value < 0.01
        assert each.first_margin > 0
    assert found["bleu"].difference > 10
    assert found["ter"].difference < -10


def test_as_many_gains_as_losses_are_chance() -> None:
    one, other = references(), references()
    one[::2] = damaged(references()[::2], every=2)
    other[1::2] = damaged(references()[1::2], every=2)
    found = compare(one, other, [references()], ["chrf"], resamples=300)["chrf"]
    assert one != other
    assert found.p_value > 0.2


def test_the_same_translations_do_not_differ() -> None:
    found = compare(GOOD, GOOD, [references()], resamples=20)
    assert {each.p_value for each in found.values()} == {1.0}
    assert {each.difference for each in found.values()} == {0.0}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello world , my friend !", "Hello world, my friend!"),  # no metric sees the difference
        ("quite another thing", "nothing of the kind"),  # both score nothing
    ],
)
def test_no_difference_is_not_significant_however_it_comes(one: str, other: str) -> None:
    found = compare([one] * 20, [other] * 20, [["Hello world, dear friend!"] * 20], ["bleu"], resamples=50)["bleu"]
    assert found.difference == 0
    assert found.p_value == 1.0


def test_a_metric_that_is_named_twice_counts_once() -> None:
    assert list(compare(BAD, GOOD, [references()], ["bleu", "bleu"], resamples=10)) == ["bleu"]


def test_scores_are_those_of_evaluate_and_the_signature_says_how_often_was_drawn() -> None:
    found = compare(BAD, GOOD, [references()], ["bleu"], resamples=50)["bleu"]
    assert found.first.value == evaluate(BAD, [references()], ["bleu"])["bleu"].value
    assert found.second.value == evaluate(GOOD, [references()], ["bleu"])["bleu"].value
    assert found.first.name == "BLEU"
    assert "bs:50|seed:12345" in found.first.signature
    assert found == compare(BAD, GOOD, [references()], ["bleu"], resamples=50)["bleu"]


def test_the_numbers_are_those_of_sacrebleu_s_own_command(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("reference", "first", "second")]
    for file, lines in zip(files, (references(), BAD, GOOD), strict=True):
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    options = ["-m", "bleu", "-f", "text", "--paired-bs", "--paired-bs-n", "100", "--force"]
    command = [sys.executable, "-m", "sacrebleu", files[0], "-i", files[1], files[2], *options]
    printed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    found = compare(BAD, GOOD, [references()], ["bleu"], resamples=100)["bleu"]
    numbers = re.findall(r"(\d+\.\d+) \((\d+\.\d+) ± (\d+\.\d+)\)", printed)
    assert [(score, margin) for score, _, margin in numbers] == [
        (f"{found.first.value:.1f}", f"{found.first_margin:.1f}"),
        (f"{found.second.value:.1f}", f"{found.second_margin:.1f}"),
    ]
    assert f"(p = {found.p_value:.4f})" in printed


def test_the_sentences_that_differ_most_come_first() -> None:
    first = ["a b c d", "same", "a b x d", "e f g h"]
    second = ["a b c d e", "same", "y y y y", "e f g h"]
    wanted = [["a b c d", "other", "a b c d", "e f g h"]]
    found = most_different(first, second, wanted, count=5)
    assert [each.index for each in found] == [2, 0]
    assert found[0].first_chrf > found[0].second_chrf
    assert found[1].first_chrf == pytest.approx(100)
    assert most_different(first, second, wanted, count=1) == found[:1]


def test_what_cannot_be_compared_is_refused() -> None:
    with pytest.raises(InputError, match="59 translations cannot be scored against 60 references"):
        compare(GOOD, BAD[1:], [references()])
    with pytest.raises(InputError, match="`metrics` must be some of"):
        compare(GOOD, BAD, [references()], ["comet"])
    with pytest.raises(InputError, match="`resamples` must be at least 1, but is 0"):
        compare(GOOD, BAD, [references()], resamples=0)
