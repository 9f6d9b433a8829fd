"""Text as papers score it: equal to the references that came with a corpus, and refused where it cannot be made."""

import sys
from pathlib import Path

import pytest

from regard.errors import InputError, MissingExtraError
from regard.evaluation.tokenised import evaluate_tokenised, tokenised


def test_moses_tokens_are_escaped_and_lower_case() -> None:
    assert tokenised(["L'homme dit « oui », là."], language="fr") == ["l&apos; homme dit &quot; oui &quot; , là ."]


def test_an_equal_translation_scores_full_and_another_does_not() -> None:
    same = ["Un homme assis dort dans l'herbe verte du parc."]
    reference = ["un homme assis dort dans l&apos; herbe verte du parc ."]
    score = evaluate_tokenised(same, reference, language="fr")
    assert score.value == pytest.approx(100)
    assert score.signature.startswith("moses:fr|nrefs:1|case:lc|eff:no|tok:none|smooth:exp|version:")
    assert evaluate_tokenised(["Une femme court."], reference, language="fr").value < 10


def test_the_references_of_multi30k_are_made_again(regard_data: Path) -> None:
    plain, papers = (
        (regard_data / "multi30k" / f"test_2016_flickr.{suffix}").read_text(encoding="utf-8").split("\n")[:200]
        for suffix in ("fr", "lc.norm.tok.fr")
    )
    found = tokenised(plain, language="fr")
    assert sum(one == other for one, other in zip(found, papers, strict=True)) >= 199


def test_different_numbers_of_sentences_are_refused() -> None:
    with pytest.raises(InputError, match="2 translations cannot be scored against 1 tokenised references"):
        evaluate_tokenised(["a", "b"], ["a"], language="fr")
    with pytest.raises(InputError, match="0 translations"):
        evaluate_tokenised([], [], language="fr")


def test_without_sacremoses_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sacremoses", None)
    with pytest.raises(MissingExtraError, match=r"need sacremoses.*pip install 'regard\[papers\]'"):
        tokenised(["a"], language="fr")
