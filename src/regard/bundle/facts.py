"""What is known about a trained model besides its weights."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from pydantic import Field, model_serializer

from regard.settings.section import Section

_LATER = frozenset({"alignment", "began_from"})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class ScoreFact(Section):
    """A quality measured on some data, with the signature that says how."""

    metric: str
    value: float
    signature: str = ""
    data: str = Field("", description="on which sentences")


class AlignmentFact(Section):
    """Which attention to the source says what translates what; chosen once, by development pairs."""

    heads: tuple[tuple[int, int], ...] = Field(min_length=1, description="(layer, head), counted from 0; averaged")
    shift: int = Field(ge=0, le=1, description="0: the decoder row that produces a word; 1: the row that reads it")
    least_share: float = Field(ge=0, le=1, description="below it a target word gets no link")
    cover_share: float = Field(ge=0, le=1, description="from it on a source word that is left over gets one; 1: never")
    chosen_by: str = Field(description="what the choice was judged by, and on how many pairs")


class BundleFacts(Section):
    """Where a model comes from and how good it was."""

    training_data: str | None = Field(None, description="fingerprint of the training pairs")
    num_pairs: int | None = Field(None, ge=0, description="training pairs")
    num_steps: int | None = Field(None, ge=0, description="updates of the weights")
    began_from: str | None = Field(None, description="sha256 of the weights that training went on from, if it did")
    scores: tuple[ScoreFact, ...] = ()
    alignment: AlignmentFact | None = Field(None, description="how to read word alignments, if that is known")
    created: str = Field(default_factory=_now, description="UTC, ISO 8601")

    @model_serializer(mode="wrap")
    def _known(self, everything: Callable[..., Any]) -> dict[str, Any]:
        """Without what is unknown and came later, so that manifests from before there was any keep their hash."""
        facts: dict[str, Any] = everything(self)
        return {name: value for name, value in facts.items() if name not in _LATER or value is not None}
