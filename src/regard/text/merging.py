"""BPE with dropout (Provilkov et al. 2020, algorithm 1): merges by rank, each left out with some probability.

SentencePiece can do this too, but draws other cuts from the same seed in another process, and a resumed run must see
what the stopped one would have seen.
"""

import random
from collections.abc import Mapping
from itertools import pairwise


def merge_with_dropout(word: str, scores: Mapping[str, float], *, dropout: float, chance: random.Random) -> list[str]:
    """Pieces that joined are the word.

    Args:
        word: characters to begin with.
        scores: of each piece that a merge may make; the highest is merged first, the leftmost of equals.
        dropout: the probability with which a merge is not seen in one round; 1 leaves the characters.
        chance: what to draw with.
    """
    symbols = list(word)
    while True:
        seen = [
            (scores[pair], -place)
            for place, pair in enumerate(map("".join, pairwise(symbols)))
            if pair in scores and (not dropout or chance.random() >= dropout)
        ]
        if not seen:
            return symbols
        place = -max(seen)[1]
        symbols[place : place + 2] = ["".join(symbols[place : place + 2])]
