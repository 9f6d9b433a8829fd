"""Reads word alignments made by hand: a line per sentence pair, ``3-4`` a sure link, ``3p4`` a possible one.

Numbers are those of words, source first, counted from 1, as in the file of Och and Ney's Hansards.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from regard.corpus.lines import read_lines
from regard.errors import CorpusError

_LINK: Final = re.compile(r"([1-9]\d{0,5})([-p])([1-9]\d{0,5})")


@dataclass(frozen=True, slots=True)
class GoldLinks:
    """The links of one pair: (source word, target word), counted from 0. ``possible`` holds the sure ones too."""

    sure: frozenset[tuple[int, int]]
    possible: frozenset[tuple[int, int]]


def read_word_links(path: Path) -> list[GoldLinks]:
    """The links of every sentence pair; an empty line is a pair without any.

    Raises:
        CorpusError: the file cannot be read, or holds something that is no link.
    """
    return [_links(line, f"{path}, line {number}") for number, line in enumerate(read_lines(path), start=1)]


def _links(line: str, where: str) -> GoldLinks:
    sure, possible = set(), set()
    for written in line.split():
        found = _LINK.fullmatch(written)
        if found is None:
            raise CorpusError(
                f"{where}: {written!r:.40} is no link; a sure link is written 3-4 and a possible one 3p4, with words "
                "counted from 1"
            )
        link = (int(found[1]) - 1, int(found[3]) - 1)
        possible.add(link)
        if found[2] == "-":
            sure.add(link)
    return GoldLinks(frozenset(sure), frozenset(possible))
