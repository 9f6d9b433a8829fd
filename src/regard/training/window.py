"""What happened between two lines of the log."""

from dataclasses import dataclass
from typing import final

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
        self._since: float | None = None
        self._until = 0.0

    def add(self, update: Update, now: float) -> None:
        """One more update, ended at ``now`` (seconds)."""
        if self._since is None:
            self._since = now  # the very first update is not timed: its beginning is not known
        self._updates.append(update)
        self._until = now

    def restart(self, now: float) -> None:
        """Time from before ``now`` (a validation, say) does not count."""
        if self._since is not None:
            self._since += now - self._until
            self._until = now

    def close(self) -> Summary:
        """The means; begins a new window."""
        updates, seconds = self._updates, max(self._until - (self._since or self._until), 1e-9)
        count = len(updates)
        self._updates, self._since = [], self._until
        return Summary(
            loss=sum(update.loss for update in updates) / count,
            gradient_norm=sum(update.gradient_norm for update in updates) / count,
            tokens_per_second=sum(update.num_tokens for update in updates) / seconds,
            seconds_per_update=seconds / count,
        )
