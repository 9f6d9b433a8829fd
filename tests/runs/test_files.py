"""What training does with the files it is given: refuses, leaves out, tells, and reads them once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from regard.corpus import Pair
from regard.errors import CorpusError
from regard.runs import plan_run
from regard.runs.data import RunData, read_data
from regard.runs.files import read_files
from regard.settings import load_settings

ENGLISH = [f"Sentence {number}{' and so on' * (number % 5)}{'.!?'[number % 3]}" for number in range(60)]
FRENCH = [f"Phrase {number}{' et le reste' * (number % 5)}{'.!?'[number % 3]}" for number in range(60)]
Write = Callable[..., tuple[Path, Path]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes two sides under a name."""

    def write(english: list[str], french: list[str], name: str = "a") -> tuple[Path, Path]:
        paths = tmp_path / f"{name}.en", tmp_path / f"{name}.fr"
        for path, lines in zip(paths, (english, french), strict=True):
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return paths

    return write


def settings_for(paths: tuple[Path, Path], *more: str) -> list[str]:
    return [f"data.source={paths[0]}", f"data.target={paths[1]}", *more]


def read(paths: tuple[Path, Path], *more: str) -> RunData:
    return read_data(load_settings(None, settings_for(paths, *more)).data)


def test_sound_files_are_counted_and_nothing_else_is_said(write: Write) -> None:
    paths = write(ENGLISH, FRENCH)
    data = read(paths)
    assert data.notes == [f"{paths[0]}: 60 pairs read, 60 kept", "6 of them held out to validate on"]
    assert (len(data.train), len(data.valid), data.num_read) == (54, 6, 60)


def test_damaged_pairs_are_left_out_whole_and_told_with_their_lines(write: Write) -> None:
    english, french = [*ENGLISH], [*FRENCH]
    english[10], french[20], french[30] = "", " ", "Ã©tÃ©"
    paths = write(english, french)
    found = read_files(*paths, check_alignment=True)
    assert {pair.origin.line for pair in found.pairs} == set(range(1, 61)) - {11, 21, 31}
    assert all(ENGLISH.index(pair.source) == FRENCH.index(pair.target) for pair in found.pairs)
    assert found.notes == (
        f"{paths[0]}: 60 pairs read, 57 kept",
        f"{paths[0]}: 2 left out: blank on one side (line 11, 21)",
        f"{paths[0]}: 1 left out: garbled characters (line 31)",
    )


def unusual(write: Write) -> tuple[Path, Path]:
    """Two pairs seen before, one with the same sides, one far too long on one side."""
    english = [*ENGLISH, ENGLISH[0], ENGLISH[1], "the same as here", "Short."]
    return write(english, [*FRENCH, FRENCH[0], FRENCH[1], "the same as here", "Long. " * 20])


def test_unusual_pairs_stay_and_are_told(write: Write) -> None:
    paths = unusual(write)
    data = read(paths)
    assert data.num_read == 64
    assert data.notes[:-1] == [
        f"{paths[0]}: 64 pairs read, 64 kept",
        f"{paths[0]}: 2 kept although: seen before (line 61, 62)",
        f"{paths[0]}: 1 kept although: both sides are the same (line 63)",
        f"{paths[0]}: 1 kept although: one side much longer than the other (line 64)",
        "such pairs can be left out of training with data.clean=true, or for good with regard corpus clean",
    ]


def test_clean_leaves_unusual_pairs_out_of_training_but_not_of_validation(write: Write) -> None:
    paths = unusual(write)
    valid = f"data.valid_source={paths[0]}", f"data.valid_target={paths[1]}"
    data = read(paths, "data.clean=true", *valid)
    assert (len(data.train), len(data.valid), data.num_read) == (60, 64, 60)
    assert f"{paths[0]}: 2 left out: seen before (line 61, 62)" in data.notes
    assert f"{paths[0]}: 2 kept although: seen before (line 61, 62)" in data.notes
    assert not any("data.clean" in note for note in data.notes)


def test_a_missing_line_is_refused_with_both_counts(write: Write) -> None:
    paths = write(ENGLISH, [*FRENCH[:20], *FRENCH[21:]])
    with pytest.raises(CorpusError, match=r"a\.en has 60 lines but .*a\.fr has 59.* From about line 2\d on they do no"):
        read(paths)


def shifted(write: Write, name: str = "a") -> tuple[Path, Path]:
    """A line is missing on one side, and another one at its end keeps the count."""
    return write(ENGLISH, [*FRENCH[:20], *FRENCH[21:], "Fin."], name)


def test_shifted_sides_are_refused_and_the_refusal_can_be_overruled(write: Write) -> None:
    paths = shifted(write)
    message = r"same number of lines, but from about line 2\d on .* Nothing was trained; .* data\.check_alignment=false"
    with pytest.raises(CorpusError, match=message):
        read(paths)
    assert read(paths, "data.check_alignment=false").num_read == 60


def test_validation_files_are_checked_alike(write: Write) -> None:
    paths, valid = write(ENGLISH, FRENCH), shifted(write, "valid")
    given = f"data.valid_source={valid[0]}", f"data.valid_target={valid[1]}"
    with pytest.raises(CorpusError, match=r"valid\.en and .*valid\.fr have the same number of lines, but from about"):
        read(paths, *given)
    write(["", *ENGLISH[:9]], ["seul", *FRENCH[:9]], "valid")
    assert read(paths, *given).notes[1:] == [
        f"{valid[0]}: 10 pairs read, 9 kept",
        f"{valid[0]}: 1 left out: blank on one side (line 1)",
        "9 pairs to validate on, 9 of them with a source sentence that is trained on too",
    ]
    write(["", ""], ["", ""], "valid")
    with pytest.raises(CorpusError, match=r"valid\.en has no sentence pairs to validate on"):
        read(paths, *given)


def test_line_ends_that_others_read_otherwise_are_told_and_no_reason_to_stop(write: Write) -> None:
    paths = write(ENGLISH, FRENCH)
    paths[1].write_bytes("".join(f"{line}\r\n" for line in FRENCH).replace("Phrase 7", "Phrase\u20287").encode())
    notes = read(paths).notes
    assert f"{paths[1]}: 60 times a Windows line end (CRLF), which is read as a line end (first in line 1)" in notes
    assert any(note.startswith(f"{paths[1]}: 1 times the line separator U+2028") for note in notes)


def test_a_plan_reads_the_pairs_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = write(ENGLISH, FRENCH)
    made: list[int] = []
    plain_init = Pair.__init__

    def counting(self: Pair, *arguments: object) -> None:
        made.append(1)
        plain_init(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Pair, "__init__", counting)
    plan = plan_run(None, settings_for(paths))
    assert len(made) == 60
    assert plan.settings.text.vocab_size == 1000  # the preset for so few pairs
    assert len(plan.data.train) == 54
    assert plan.data.seconds > 0
