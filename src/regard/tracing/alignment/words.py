"""Words and their pieces: attention is given to pieces, links are drawn between words."""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

_SPACED: Final = re.compile(r"[^ \t]+")


def spaced_words(text: str) -> list[str]:
    """What lies between spaces and tabs, and nothing else: the words that the Pharaoh format counts.

    A no-break space does not part words, so ``Bonjour !`` may be one.
    """
    return _SPACED.findall(text)


def visible_words(words: Sequence[str]) -> list[int]:
    """For every character that is no space, in order, the number of the word it belongs to."""
    return [number for number, word in enumerate(words) for character in word if not character.isspace()]


def words_of_pieces(spans: Sequence[tuple[int, int]], text: str, words: Sequence[int]) -> list[int | None]:
    """The word of each piece: the one that most of its characters belong to; None for a piece of mere space.

    Args:
        spans: the characters of ``text`` that each piece covers (``regard.text.spans``).
        text: what the pieces spell.
        words: for every character of ``text`` that is no space, the number of its word.
    """
    return list(_words_of_pieces(spans, text, words))


def _words_of_pieces(spans: Sequence[tuple[int, int]], text: str, words: Sequence[int]) -> Iterator[int | None]:
    visible_before = list(accumulate((not character.isspace() for character in text), initial=0))
    for begin, end in spans:
        covered = words[visible_before[begin] : visible_before[end]]
        yield max(covered, key=covered.count) if covered else None
