"""Draws one of all ways to cut a text into pieces, by their probabilities (Kudo 2018, section 3.2).

Forward filtering, backward sampling: going right, each place collects the probability of all cuts that reach it; going
back from the end, pieces are drawn by their share. SentencePiece can do this too, but draws other cuts from the same
seed in another process, and a resumed run must see what the stopped one would have seen.
"""

import math
import random
from collections.abc import Mapping
from typing import Final

_UNKNOWN_PENALTY: Final = 10.0  # below the least probable piece, as in SentencePiece


def draw_cut(text: str, scores: Mapping[str, float], *, alpha: float, longest: int, chance: random.Random) -> list[str]:
    """Pieces that joined are the text; a cut with log-probability s is drawn in proportion to exp(alpha · s).

    Args:
        text: what to cut, with its space marks.
        scores: the log-probability of each piece. A character that is no piece stands for itself.
        alpha: 1 draws by probability, 0 gives every cut the same chance.
        longest: characters of the longest piece.
        chance: what to draw with.
    """
    unknown = min(scores.values(), default=0.0) - _UNKNOWN_PENALTY
    reached = [0.0]
    arriving: list[list[tuple[str, float]]] = [[]]
    for end in range(1, len(text) + 1):
        pieces = [text[start:end] for start in range(max(0, end - longest), end)]
        known = [piece for piece in pieces if piece in scores] or [text[end - 1]]
        if len(known[-1]) > 1:  # no cut may be a dead end: the character alone is always possible
            known.append(text[end - 1])
        logs = [(piece, reached[end - len(piece)] + alpha * scores.get(piece, unknown)) for piece in known]
        highest = max(log for _, log in logs)
        reached.append(highest + math.log(sum(math.exp(log - highest) for _, log in logs)))
        arriving.append(logs)
    return _drawn_backwards(reached, arriving, chance)


def _drawn_backwards(reached: list[float], arriving: list[list[tuple[str, float]]], chance: random.Random) -> list[str]:
    pieces: list[str] = []
    end = len(reached) - 1
    while end > 0:
        shares = [math.exp(log - reached[end]) for _, log in arriving[end]]
        ((piece, _),) = chance.choices(arriving[end], shares)
        pieces.append(piece)
        end -= len(piece)
    return pieces[::-1]
