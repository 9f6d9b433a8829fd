"""Finds the first pair where two sides stop being translations of each other, from the look of the lines alone.

Translations have similar lengths, end alike (".", "?", "!") and share their numbers. Where a line is missing on one
side, these signs fit better from there on if that side is read one, two or three lines earlier.
"""

import re
import zlib
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from regard.corpus.lines import read_roughly
from regard.corpus.pair import Origin, Pair

_SHIFTS: Final = (1, -1, 2, -2, 3, -3)
_BLOCK_LINES: Final = 20_000
_OVERLAP_LINES: Final = 1_000
_JUDGED_LINES: Final = 300
_CLEAR_GAIN: Final = 8.0  # aligned corpora stay below 1; shifted ones pass 8 after ten lines, or a hundred if all alike
_LARGEST_LENGTH_COST: Final = 1.5
_SIGN_COST: Final = 0.5

_ENDINGS: Final = {
    character: kind
    for kind, alike in enumerate((".。", "?？", "!！", ":：", ";；", ",，"), start=1)
    for character in alike
}
_NUMBERS: Final = re.compile(r"\d+")
_SHOWN_CHARACTERS: Final = 50
_SHORT: Final = 200  # characters; a block of such sentences, kept as they are, takes a few megabytes


@dataclass(frozen=True, slots=True)
class Suspicion:
    """From about ``pair`` on, the source fits better when read ``shift`` sentences further on.

    A positive shift means that the target lacks so many sentences there, a negative one that the source does. Of long
    sentences ``pair`` has only the beginnings.
    """

    pair: Pair
    shift: int


class MisalignmentFinder:
    """Takes pair by pair, keeps a bounded block of their beginnings, and remembers the first suspicious place."""

    def __init__(self) -> None:
        self.suspicion: Suspicion | None = None
        self._pairs: list[Pair] = []
        self._source = _Block()
        self._target = _Block()

    def add(self, pair: Pair) -> None:
        """The next sentence of both sides."""
        if self.suspicion is not None:
            return
        self._pairs.append(_shown_of(pair))
        self._source.add(pair.source)
        self._target.add(pair.target)
        if len(self._pairs) == _BLOCK_LINES:
            self._search()
            self._source.forget(_BLOCK_LINES - _OVERLAP_LINES)
            self._target.forget(_BLOCK_LINES - _OVERLAP_LINES)
            del self._pairs[: _BLOCK_LINES - _OVERLAP_LINES]

    def finish(self) -> Suspicion | None:
        """The first suspicious place of all, if there is one."""
        if self.suspicion is None and self._pairs:
            self._search()
        return self.suspicion

    def _search(self) -> None:
        found = _first_shift(self._source.signs(), self._target.signs())
        if found is not None:
            self.suspicion = Suspicion(self._pairs[found[0]], shift=found[1])


def _shown_of(pair: Pair) -> Pair:
    """The pair itself where both sides are short, as nearly all are: another object for each would double them."""
    if max(len(pair.source), len(pair.target)) <= _SHORT:
        return pair
    return Pair(_beginning(pair.source), _beginning(pair.target), pair.origin)


def explain_different_counts(source: Path, target: Path, *, num_source: int, num_target: int) -> str:
    """The message for two files of different length: both counts, and where they seem to part."""
    counts = (
        f"{source} has {num_source:,} lines but {target} has {num_target:,}; line by line they must be translations"
    )
    finder = MisalignmentFinder()
    lines = zip_longest(read_roughly(source), read_roughly(target), fillvalue="")
    for number, (left, right) in enumerate(lines, start=1):
        finder.add(Pair(left, right, Origin(str(source), number)))
        if finder.suspicion is not None:
            break
    suspicion = finder.finish()
    fewest, shorter = min((num_source, source), (num_target, target), key=lambda side: side[0])
    if suspicion is None or suspicion.pair.origin.line > fewest:
        return f"{counts}. All lines up to {fewest:,} seem to fit, so {shorter} may be cut short"
    place = f"line {suspicion.pair.origin.line:,}"
    return f"{counts}. {_capitalised(describe(suspicion, place, source, target))}"


def describe(suspicion: Suspicion, place: str, source: Path, target: Path) -> str:
    """A suspicion about two files as half a sentence.

    Args:
        suspicion: with the sentences that do not fit.
        place: where they stand, in words.
        source: the file of one side.
        target: the file of the other.
    """
    return _described(suspicion, f"{place} on they", f"in {target if suspicion.shift > 0 else source}")


