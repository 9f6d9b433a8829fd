"""The cell card: how one query came to give one key its weight, in numbers and as a sentence.

    score("a"→"cat") = q·k/√64 = 12.9/8 = 1.61 · visible · weight e^1.61/11.8 = 0.42 · adds 0.42 × v("cat")

Score and weight are the recorded ones; the rest is worked out from the recorded vectors in double precision.
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, final

import numpy as np
from jaxtyping import Bool, Float

from regard.attention.reason import Reason
from regard.tracing.find_token import find_token
from regard.tracing.header import Token
from regard.tracing.labels import quoted_labels
from regard.tracing.legible import display_width, fitted

if TYPE_CHECKING:
    from regard.tracing.trace import HeadTrace

_WIDEST_NAME: Final = 32
_MOST_EXPONENT: Final = 600.0  # e^700 is the largest that a double holds
_WORDS: Final = {
    Reason.PADDING: "padding",
    Reason.FUTURE: "future word",
    Reason.WINDOW: "outside the window",
    Reason.PREFIX: "later, and not in the prefix",
    Reason.SEGMENT: "another sentence",
    Reason.SWITCHED_OFF: "switched off",
    Reason.OTHER_HYPOTHESIS: "another hypothesis",
}


def hidden_because(code: int) -> str:
    """The reasons that a code is the sum of, in words: ``future word and padding``; empty where a key is visible."""
    return " and ".join(words for reason, words in _WORDS.items() if code & reason)


@final
@dataclass(frozen=True)
class CellCard:
    """One cell of one head, step by step.

    Attributes:
        query, key: the tokens, with their positions.
        query_name, key_name: what they are called in the sentence.
        head_dim: features of the query and of the key.
        product: q·k; None where scores are not scaled products (``additive`` attention).
        scale: what the product is multiplied with.
        score: step 1, as recorded.
        code: step 2, 0 = visible, else a sum of ``regard.attention.Reason``.
        exponent_shift: what is subtracted from every score of the row before exponentials are taken: 0, unless they
            would not fit into a number. It changes no weight.
        exponential: e^(score - exponent_shift).
        total: the sum of the exponentials of the row's visible keys.
        weight: step 3, as recorded; 0 where hidden.
        weight_without_mask: what the weight would be if the reasons that hide this cell hid nothing in its row. The
            weight itself where the cell is visible.
        value_norm: ‖v‖, the length of the key's value.
        contribution: step 4: weight · ‖v‖, how much the key adds to the output.
        share: the contribution's share of what all keys add, between 0 and 1.
    """

    query: Token
    key: Token
    query_name: str
    key_name: str
    head_dim: int
    product: float | None
    scale: float
    score: float
    code: int
    exponent_shift: float
    exponential: float
    total: float
    weight: float
    weight_without_mask: float
    value_norm: float
    contribution: float
    share: float

    @property
    def is_visible(self) -> bool:
        """Whether the query may look at the key."""
        return self.code == 0

    @property
    def reason(self) -> str:
        """Why the key is hidden, in words; empty where it is visible."""
        return hidden_because(self.code)

    @property
    def sentence(self) -> str:
        """The arithmetic in one line of text. Nothing in it can move a cursor, whatever the tokens are."""
        return " · ".join([self._score_sentence, *(self._visible_parts if self.is_visible else [self._hidden_part])])

    @property
    def contribution_sentence(self) -> str:
        """What the key adds to the output: ``adds 0.42 · ‖v‖ 2.1 = 0.882, 37 % of what all keys add``."""
        product = f"{_shown(self.weight)} · ‖v‖ {_shown(self.value_norm)} = {_shown(self.contribution)}"
        return f"adds {product}, {self.share:.0%} of what all keys add"

    def __str__(self) -> str:
        return self.sentence

    @property
    def _score_sentence(self) -> str:
        name = f"score({self.query_name}→{self.key_name})"
        if self.product is None:
            return f"{name} = {_shown(self.score)}"
        factor, formula = _scaling(self.scale, self.head_dim)
        return f"{name} = {formula} = {_shown(self.product)}{factor} = {_shown(self.score)}"

    @property
    def _visible_parts(self) -> list[str]:
        exponent = _shown(self.score)
        if self.exponent_shift:
            exponent = f"({exponent} - {_shown(self.exponent_shift)})"
        weight = _shown(self.weight)
        return [
            "visible",
            f"weight e^{exponent}/{_shown(self.total)} = {weight}",
            f"adds {weight} × v({self.key_name})",
        ]

    @property
    def _hidden_part(self) -> str:
        return f"hidden: {self.reason}; without this mask it would take {_shown(self.weight_without_mask)}"


def cell_card(head: "HeadTrace", query: int | str, key: int | str) -> CellCard:
    """The card of one cell; ``query`` and ``key`` are positions or texts (``find_token``).

    Raises:
        TraceError: there is no such token, or a text stands in several places.
    """
    row = find_token(head.query_tokens, query, side="query")
    column = find_token(head.key_tokens, key, side="key")
    scores = head.scores[row].astype(np.float64)
    code = int(head.codes[row, column])
    visible = head.codes[row] == 0
    shift = _shift(scores)
    norms = np.linalg.norm(head.values.astype(np.float64), axis=-1)
    contributions = head.weights[row] * norms
    whole = float(contributions.sum())
    return CellCard(
        query=head.query_tokens[row],
        key=head.key_tokens[column],
        query_name=_name(head.query_tokens, row),
        key_name=_name(head.key_tokens, column),
        head_dim=head.queries.shape[-1],
        product=_product(head, row, column),
        scale=head.scale,
        score=float(scores[column]),
        code=code,
        exponent_shift=shift,
        exponential=math.exp(scores[column] - shift),
        total=float(np.exp(scores[visible] - shift).sum()),
        weight=float(head.weights[row, column]),
        weight_without_mask=_weight(scores, column, visible=(head.codes[row] & ~np.uint8(code)) == 0),
        value_norm=float(norms[column]),
        contribution=float(contributions[column]),
        share=float(contributions[column]) / whole if whole else 0.0,
    )


def _name(tokens: tuple[Token, ...], place: int) -> str:
    name = quoted_labels(tokens)[place]
    return fitted(name, _WIDEST_NAME) if display_width(name) > _WIDEST_NAME else name


def _product(head: "HeadTrace", row: int, column: int) -> float | None:
    if head.attention.score != "dot":
        return None
    return float(head.queries[row].astype(np.float64) @ head.keys[column].astype(np.float64))


def _shift(scores: Float[np.ndarray, " key"]) -> float:
    largest = float(scores.max())
    return largest if abs(largest) > _MOST_EXPONENT else 0.0


def _weight(scores: Float[np.ndarray, " key"], column: int, *, visible: Bool[np.ndarray, " key"]) -> float:
    powers = np.exp(scores[visible] - scores[visible].max())
    return math.exp(scores[column] - scores[visible].max()) / float(powers.sum())


def _scaling(scale: float, head_dim: int) -> tuple[str, str]:
    """What happens to the product, in numbers and as a formula."""
    if math.isclose(scale, head_dim**-0.5, rel_tol=1e-6):
        return f"/{_shown(math.sqrt(head_dim))}", f"q·k/√{head_dim}"
    if scale == 1:
        return "", "q·k"
    return f" · {_shown(scale)}", f"q·k · {_shown(scale)}"


def _shown(number: float) -> str:
    """Three digits that count; never a negative zero."""
    return f"{number:.3g}" if number else "0"
