"""``regard convert`` as a user types it."""

import json
from pathlib import Path

import pytest

pytest.importorskip("ctranslate2")


def test_a_model_is_converted_and_the_agreement_told(regard, tiny_run: Path, tmp_path: Path) -> None:
    outcome = regard("convert", tiny_run, "--to", "ctranslate2", "--out", tmp_path / "out", "--sentences", 20)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert lines[0].startswith("verified on 20 sentences: the first pairs of ")
    assert lines[1] == "100.0% of them cut into the same pieces"
    assert lines[2].startswith("largest difference of log-probabilities of the tokens: ")
    assert lines[3].startswith("greedy search: 100.0% of the translations identical, BLEU ")
    assert lines[4].startswith("beam 5: ")
    assert lines[5] == f"{tmp_path / 'out'} is ready; its README.md says how to call it"


def test_it_is_told_in_json_on_given_sentences(regard, tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "numbers.en").write_text("one two three\n", encoding="utf-8")
    outcome = regard(
        *("convert", tiny_run, "--to", "ctranslate2", "--out", tmp_path / "😀", "--json"),
        *("--quantization", "int8", "--verify-source", tmp_path / "numbers.en", "--tolerance", 20),
    )
    assert outcome.code == 0, outcome.err
    assert outcome.out.isascii()  # any encoding of standard output can write it
    record = json.loads(outcome.out)
    assert record["out"] == str(tmp_path / "😀")
    assert (record["to"], record["quantization"], record["num_sentences"]) == ("ctranslate2", "int8", 1)
    assert 1e-4 < record["largest_difference"] < 20
    assert record["translations"][0]["reference"] == "ours"


def test_what_does_not_agree_ends_with_3_and_leaves_nothing(regard, tiny_run: Path, tmp_path: Path) -> None:
    outcome = regard(
        *("convert", tiny_run, "--to", "ctranslate2", "--out", tmp_path / "out", "--sentences", 5),
        *("--tolerance", "1e-15"),
    )
    assert outcome.code == 3
    assert "does not agree with ours and is not kept" in outcome.messages[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--to", "word"), "models are converted to ctranslate2"),
        (("--to", "ctranslate2", "--quantization", "int4"), "'int4' is asked for"),
        (("--to", "ctranslate2", "--verify-target", "x"), "--verify-target is given without --verify-source"),
    ],
    ids=["format", "quantization", "target"],
)
def test_wrong_options_end_with_2(
    regard, tiny_run: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    outcome = regard("convert", tiny_run, "--out", tmp_path / "out", *options)
    assert outcome.code == 2
    assert message in outcome.messages[0]
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_refused_first(regard, tmp_path: Path) -> None:
    outcome = regard("convert", "nowhere", "--to", "ctranslate2", "--out", tmp_path)
    assert outcome.code == 2
    assert "exists already and is left as it is; give another --out" in outcome.messages[0]
