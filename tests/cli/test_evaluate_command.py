"""``regard evaluate``: scores with their signatures."""

import json
from pathlib import Path

import pytest

from regard.cli.comparing import compared
from regard.cli.scoring import Scored
from regard.corpus import Origin, Pair
from regard.evaluation import Score


@pytest.fixture
def test_files(tmp_path: Path) -> tuple[Path, Path]:
    """Three sentences whose translations the tiny model knows, and a reference that it cannot know."""
    source, target = tmp_path / "test.en", tmp_path / "test.fr"
    source.write_text("four two seven\none two three\nnine\n", encoding="utf-8")
    target.write_text("quatre deux sept\nun deux trois\nseptante\n", encoding="utf-8")
    return source, target


def test_scores_carry_their_signatures(regard, tiny_run: Path, test_files) -> None:
    source, target = test_files
    outcome = regard("evaluate", tiny_run, "--source", source, "--target", target)
    assert outcome.code == 0, outcome.err
    names = [line.split(" = ")[0] for line in outcome.out.splitlines()]
    assert names[:3] == ["BLEU", "chrF2", "TER"]
    assert outcome.out.count("nrefs:1|case:") == 3
    assert "tok:13a" in outcome.out
    assert "3 sentences in" in outcome.out
    assert "sentences/s" in outcome.out
    assert f"3 sentences: {source} and {target}" in outcome.err


def test_json_and_the_translations(regard, tiny_run: Path, test_files, tmp_path: Path) -> None:
    source, target = test_files
    options = ["--source", source, "--target", target, "--json", "-o", tmp_path / "hyp.fr", "--beam-size", 1]
    record = json.loads(regard("evaluate", tiny_run, *options).out)
    assert list(record) == ["model", "test_set", "sentences", "seconds", "sentences_per_second", "scores"]
    assert list(record["scores"]) == ["bleu", "chrf", "ter"]
    assert 0 < record["scores"]["chrf"]["value"] < 100
    hypotheses = (tmp_path / "hyp.fr").read_text(encoding="utf-8").splitlines()
    assert hypotheses[:2] == ["quatre deux sept", "un deux trois"]
    assert len(hypotheses) == 3


def test_of_both_models_it_is_said_that_they_are_not_compiled(regard, tiny_run: Path, test_files) -> None:
    source, target = test_files
    options = ["--compare", tiny_run / "model", "--compile", "--dtype", "float64"]
    outcome = regard("evaluate", tiny_run, "--source", source, "--target", target, *options)
    assert outcome.code == 0, outcome.err
    for name in ("run", "model"):
        assert f"{name} translates without compiled code: " in outcome.err


def test_without_files_on_what_was_held_out(
    regard, tiny_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # not the folder the run was started in
    outcome = regard("evaluate", tiny_run)
    assert outcome.code == 0, outcome.err
    assert "100 sentences: the pairs of " in outcome.err
    assert "held out to validate on" in outcome.err


def test_a_table_holds_both_sides(regard, tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "test.tsv").write_text("one two\tun deux\n", encoding="utf-8")
    outcome = regard("evaluate", tiny_run, "--source", tmp_path / "test.tsv")
    assert outcome.code == 0, outcome.err
    assert "1 sentences: " in outcome.err


def test_speed_is_sentences_over_seconds() -> None:
    scored = Scored(("a", "b", "c"), {"bleu": Score("BLEU", 12.3456, "sig")}, seconds=2.0)
    assert scored.lines() == ["BLEU = 12.35  sig", "3 sentences in 2.0 s (1.5 sentences/s)"]
    assert scored.record()["scores"] == {"bleu": {"value": 12.3456, "signature": "sig"}}
    assert Scored((), {}, seconds=0.0).sentences_per_second == 0.0


def test_two_models_compared(regard, tiny_run: Path, test_files) -> None:
    source, target = test_files
    files = ["--source", source, "--target", target]
    outcome = regard("evaluate", tiny_run, *files, "--compare", tiny_run / "model")
    assert outcome.code == 0, outcome.err
    assert outcome.out.count("difference +0.00, p = 1.0000") == 3
    assert "|bs:1000|seed:12345" in outcome.out
    record = json.loads(regard("evaluate", tiny_run, *files, "--compare", tiny_run / "model", "--json").out)
    assert record["comparisons"]["bleu"]["p_value"] == 1
    assert record["most_different"] == []


def test_the_lines_of_a_comparison() -> None:
    pairs = [Pair("a\x1b", "un", Origin("a.tsv", 7)), Pair("b", "deux", Origin("a.tsv", 9))]
    shown = "\n".join(compared(pairs, ["un", "de"], ["x", "de"]).lines())
    assert "line 7    a\ufffd\n  reference     un\n  first  100.00 un\n  second   0.00 x" in shown
    assert "line 9" not in shown


def test_a_model_to_compare_with_that_is_not_there(regard, tiny_run: Path, test_files, tmp_path: Path) -> None:
    source, target = test_files
    outcome = regard("evaluate", tiny_run, "--source", source, "--target", target, "--compare", tmp_path / "none")
    assert outcome.code == 2
    assert "none" in outcome.err
