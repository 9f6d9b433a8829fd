"""The four steps of one head as panels of numbers, the same for every kind of figure."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, final

import numpy as np
from jaxtyping import Float, UInt8

from regard.errors import TraceError
from regard.tracing.colours import Domain
from regard.tracing.grid import largest
from regard.tracing.labels import decoder_labels, token_labels
from regard.tracing.panels import WHO_LOOKS, score_formula

if TYPE_CHECKING:
    from regard.tracing.trace import HeadTrace

PanelName = Literal["scores", "mask", "weights", "output"]
MOST_TOKENS: Final = 80
"""Queries or keys of a picture, at most: more are neither readable nor quick to draw."""

CAUTION: Final = "Weights are not a reason: a weight says who was looked at, not what would change without it."

PANELS: Final[tuple[PanelName, ...]] = ("scores", "mask", "weights", "output")


@final
@dataclass(frozen=True, eq=False)
class Panel:
    """One step of one head.

    Attributes:
        name: which step.
        title: its number and name: ``① Scores``.
        formula: how it follows from the step before.
        rows: names of the queries.
        columns: names of the keys; of the output, the numbers of its features.
        values: what is drawn; of the mask, 1 where a query may look and 0 where not.
        codes: why a cell is hidden, 0 = visible.
        domain: the scale of its colours.
        bound: the value with the strongest colour.
    """

    name: PanelName
    title: str
    formula: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: Float[np.ndarray, "query column"]
    codes: UInt8[np.ndarray, "query column"]
    domain: Domain
    bound: float


def refuse_large(head: "HeadTrace") -> None:
    """A picture has its limits.

    Raises:
        TraceError: the head has too many tokens.
    """
    rows, columns = head.scores.shape
    if max(rows, columns) > MOST_TOKENS:
        raise TraceError(
            f"{rows} queries and {columns} keys are too many for a picture, which shows at most {MOST_TOKENS} of each; "
            "explain a shorter sentence, or write the numbers as CSV"
        )


def title_of(head: "HeadTrace") -> str:
    """Which head it is, and who looks at what."""
    facts = head.attention
    return f"{facts.key}, head {head.head} of {facts.num_heads}: {WHO_LOOKS[facts.attention]}"


def row_labels(head: "HeadTrace") -> tuple[str, ...]:
    """What the rows are called: in the decoder ``after "chat" → "a"``, in the encoder the token."""
    if head.predicted_tokens:
        return decoder_labels(head.query_tokens, head.predicted_tokens)
    return token_labels(head.query_tokens)


def panel_of(head: "HeadTrace", name: str) -> Panel:
    """One step.

    Raises:
        TraceError: there is no such panel.
    """
    rows, keys = row_labels(head), token_labels(head.key_tokens)
    visible = np.zeros_like(head.codes)
    if name == "scores":
        formula = f"{score_formula(head)}, before the mask"
        return Panel("scores", "① Scores", formula, rows, keys, head.scores, visible, "scores", largest(head.scores))
    if name == "mask":
        allowed = (head.codes == 0).astype(np.float32)
        return Panel("mask", "② Mask", "1 = may look", rows, keys, allowed, head.codes, "weights", 1.0)
    if name == "weights":
        formula = "softmax of the visible scores, row by row"
        return Panel("weights", "③ Weights", formula, rows, keys, head.weights, head.codes, "weights", 1.0)
    if name == "output":
        features = tuple(map(str, range(head.context.shape[1])))
        hidden = np.zeros(head.context.shape, np.uint8)
        formula = "weights · values, one column per feature"
        bound = largest(head.context)
        return Panel("output", "④ Output", formula, rows, features, head.context, hidden, "scores", bound)
    raise TraceError(f"the panel must be one of {', '.join(PANELS)}, but is {name!r:.40}")