def describe_sides(suspicion: Suspicion, place: str) -> str:
    """A suspicion about the two sides of one file as a sentence; for what it takes, see ``describe``."""
    lacking = "target" if suspicion.shift > 0 else "source"
    return _described(suspicion, f"{place} on source and target", f"on the {lacking} side")


def _described(suspicion: Suspicion, beginning: str, lacking: str) -> str:
    pair = f"{_shown(suspicion.pair.source)} | {_shown(suspicion.pair.target)}"
    return (
        f"from about {beginning} do not fit ({pair}): {_missing(suspicion)} to be missing {lacking} near there; put it "
        "back, or remove its partner"
    )


def _missing(suspicion: Suspicion) -> str:
    number = abs(suspicion.shift)
    return "a sentence seems" if number == 1 else f"{number} sentences seem"


def _capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _beginning(sentence: str) -> str:
    # A block of whole sentences could fill the memory. One character more than is shown tells that there are more.
    return sentence[: _SHOWN_CHARACTERS + 1]


def _shown(sentence: str) -> str:
    return repr(sentence if len(sentence) <= _SHOWN_CHARACTERS else sentence[:_SHOWN_CHARACTERS] + "…")


@dataclass(frozen=True, slots=True)
class _Signs:
    """What a block of lines looks like."""

    length: NDArray[np.float32]  # log characters
    ending: NDArray[np.uint8]
    numbers: NDArray[np.uint32]

    def rows(self, start: int, stop: int | None = None) -> "_Signs":
        return _Signs(self.length[start:stop], self.ending[start:stop], self.numbers[start:stop])


class _Block:
    """The signs of some consecutive lines, growing at the end and forgetting at the start."""

    def __init__(self) -> None:
        self._lengths: list[int] = []
        self._endings: list[int] = []
        self._numbers: list[int] = []

    def add(self, line: str) -> None:
        line = line.strip()
        numbers = _NUMBERS.findall(line)
        self._lengths.append(len(line))
        self._endings.append(_ENDINGS.get(line[-1:], 0))
        self._numbers.append(zlib.crc32(" ".join(sorted(numbers)).encode()) if numbers else 0)

    def forget(self, count: int) -> None:
        for values in (self._lengths, self._endings, self._numbers):
            del values[:count]

    def signs(self) -> _Signs:
        # Eight more characters: a word more or less matters little in a short line.
        length = np.log(np.array(self._lengths, dtype=np.float32) + 8)
        return _Signs(length, np.array(self._endings, dtype=np.uint8), np.array(self._numbers, dtype=np.uint32))


def _first_shift(source: _Signs, target: _Signs) -> tuple[int, int] | None:
    """The first row from which a shifted reading fits clearly better, and the shift that fits best after it."""
    usual = float(np.median(target.length - source.length))
    unshifted = _misfit(source, target, usual)
    gains = {}
    for shift in _SHIFTS:
        shifted = _misfit(source.rows(max(shift, 0)), target.rows(max(-shift, 0)), usual)
        gains[shift] = unshifted[: len(shifted)] - shifted
    starts = [start for gain in gains.values() if (start := _first_gain(gain)) is not None]
    if not starts:
        return None
    row = min(starts)
    return row, max(_SHIFTS, key=lambda shift: float(gains[shift][row : row + _JUDGED_LINES].sum()))


def _misfit(source: _Signs, target: _Signs, usual: float) -> NDArray[np.float32]:
    """How badly each row of the source fits the same row of the target; 0 is perfect."""
    rows = min(len(source.length), len(target.length))
    source, target = source.rows(0, rows), target.rows(0, rows)
    length = np.minimum(np.abs(target.length - source.length - usual), _LARGEST_LENGTH_COST)
    signs = (source.ending != target.ending).astype(np.float32) + (source.numbers != target.numbers)
    return np.asarray(length + _SIGN_COST * signs, dtype=np.float32)


def _first_gain(gain: NDArray[np.float32]) -> int | None:
    """Where a rise of the summed gains begins that becomes clear (Page's CUSUM test for a change)."""
    sums = np.concatenate([[0.0], np.cumsum(gain, dtype=np.float64)])
    rises = sums - np.minimum.accumulate(sums)
    clear = int(np.argmax(rises >= _CLEAR_GAIN))
    return int(np.argmin(sums[:clear])) if clear else None
