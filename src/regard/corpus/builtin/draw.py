"""Random choices for one sentence: which words, which person, which tense. Remembers every lemma it drew.

Only ``Random.random`` is used: its sequence is the same in every Python version, on every machine.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar, final

from regard.corpus.builtin.lexicon import Adjective, Lexicon, Noun, Verb

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Policy:
    """How the French side settles what English leaves open.

    The reference uses the default: *you* is one person addressed as *tu*; *I, you, we, they, it* and *them* are
    masculine. Alternatives are the same draw under another policy.
    """

    polite: bool = False
    feminine: bool = False


REFERENCE: Final = Policy()


@final
class Draw:
    """The choices of one sentence. Two draws with the same seed choose the same whatever their policy."""

    def __init__(self, seed: int, lexicon: Lexicon, policy: Policy = REFERENCE) -> None:
        self.lexicon = lexicon
        self.policy = policy
        self.lemmas: list[str] = []
        self._scales: set[str] = set()
        self._random = Random(seed).random

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, all equally likely."""
        return choices[int(self._random() * len(choices))]

    def noun(self, classes: frozenset[str]) -> Noun:
        """A noun with one of the classes, not yet drawn in this sentence if there is another."""
        nouns = self.lexicon.with_class(classes)
        noun = self._fresh("noun", nouns)
        self.lemmas.append("noun:" + noun.english)
        return noun

    def adjective(self, classes: frozenset[str]) -> Adjective | None:
        """An adjective that can be said of these classes, or None if there is none."""
        adjectives = self.lexicon.describing(classes)
        if not adjectives:
            return None
        adjective = self._fresh(
            "adjective", [word for word in adjectives if word.scale not in self._scales] or adjectives
        )
        self._scales.add(adjective.scale)
        self.lemmas.append("adjective:" + adjective.english)
        return adjective

    def verb(self, *frames: str) -> Verb:
        """A verb used in one of the ways."""
        verbs = [verb for frame in frames for verb in self.lexicon.in_frame(frame)]
        verb = self._fresh("verb", verbs)
        self.lemmas.append("verb:" + verb.english)
        return verb

    def _fresh(self, kind: str, choices: Sequence[T]) -> T:
        choice = self.pick(choices)
        for _ in range(3):
            if f"{kind}:{choice.english}" not in self.lemmas:  # type: ignore[attr-defined]
                break
            choice = self.pick(choices)
        return choice
