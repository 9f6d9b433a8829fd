"""BPE with dropout (Provilkov et al. 2020, algorithm 1): merges by rank, each left out with some probability.

SentencePiece can do this too, but draws other cuts from the same seed in another process, and a resumed run must see
what the stopped one would have seen.

In each round of the paper's algorithm every possible merge is seen or left out, and the best that is seen is made.
Two things follow, and make it quick. Whether merges behind that one would have been seen changes nothing, so they are
asked in the order of their rank until one is. And how many rounds go by until a best merge is left out is a geometric
number: one draw, and a word is where it usually is by then, which is remembered, as is all that became of it before.
"""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final, final

_MOST_REMEMBERED: Final = 5_000_000  # some 80 MB
_OF_A_STATE: Final = 20  # what a state takes besides its pieces, each of which takes 16 bytes


@final
class _State:
    """Pieces of a word, where merges can be made, the best first, and what came of those that were made."""

    __slots__ = ("merged", "pieces", "places")

    def __init__(self, pieces: tuple[str, ...], places: tuple[int, ...]) -> None:
        self.pieces = pieces
        self.places = places
        self.merged: dict[int, _State] = {}


@final
class Merging:
    """Cuts words by the merges of one vocabulary.

    Args:
        scores: of each piece that a merge may make; the highest is merged first, the leftmost of equals.
        most_remembered: as many states of words as hold so many pieces, those that come first, each state counted as
            some pieces more; that changes the speed, not the cuts.
    """

    def __init__(self, scores: Mapping[str, float], *, most_remembered: int = _MOST_REMEMBERED) -> None:
        self._scores = scores
        self._room = most_remembered
        self._usual: dict[str, list[_State]] = {}
        self._states: dict[tuple[str, ...], _State] = {}

    def cut(self, words: Iterable[str], *, dropout: float, chance: random.Random) -> list[str]:
        """Pieces that joined are the words.

        Args:
            words: no piece reaches from one to the next.
            dropout: the probability with which a merge is not seen in one round; 1 leaves the characters.
            chance: what to draw with.
        """
        # The number of rounds n before one whose best merge is left out: P(n or more) = (1 - dropout)ⁿ.
        scale = 1 / math.log1p(-dropout) if 0 < dropout < 1 else 0.0
        pieces: list[str] = []
        for word in words:
            usual = self._usual.get(word) or self._remember(word)
            rounds = math.log(1 - chance.random()) * scale
            if not dropout or rounds >= len(usual) - 1:
                pieces += usual[-1].pieces
            else:
                pieces += self._without_the_best(usual[int(rounds)], dropout, chance)
        return pieces

    def _without_the_best(self, state: _State, dropout: float, chance: random.Random) -> tuple[str, ...]:
        """What becomes of a word in a round that leaves out its best merge, and in those after it."""
        places: Sequence[int] = state.places[1:]
        while True:
            for place in places:
                if chance.random() >= dropout:
                    state = state.merged.get(place) or self._merge(state, place)
                    places = state.places
                    break
            else:
                return state.pieces

    def _remember(self, word: str) -> list[_State]:
        """The word as it is after each round in which the best merge is made, characters first."""
        states = [self._state(tuple(word))]
        while places := states[-1].places:
            states.append(self._merge(states[-1], places[0]))
        if self._room > 0:
            self._usual[word] = states
        return states

    def _merge(self, state: _State, place: int) -> _State:
        pieces = state.pieces
        made = self._state((*pieces[:place], "".join(pieces[place : place + 2]), *pieces[place + 2 :]))
        if self._room > 0:
            state.merged[place] = made
        return made

    def _state(self, pieces: tuple[str, ...]) -> _State:
        """The one state with these pieces: several ways lead to most of them."""
        if (known := self._states.get(pieces)) is not None:
            return known
        made = _State(pieces, self._places(pieces))
        if self._room > 0:
            self._states[pieces] = made
            self._room -= len(pieces) + _OF_A_STATE
        return made

    def _places(self, pieces: tuple[str, ...]) -> tuple[int, ...]:
        scores, pairs = self._scores, enumerate(map("".join, pairwise(pieces)))
        return tuple(place for _, place in sorted((-scores[pair], place) for place, pair in pairs if pair in scores))
