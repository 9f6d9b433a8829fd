"""``regard corpus check`` on real sets, whole and damaged: seconds, the right message with the line, exit code 2."""

import gzip
import os
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

SETS = [
    "alignments/enfr.tok",
    "flores101/dev",
    "multi30k/test_2016_flickr",
    "multi30k/train",
    "multi30k/val",
    "newstest2013/newstest2013",
    "tatoeba/test",
    "tatoeba/train",
    "tatoeba/val",
]
MOST_CPU_SECONDS = 10


@pytest.mark.parametrize("name", SETS)
def test_every_real_set_is_reported_in_seconds(regard_data: Path, name: str) -> None:
    # In a Python of its own: checking types at every call, as the other tests do, would be measured too.
    paths = [regard_data / f"{name}.{side}" for side in ("en", "fr")]
    before = os.times()
    command = [sys.executable, "-m", "regard", "corpus", "check", *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = os.times()
    assert (done.returncode, done.stderr) == (0, "")
    assert " pairs read, " in done.stdout
    assert after.children_user + after.children_system - before.children_user - before.children_system < (
        MOST_CPU_SECONDS
    )


Sides = tuple[list[bytes], list[bytes]]


@pytest.fixture
def captions(regard_data: Path) -> Sides:
    """A thousand pairs, line by line."""
    english, french = (
        (regard_data / "multi30k" / f"val.{side}").read_bytes().split(b"\n")[:-1] for side in ("en", "fr")
    )
    return english, french


def one_missing(sides: Sides) -> Sides:
    return sides[0], [*sides[1][:499], *sides[1][500:]]


def one_missing_and_one_more(sides: Sides) -> Sides:
    return sides[0], [*sides[1][:499], *sides[1][500:], b"Une de plus."]


def latin_1(sides: Sides) -> Sides:
    french = [*sides[1]]
    french[76] = "Un été très chaud.".encode("latin-1")
    return sides[0], french


def blank(sides: Sides) -> Sides:
    english = [*sides[0]]
    english[76] = b" "
    return english, sides[1]


def windows(sides: Sides) -> Sides:
    return sides[0], [line + b"\r" for line in sides[1]]


def separator(sides: Sides) -> Sides:
    french = [*sides[1]]
    french[11] = french[11].replace(b" ", "\u2028".encode(), 1)
    return sides[0], french


DAMAGE = {
    "missing": (one_missing, "1,014 lines but", "from about line 5", "a sentence seems to be missing in"),
    "shifted": (one_missing_and_one_more, "same number of lines, but from about line 5", "seem shifted"),
    "latin-1": (latin_1, "a.fr, line 77: not UTF-8 (byte 0xE9", "'Un été très chaud.'", "iconv -f windows-1252"),
    "blank": (blank, "1 left out: blank on one side (line 77)", "sentences are damaged", "regard corpus clean"),
    "crlf": (windows, "1,014 times a Windows line end (CRLF)", "(first in line 1)", "other programs may count"),
    "u+2028": (separator, "the line separator U+2028", "(first in line 12)", "other programs may count"),
}


def written(folder: Path, sides: Sides) -> list[Path]:
    paths = [folder / "a.en", folder / "a.fr"]
    for path, lines in zip(paths, sides, strict=True):
        path.write_bytes(b"\n".join(lines) + b"\n")
    return paths


@pytest.mark.parametrize("kind", DAMAGE)
def test_damage_is_named_with_its_line(regard, captions: Sides, tmp_path: Path, kind: str) -> None:
    damaged, *words = DAMAGE[kind]
    outcome = regard("corpus", "check", *written(tmp_path, damaged(captions)))
    assert outcome.code == 2
    assert len(outcome.messages) == 1
    assert "Traceback" not in outcome.err
    for word in words:
        assert word in (outcome.out + outcome.err).replace("From", "from")


@pytest.mark.parametrize("side", [0, 1], ids=["source", "target"])
def test_a_gzip_cut_short_is_named_with_its_line(regard, captions: Sides, tmp_path: Path, side: int) -> None:
    paths = written(tmp_path, captions)
    packed = paths[side].with_name(f"{paths[side].name}.gz")
    packed.write_bytes(gzip.compress(paths[side].read_bytes(), mtime=0)[:9000])
    paths[side] = packed
    outcome = regard("corpus", "check", *paths)
    assert outcome.code == 2
    whole_lines = zlib.decompressobj(wbits=31).decompress(packed.read_bytes()).count(b"\n")
    told = f"{packed} is cut short: its gzip data ends in the middle, in line {whole_lines + 1}; copy"
    assert told in outcome.messages[0]


@pytest.mark.parametrize("kind", ["missing", "shifted", "latin-1"])
def test_training_refuses_what_would_shift_or_cannot_be_read(
    regard, captions: Sides, tmp_path: Path, kind: str
) -> None:
    damaged, *words = DAMAGE[kind]
    source, target = written(tmp_path, damaged(captions))
    outcome = regard("train", "--source", source, "--target", target, "--out", tmp_path / "run")
    assert outcome.code == 2
    assert words[0] in outcome.messages[0].replace("From", "from")
    assert not (tmp_path / "run").exists()


def test_whole_captions_are_not_damaged(regard, captions: Sides, tmp_path: Path) -> None:
    assert regard("corpus", "check", *written(tmp_path, captions)).code == 0
