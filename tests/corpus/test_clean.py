import json

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from regard.corpus import Rules, check_corpus, clean_corpus, read_pairs
from regard.errors import CorpusError, OutputExistsError

ENGLISH = ["one cat\r", "one cat", "", "two dogs", "three\u2028mice", "a"]
FRENCH = ["un chat", "un chat", "vide", "deux chiens", "trois souris", "Ã©"]


@pytest.fixture
def sides(tmp_path):
    paths = tmp_path / "a.en", tmp_path / "a.fr"
    for path, lines in zip(paths, (ENGLISH, FRENCH), strict=True):
        path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="")
    return paths


def test_what_passes_and_what_does_not_are_both_kept(sides, tmp_path):
    out = tmp_path / "out"
    report = clean_corpus(*sides, out=out)
    assert (report.kept, report.dropped) == (
        3,
        {"seen before": 1, "blank on one side": 1, "garbled characters": 1},
    )
    clean = list(read_pairs(out / "clean.en", out / "clean.fr"))
    assert [pair.source for pair in clean] == ["one cat", "two dogs", "three\u2028mice"]
    dropped = [json.loads(line) for line in (out / "dropped.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    assert dropped == [
        {"line": 2, "reason": "seen before", "source": "one cat", "target": "un chat"},
        {"line": 3, "reason": "blank on one side", "source": "", "target": "vide"},
        {"line": 6, "reason": "garbled characters", "source": "a", "target": "Ã©"},
    ]
    assert (out / "report.txt").read_text(encoding="utf-8") == f"{report}\n"
    assert len(clean) + len(dropped) == len(ENGLISH)


def test_cleaning_what_is_clean_drops_nothing(sides, tmp_path):
    clean_corpus(*sides, out=tmp_path / "once")
    once = [tmp_path / "once" / name for name in ("clean.en", "clean.fr")]
    assert clean_corpus(*once, out=tmp_path / "twice").dropped == {}
    for path in once:
        assert path.read_bytes() == (tmp_path / "twice" / path.name).read_bytes()


def test_json_lines_stay_json_lines(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"source": "a\\nb", "target": "c\\td"}\n', encoding="utf-8")
    clean_corpus(path, out=tmp_path / "out")
    assert [(pair.source, pair.target) for pair in read_pairs(tmp_path / "out" / "clean.jsonl")] == [("a\nb", "c\td")]


def test_shifted_sides_are_refused_and_nothing_is_written(tmp_path):
    english = [f"Sentence number {number}{' and so on' * (number % 5)}." for number in range(300)]
    source, target = tmp_path / "a.en", tmp_path / "a.fr"
    source.write_text("\n".join([*english, "end"]) + "\n", encoding="utf-8")
    target.write_text("\n".join(["début", *english]) + "\n", encoding="utf-8")
    with pytest.raises(
        CorpusError, match=r"from about line \d on .* Nothing was written; if this is a false alarm, turn"
    ):
        clean_corpus(source, target, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert clean_corpus(source, target, out=tmp_path / "out", rules=Rules(check_alignment=False)).kept > 0


def test_nothing_left_is_said(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_text("a\t\n\tb\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"no pair of .*a\.tsv passed, so nothing was written:\n2 pairs read, 0 kept"):
        clean_corpus(path, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_over(sides, tmp_path):
    with pytest.raises(OutputExistsError, match="exists already and is left as it is"):
        clean_corpus(*sides, out=tmp_path)


def write_unchanged(paths, pairs):
    """Writes pairs as they are, as any program might."""
    if len(paths) == 2:
        texts = ["".join(f"{side}\n" for side in sides) for sides in zip(*pairs, strict=True)]
    elif paths[0].suffix == ".tsv":
        texts = ["".join(f"{source}\t{target}\n" for source, target in pairs)]
    else:
        texts = ["".join(json.dumps({"source": source, "target": target}) + "\n" for source, target in pairs)]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(text.encode())


@pytest.mark.parametrize("names", [("a.en", "a.fr"), ("a.tsv",), ("a.jsonl",)])
@given(pairs=st.lists(st.tuples(*[st.text("ab \ufeff\r\u00a0", max_size=4)] * 2), max_size=6))
@hypothesis_settings(max_examples=50)
def test_what_was_cleaned_is_sound_whatever_marks_stand_in_it(tmp_path_factory, names, pairs):
    folder, rules = tmp_path_factory.mktemp("marks"), Rules(max_ratio=99.0, check_alignment=False)
    paths = [folder / name for name in names]
    write_unchanged(paths, [*pairs, ("one cat", "un chat")])
    report = clean_corpus(*paths, out=folder / "out", rules=rules)
    result = check_corpus(*(folder / "out" / f"clean{path.suffix}" for path in paths), rules=rules)
    assert not result.is_damaged
    assert (result.report.kept, result.report.dropped) == (report.kept, {})
