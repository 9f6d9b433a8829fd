"""Words of a pair under construction: a French word remembers which English words it translates.

English words are compared by identity, so a phrase may be split, moved and woven into another (questions, negation,
clitics) and the links stay right. Positions are counted once, when the sentence is rendered.
"""

import re
from dataclasses import dataclass
from typing import Final

_ENGLISH_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*|[^\w\s]")
_FRENCH_WORD = re.compile(r"[Aa]ujourd'hui|[^\W_]+(?:-[^\W_]+)*'?|[^\w\s]")


@dataclass(frozen=True, eq=False, slots=True)
class English:
    """One English word, compared by identity."""

    text: str


@dataclass(frozen=True, eq=False, slots=True)
class French:
    """One French word: the English words it translates, and what its surroundings may do to it.

    ``before_vowel`` is the form it takes before a vowel sound (``l'``, ``cet``, ``mon``); ``article`` marks *le* and
    *les*, which contract with *de* and *à* (the pronouns of the same spelling do not).
    """

    text: str
    of: tuple[English, ...] = ()
    before_vowel: str | None = None
    article: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of both sentences, each side in its own order."""

    english: tuple[English, ...] = ()
    french: tuple[French, ...] = ()

    def __add__(self, other: "Phrase") -> "Phrase":
        return Phrase(self.english + other.english, self.french + other.french)


NOTHING: Final = Phrase()


def english_words(text: str) -> tuple[English, ...]:
    """One fresh word for each space-separated piece."""
    return tuple(English(piece) for piece in text.split())


def french_words(text: str, of: tuple[English, ...]) -> tuple[French, ...]:
    """One word for each space-separated piece, all linked to ``of``."""
    return tuple(French(piece, of) for piece in text.split())


def phrase(english: str, french: str) -> Phrase:
    """A fixed expression whose words translate each other as a whole."""
    source = english_words(english)
    return Phrase(source, french_words(french, source))


def parallel(*pairs: tuple[str, str]) -> Phrase:
    """Fixed expressions side by side: ``parallel(("in", "en"), ("winter", "hiver"))``."""
    return sum((phrase(english, french) for english, french in pairs), Phrase())


def split_english(sentence: str) -> list[str]:
    """The words of an English sentence: letters and digits with inner ``'`` and ``-``; each other sign is a word."""
    return _ENGLISH_WORD.findall(sentence)


def split_french(sentence: str) -> list[str]:
    """The words of a French sentence: an elided word keeps its apostrophe (``t'``, ``aime``); hyphens join."""
    return _FRENCH_WORD.findall(sentence)
