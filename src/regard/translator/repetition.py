"""Does a translation go round in circles? "no no no …" is how a search fails that found no way to the end."""

from collections.abc import Sequence
from typing import Final

from regard.translator.words import words_and_signs

_MOST_WORDS: Final = 8
_ALLOWED: Final = 3


def is_repetitive(text: str, source: str) -> bool:
    """Whether one to eight words are written four times or more directly after one another.

    Signs between words and capitals do not count; scripts without spaces have characters in place of words. Nothing is
    said of a repetition that the source has as often.
    """
    times = most_repeats(text)
    return times > _ALLOWED and times > most_repeats(source)


def most_repeats(text: str) -> int:
    """How often in a row the most repeated sequence of one to eight words stands; 1 if nothing is repeated."""
    words = [each for each in words_and_signs(text.casefold()) if any(map(str.isalnum, each))]
    if len(words) - len(set(words)) < _ALLOWED:  # a quick way out for nearly all sentences
        return 1
    return max((_longest_run(words, size) for size in range(1, min(_MOST_WORDS, len(words)) + 1)), default=1)


def _longest_run(words: Sequence[str], size: int) -> int:
    """How often in a row a sequence of ``size`` words stands, at most."""
    best = equal = 0
    for place in range(size, len(words)):
        equal = equal + 1 if words[place] == words[place - size] else 0
        best = max(best, equal)
    return 1 + best // size
