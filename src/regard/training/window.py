"""What happened between two lines of the log."""

from dataclasses import dataclass
from typing import Any, final

from regard.training.update import Update


@final
@dataclass(frozen=True, slots=True)
class Summary:
    """Means over a window of updates."""

    loss: float
    gradient_norm: float
    tokens_per_second: float
    seconds_per_update: float


@final
class Window:
    """Collects updates since the last line."""

    def __init__(self) -> None:
        self._updates: list[Update] = []
        self._since = 0.0
        self._until = 0.0

    def add(self, update: Update, now: float) -> None:
        """One more update, ended at ``now`` (seconds)."""
        self._updates.append(update)
        self._until = now

    @property
    def state(self) -> dict[str, Any]:
        """The updates since the last line and the seconds they took, as plain numbers."""
        updates = [[update.loss, update.gradient_norm, update.num_tokens] for update in self._updates]
        return {"seconds": self._until - self._since, "updates": updates}

    @state.setter
    def state(self, saved: dict[str, Any]) -> None:
        self._updates = [Update(loss, norm, num_tokens) for loss, norm, num_tokens in saved["updates"]]
        self._since, self._until = -saved["seconds"], 0.0

    def restart(self, now: float) -> None:
        """Time up to ``now`` since the last update (preparation, a validation) does not count."""
        self._since += now - self._until
        self._until = now

    def close(self) -> Summary:
        """The means; begins a new window."""
        updates, seconds = self._updates, max(self._until - self._since, 1e-9)
        count = len(updates)
        self._updates, self._since = [], self._until
        return Summary(
            loss=sum(update.loss for update in updates) / count,
            gradient_norm=sum(update.gradient_norm for update in updates) / count,
            tokens_per_second=sum(update.num_tokens for update in updates) / seconds,
            seconds_per_update=seconds / count,
        )
