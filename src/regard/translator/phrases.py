"""Phrases as text become what search understands: tokens they can be cut into, and tokens that would complete them.

A phrase counts as words: no letter or digit stands directly before it or behind it. ``words`` says of what scripts.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Final, final

import torch
from jaxtyping import Float
from torch import Tensor

from regard.decoding import Cut, RequiredPhrase, Seams
from regard.decoding.steering import Rows
from regard.errors import SettingsError
from regard.text import Tokenizer, normalise
from regard.text.control import UNK
from regard.translator.words import is_letter

_CONTEXTS: Final = ("", "l'", "l’", "(", "-", "«", '"')
"""What a phrase may stand behind in a sentence: a space, or a sign that a word may follow at once."""
_OPENING: Final = tuple("'’(-«\"“‘[/\u2013\u2014 \xa0\u202f")
"""What a word may follow without a space; behind a full stop or a comma it may not."""
_MOST_KNOWN: Final = 20_000
"""So many phrases are remembered as tokens: a large glossary."""


def with_capital(text: str) -> str:
    """The text as it stands at the beginning of a sentence."""
    return text[:1].upper() + text[1:]


@final
class PhraseBook:
    """What a tokenizer's pieces mean for phrases."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self._known: dict[tuple[str, ...], RequiredPhrase] = {}

    @property
    def can_write_all(self) -> bool:
        """Whether the vocabulary can write any text; one that was learned elsewhere may lack signs."""
        return self.tokenizer.vocabulary.adopted is None

    @cached_property
    def surfaces(self) -> tuple[bytes, ...]:
        """What each token spells."""
        return tuple(self.tokenizer.surface(identifier) for identifier in range(self.tokenizer.vocab_size))

    @cached_property
    def sorted_surfaces(self) -> list[tuple[bytes, int]]:
        """The same, sorted, with their ids; control tokens left out."""
        return sorted((surface, identifier) for identifier, surface in enumerate(self.surfaces) if surface)

    @cached_property
    def seams(self) -> Seams:
        """Where words meet at the ends of each token."""
        joins = [bool(surface) and begins_with_letter(surface) for surface in self.surfaces]
        opens = [surface.decode("utf-8", "ignore").endswith(_OPENING) for surface in self.surfaces]
        return Seams(joins=torch.tensor(joins), opens=torch.tensor(opens))

    def required(self, texts: Sequence[str]) -> RequiredPhrase:
        """One of several texts must appear, in one of its cuts; what cannot be written is left out.

        Asked again of the same texts, as for the terms of a glossary, it remembers.

        Raises:
            SettingsError: none of them can be written.
        """
        known = self._known.get(tuple(texts))
        if known is not None:
            return known
        found = RequiredPhrase(tuple(cut for text in texts for cut in self._cuts(normalise(text.strip()))))
        if not found.cuts:
            raise SettingsError(
                f"the model's vocabulary cannot write all signs of {' or '.join(map(repr, texts)):.200}; ask for "
                "something else"
            )
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[tuple(texts)] = found
        return found

    def starting_with(self, beginning: bytes) -> Iterator[tuple[bytes, int]]:
        """The tokens that begin so: what they spell behind it, and their ids."""
        place = bisect_left(self.sorted_surfaces, (beginning, -1))
        while place < len(self.sorted_surfaces) and self.sorted_surfaces[place][0].startswith(beginning):
            surface, identifier = self.sorted_surfaces[place]
            yield surface[len(beginning) :], identifier
            place += 1

    def _cuts(self, text: str) -> Iterator[Cut]:
        seen = set()
        closes = is_letter(text[-1])
        for context in _CONTEXTS:
            ids = self._ids_behind(context, text)
            if ids and ids not in seen:
                seen.add(ids)
                yield Cut(ids, needs_opening=bool(context) and is_letter(text[0]), needs_closing=closes)
        capital = with_capital(text)
        if capital != text and (ids := self._ids_behind("", capital)):
            yield Cut(ids, needs_closing=closes, only_first=True)

    def _ids_behind(self, context: str, text: str) -> tuple[int, ...]:
        """The last tokens of a context and a text that spell the text alone; nothing if a token lies across."""
        ids = self.tokenizer.encode(context + text)
        if not context:  # a vocabulary learned elsewhere may not know a sign, and then spells less
            return () if UNK in ids else tuple(ids)
        left = len(text.encode())
        for place in range(len(ids) - 1, -1, -1):
            left -= len(self.surfaces[ids[place]])
            if left <= 0:
                whole = b"".join(self.surfaces[each] for each in ids[place:]).decode("utf-8", "replace")
                return tuple(ids[place:]) if whole == text else ()
        return ()


