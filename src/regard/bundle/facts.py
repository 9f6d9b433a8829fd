"""What is known about a trained model besides its weights."""

from datetime import UTC, datetime

from pydantic import Field

from regard.settings.section import Section


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class ScoreFact(Section):
    """A quality measured on some data, with the signature that says how."""

    metric: str
    value: float
    signature: str = ""
    data: str = Field("", description="on which sentences")


class BundleFacts(Section):
    """Where a model comes from and how good it was."""

    training_data: str | None = Field(None, description="fingerprint of the training pairs")
    num_pairs: int | None = Field(None, ge=0, description="training pairs")
    num_steps: int | None = Field(None, ge=0, description="updates of the weights")
    scores: tuple[ScoreFact, ...] = ()
    created: str = Field(default_factory=_now, description="UTC, ISO 8601")
