"""Random choices for one sentence: which words, which person, which tense. Remembers every lemma it drew.

Only ``Random.random`` is used: its sequence is the same in every Python version, on every machine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final, TypeVar, final

from regard.corpus.builtin.lexicon import Adjective, Lexicon, Noun, Verb

T = TypeVar("T")
Word = TypeVar("Word", Noun, Adjective, Verb)


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

    def note(self, kind: str, word: str) -> None:
        """Remembers that a word was chosen: ``noun:cat``."""
        self.lemmas.append(f"{kind}:{word}")

    def chance(self, probability: float) -> bool:
        """True with the given probability."""
        return self._random() < probability

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, all equally likely."""
        return choices[int(self._random() * len(choices))]

    def noun(self, classes: frozenset[str], *, countable: bool = False) -> Noun:
        """A noun with one of the classes, not yet drawn in this sentence if there is another."""
        nouns = self.lexicon.with_class(classes)
        noun = self._fresh("noun", [noun for noun in nouns if noun.countable] if countable else nouns)
        self.note("noun", noun.english)
        return noun

    def adjective(self, classes: frozenset[str], *, attributive: bool = False) -> Adjective | None:
        """An adjective that can be said of these classes, or None if there is none.

        ``attributive`` leaves out what has only just become of something (*open*, *full*); otherwise what cannot
        stand behind *to be* is left out.
        """
        left_out = self._scales | {"state"} if attributive else self._scales
        every = [adjective for adjective in self.lexicon.describing(classes) if attributive or adjective.predicative]
        fitting = [adjective for adjective in every if adjective.scale not in left_out]
        if not fitting and (attributive or not every):
            return None
        return self.chosen_adjective(fitting or every)

    def chosen_adjective(self, adjectives: Sequence[Adjective]) -> Adjective:
        """One of the adjectives."""
        adjective = self._fresh("adjective", adjectives)
        self._scales.add(adjective.scale)
        self.note("adjective", adjective.english)
        return adjective

    def verb(self, *frames: str, suits: Callable[[Verb], bool] | None = None) -> Verb:
        """A verb used in one of the ways, for which ``suits`` is true; a frame named twice counts twice."""
        verbs = [verb for frame in frames for verb in self.lexicon.in_frame(frame) if suits is None or suits(verb)]
        return self.chosen_verb(verbs)

    def chosen_verb(self, verbs: Sequence[Verb]) -> Verb:
        """One of the verbs."""
        verb = self._fresh("verb", verbs)
        self.note("verb", verb.english)
        return verb

    def _fresh(self, kind: str, choices: Sequence[Word]) -> Word:
        choice = self.pick(choices)
        for _ in range(3):
            if f"{kind}:{choice.english}" not in self.lemmas:
                break
            choice = self.pick(choices)
        return choice