def begins_with_letter(data: bytes) -> bool:
    """Whether bytes begin with a character of a word; half a character counts as one."""
    text = data[:4].decode("utf-8", "ignore")
    return is_letter(text[0]) if text else bool(data)


def ends_with_letter(data: bytes) -> bool:
    """Whether bytes end with a character of a word; half a character counts as one."""
    for size in range(1, min(4, len(data)) + 1):
        try:
            return is_letter(data[-size:].decode("utf-8")[-1])
        except UnicodeDecodeError:
            continue
    return bool(data)


@final
class ForbiddenPhrases:
    """An ``Adjuster``: leaves out every token that would complete a forbidden phrase, in whatever cut.

    A phrase is recognised by its characters. It counts as complete as soon as a token ends with it, so a longer word
    that the tokenizer would write as the phrase and an ending is lost too; one that is a token of its own is not.
    """

    def __init__(self, phrases: Sequence[str], book: PhraseBook) -> None:
        normal = [normalise(phrase.strip()) for phrase in phrases]
        self._book = book
        self._patterns = [each.encode() for text in normal for each in dict.fromkeys((text, with_capital(text)))]
        self._longest = max(map(len, self._patterns), default=0)
        self._always = {identifier for pattern in self._patterns for identifier in self._holding(pattern)}

    def adjust(self, log_probabilities: Float[Tensor, "row vocab"], rows: Rows) -> Float[Tensor, "row vocab"]:
        """Leaves out what would complete a phrase; the end of the sentence is always left."""
        adjusted = log_probabilities.clone()
        for row, prefix in enumerate(rows.prefixes()):
            blocked = torch.tensor(sorted(self._blocked(prefix[1:])), dtype=torch.long)
            adjusted[row, blocked] = float("-inf")
        return adjusted

    def leave_out(self, ids: Sequence[int]) -> bool:
        """Whether one of these tokens would be left out behind those before it, so that no search writes them all."""
        whole = b"".join(self._book.surfaces[each] for each in ids)
        if not any(pattern in whole for pattern in self._patterns):  # a quick way out for nearly all terms
            return False
        return any(each in self._blocked(ids[:place]) for place, each in enumerate(ids))

    def _tail(self, ids: Sequence[int]) -> bytes:
        """The last bytes that are written, one character more than any pattern has."""
        tail = b""
        for identifier in reversed(ids):
            tail = self._book.surfaces[identifier] + tail
            if len(tail) >= self._longest + 4:
                return tail[-self._longest - 4 :]
        return b" " + tail

    def _blocked(self, written: Sequence[int]) -> set[int]:
        found, tail = set(self._always), self._tail(written)
        for pattern in self._patterns:
            for begun in range(min(len(pattern) - 1, len(tail)), -1, -1):
                if tail.endswith(pattern[:begun]) and _may_begin(tail[: len(tail) - begun], pattern):
                    found.update(self._endings(pattern[begun:]))
        return found

    def _endings(self, rest: bytes) -> Iterator[int]:
        """Tokens that write the rest of a phrase and do not go on with its last word."""
        goes_on = ends_with_letter(rest)
        found = self._book.starting_with(rest)
        return (identifier for more, identifier in found if not (goes_on and begins_with_letter(more)))

    def _holding(self, pattern: bytes) -> Iterator[int]:
        """Tokens that hold all of a phrase behind something else."""
        for identifier, surface in enumerate(self._book.surfaces):
            if _stands_in(surface, pattern, begin=1):
                yield identifier


def _stands_in(data: bytes, pattern: bytes, *, begin: int = 0) -> bool:
    place = data.find(pattern, begin)
    while place >= 0:
        behind = data[place + len(pattern) :]
        if _may_begin(data[:place], pattern) and not (ends_with_letter(pattern) and begins_with_letter(behind)):
            return True
        place = data.find(pattern, place + 1)
    return False


def _may_begin(before: bytes, pattern: bytes) -> bool:
    return not (begins_with_letter(pattern) and ends_with_letter(before))
