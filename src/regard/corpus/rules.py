"""The rules a sentence pair has to pass, each with the name of the fault it finds."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from regard.corpus.pair import Pair, said
from regard.corpus.report import BLANK, ONE_SIDED
from regard.corpus.scripts import script_of

GARBLED: Final = "garbled characters"
SAME: Final = "both sides are the same"
WRONG_SCRIPT: Final = "another script than the rest of its side"
TOO_LONG: Final = "too long"
RATIO: Final = "one side much longer than the other"
SEEN: Final = "seen before"

DAMAGED: Final = frozenset({BLANK, ONE_SIDED, GARBLED})
"""Faults with which a pair teaches nothing, or nonsense."""

UNUSUAL: Final = frozenset({TOO_LONG, SAME, WRONG_SCRIPT, RATIO, SEEN})
"""Faults with which a pair is a pair all the same."""

_CONTROL: Final = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"  # tabs and separators are harmless
_TWICE_DECODED: Final = "[\u00c3\u00c2][\u0080-\u00bf]|\u00e2\u20ac[\u0080-\u00bf\u2122\u0153\u201c\u201d\u02dc]"
_GARBLED: Final = re.compile(f"[{_CONTROL}\ufffd]|{_TWICE_DECODED}")
_SMOOTHING_CHARACTERS: Final = 10  # "Go." and "Allez-y !" are no suspicious pair
_SAME_WORDS: Final = 3
_CLEAR_MAJORITY: Final = 0.8


@dataclass(frozen=True, slots=True)
class Rules:
    """What a pair may be like.

    Args:
        max_ratio: how much longer than usual one side may be, as a factor, ten characters more not counting much.
        max_characters: the longest side allowed.
        drop_same: whether a pair of three words or more whose sides are the same is left out ("OK." stays).
        drop_seen: whether a pair that occurred before is left out.
        check_alignment: whether a corpus whose sides seem shifted against each other is refused.
    """

    max_ratio: float = 3.0
    max_characters: int = 2_000
    drop_same: bool = True
    drop_seen: bool = True
    check_alignment: bool = True


@dataclass(frozen=True, slots=True)
class Usual:
    """What most pairs of a corpus are like: target length by source length, and the script of each side."""

    ratio: float
    source_script: str | None
    target_script: str | None

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> "Usual":
        """What these pairs have in common; a script only if four in five sentences are written in it."""
        whole = [pair for pair in pairs if pair.is_whole]
        ratios = [_smoothed_length(pair.target) / _smoothed_length(pair.source) for pair in whole]
        return cls(
            ratio=median(ratios) if ratios else 1.0,
            source_script=_majority(script_of(pair.source) for pair in whole),
            target_script=_majority(script_of(pair.target) for pair in whole),
        )


def fault_of(pair: Pair, rules: Rules, usual: Usual) -> str | None:
    """The name of the first rule that a pair breaks by itself, or ``None``."""
    source, target = said(pair.source), said(pair.target)
    if not source or not target:
        return ONE_SIDED if source or target else BLANK
    if _GARBLED.search(source) or _GARBLED.search(target):
        return GARBLED
    if max(len(source), len(target)) > rules.max_characters:
        return TOO_LONG
    if rules.drop_same and source == target and len(source.split()) >= _SAME_WORDS:
        return SAME
    if _differs(script_of(source), usual.source_script) or _differs(script_of(target), usual.target_script):
        return WRONG_SCRIPT
    ratio = _smoothed_length(target) / _smoothed_length(source) / usual.ratio
    return RATIO if max(ratio, 1 / ratio) > rules.max_ratio else None


def _differs(script: str | None, usual: str | None) -> bool:
    return script is not None and usual is not None and script != usual


def _majority(scripts: Iterable[str | None]) -> str | None:
    counts = Counter(script for script in scripts if script is not None)
    script, count = max(counts.items(), key=lambda item: item[1], default=(None, 0))
    return script if count >= _CLEAR_MAJORITY * counts.total() else None


def _smoothed_length(sentence: str) -> int:
    return len(said(sentence)) + _SMOOTHING_CHARACTERS
