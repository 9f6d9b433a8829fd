"""Splits a text into sentences, in time proportional to its length.

By rule, not by a model: a sentence ends at ".", "!", "?" or "…" with its closing quotes, if a space follows and then
something that can begin a sentence; and at every line feed. Not after an abbreviation, an initial, or the number of a
list item. In doubt two sentences stay together: a translator is better off with too much than with half a sentence.
"""

import re
from collections.abc import Iterator
from typing import Final

Span = tuple[int, int]

_MARKS: Final = ".!?…"
_CLOSING: Final = "\"'”’»)\\]"
_OPENING: Final = frozenset("\"'“‘«([¿¡—–-")
# A run of marks (tried once, from its start), closing quotes and a space; marks that need no space; a line feed.
_CANDIDATE: Final = re.compile(
    f"(?<![{_MARKS}])(?P<marks>[{_MARKS}]++)(?:[^\\S\n]»)?[{_CLOSING}]*+(?=\\s|\\Z)|(?P<wide>[。！？]++[」』”’）]*+)|(?P<line>\n)"
)
_VISIBLE: Final = re.compile(r"\S")
_LAST_WORD: Final = re.compile(r"[^\W_]+(?:\.[^\W_]+)*\Z")
_TRAILING_OFF: Final = ("...", "…")
_LONGEST_ABBREVIATION: Final = 12

_TITLES: Final = "Mr Mrs Ms Dr Prof St Ste Mme Mmes Mlle Mlles MM Mgr Gen Col Sgt Capt Lt Rev Hon Gov Sen Rep"
_WITHIN: Final = "e.g i.e cf vs approx p.ex env U.S U.K U.N Ph.D"
_NUMBERED: Final = (
    "no No nos Nos fig Fig vol Vol p pp chap Chap art Art Jan Feb Mar Apr Aug Sep Sept Oct Nov Dec janv févr"
)
_NEVER_LAST: Final = frozenset(f"{_TITLES} {_WITHIN}".split())
_BEFORE_A_NUMBER: Final = frozenset(_NUMBERED.split())


def split_sentences(text: str) -> list[Span]:
    """Where the sentences of a text begin and end: ``text[start:end]``, with nothing but white space between them."""
    return list(_spans(text))


def _spans(text: str) -> Iterator[Span]:
    start = _next_visible(text, 0)
    for candidate in _CANDIDATE.finditer(text):
        if candidate.end() > start and _is_end(text, start, candidate):
            end = start + len(text[start : candidate.end()].rstrip())
            if end > start:
                yield start, end
            start = _next_visible(text, candidate.end())
    if start < len(text):
        yield start, start + len(text[start:].rstrip())


def _next_visible(text: str, position: int) -> int:
    visible = _VISIBLE.search(text, position)
    return visible.start() if visible else len(text)


def _is_end(text: str, start: int, candidate: re.Match[str]) -> bool:
    if candidate["marks"] is None:
        return True
    following = _first_of_next(text, candidate.end())
    if not following:
        return not text[candidate.end() :].strip()  # a quote that stands alone at the end closes this sentence
    if following.islower() or (following.isdecimal() and candidate["marks"] in _TRAILING_OFF):
        return False
    return candidate[0] != "." or not _is_abbreviation(text, start, candidate.start(), following)


def _first_of_next(text: str, position: int) -> str:
    """The character that begins the next sentence, quotes and dashes aside; empty at the end."""
    while position < len(text) and (text[position].isspace() or text[position] in _OPENING):
        position += 1
    return text[position : position + 1]


def _is_abbreviation(text: str, start: int, stop: int, following: str) -> bool:
    """Whether the full stop at ``stop`` belongs to the word before it."""
    found = _LAST_WORD.search(text[max(start, stop - _LONGEST_ABBREVIATION) : stop])
    if found is None:
        return False
    word = found[0]
    is_initial = len(word) == 1 and word.isupper()
    is_item_number = word.isdecimal() and stop - start == len(word)
    return is_initial or is_item_number or word in _NEVER_LAST or (word in _BEFORE_A_NUMBER and following.isdecimal())
