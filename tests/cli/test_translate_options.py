"""``regard translate`` with options of search: each reaches the model, and the help shows them in groups."""

import json
from pathlib import Path

import pytest

LINE = b"four two seven\n"


def test_terms_of_a_glossary(regard, tiny_run: Path, tmp_path: Path) -> None:
    terms = tmp_path / "terms.tsv"
    terms.write_text("# numbers\ntwo\thuit\nten\tdix\n", encoding="utf-8")
    outcome = regard("translate", tiny_run, "--glossary", terms, stdin=LINE + b"\nnine one one\n")
    first, second, third = outcome.out.splitlines()
    assert "huit" in first.split()
    assert (second, third) == ("", "neuf un un")


def test_phrases_that_must_and_must_not_appear(regard, tiny_run: Path) -> None:
    outcome = regard("translate", tiny_run, "--require", "neuf", "--require", "un six", stdin=LINE)
    assert "neuf" in outcome.out.split()
    assert "un six" in outcome.out
    outcome = regard("translate", tiny_run, "--forbid", "deux", "--forbid", "sept", stdin=LINE)
    assert outcome.out.strip()
    assert not {"deux", "sept"} & set(outcome.out.split())


def test_a_prefix(regard, tiny_run: Path) -> None:
    assert regard("translate", tiny_run, "--prefix", "cinq", stdin=LINE).out.startswith("cinq")


def test_samples_are_the_same_for_a_seed(regard, tiny_run: Path) -> None:
    options = ["--samples", 5, "--temperature", 3, "--num-hypotheses", 5, "--json", "--max-length", 8]
    one, same = (regard("translate", tiny_run, *options, "--seed", 7, stdin=LINE).out for _ in range(2))
    other = regard("translate", tiny_run, *options, "--seed", 8, stdin=LINE).out
    assert one == same != other
    likely = regard("translate", tiny_run, "--samples", 8, "--minimum-risk", stdin=LINE)
    assert likely.out == "quatre deux sept\n"


def test_bounds_and_penalties(regard, tiny_run: Path) -> None:
    cut = json.loads(regard("translate", tiny_run, "--json", "--max-length-ratio", 0.4, stdin=LINE).out)
    assert cut["flags"] == ["cut"]
    assert cut["text"] != "quatre deux sept"
    late = json.loads(regard("translate", tiny_run, "--json", "--deadline-seconds", 1e-9, stdin=LINE).out)
    assert late["flags"] == ["deadline"]
    options = ["--coverage-penalty", 0.2, "--length-formula", "wu", "--no-repeat-ngram", 2, "--min-length-ratio", 0.5]
    assert regard("translate", tiny_run, *options, stdin=LINE).out == "quatre deux sept\n"


def test_groups(regard, tiny_run: Path) -> None:
    options = ["--beam-size", 4, "--diverse-groups", 4, "--diversity", 9, "--num-hypotheses", 4, "--json"]
    found = json.loads(regard("translate", tiny_run, *options, stdin=LINE).out)
    assert found["text"] == "quatre deux sept"
    assert len({one["text"].split()[0] for one in found["hypotheses"] if one["text"]}) > 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--top-k", 3], "top_k mean something only for drawing; give samples too"),
        (["--length-formula", "gnmt"], 'length_formula = "gnmt"; expected one of "power", "wu"'),
        (["--glossary", "/nowhere.tsv"], "the glossary /nowhere.tsv cannot be read"),
        (["--require", "x", "--samples", 2], "need a beam of their own; leave samples out"),
        (["--stream", "--forbid", "x", "--samples", 2], "leave out --samples, --forbid"),
        (["--require", "un deux", "--forbid", "un"], "demands 'un deux', but a forbidden phrase is part of that"),
    ],
)
def test_what_cannot_be_is_said(regard, tiny_run: Path, options: list[object], message: str) -> None:
    outcome = regard("translate", tiny_run, *options, stdin=LINE)
    assert outcome.code == 2
    assert message in outcome.err
    assert outcome.out == ""


def test_the_help_shows_options_in_groups(regard) -> None:
    text = regard("translate", "--help").out
    places = [text.index(title) for title in ("Arguments:", "Options:", "Search:", "Drawing at random:", "Terms and")]
    assert places == sorted(places)
    assert places[2] < text.index("--coverage-penalty") < places[3] < text.index("--top-p") < places[4]
