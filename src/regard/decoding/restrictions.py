"""What a search may not write: a run of tokens twice, an end that comes too early, anything once time is up.

Each restriction is an ``Adjuster``: it sees the log-probabilities of all rows once a step, and none costs anything
where it is not asked for.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from regard.decoding.steering import Prefixes, Rows
from regard.text.control import EOS

_NOTHING: Final = -1


@final
@dataclass(frozen=True)
class NoRepeat:
    """No run of ``size`` tokens comes twice in a translation; what would complete it again is left out."""

    size: int

    def adjust(self, log_probabilities: Float[Tensor, "row vocab"], rows: Rows) -> Float[Tensor, "row vocab"]:
        """Leaves out, per row, every token that followed the row's last ``size - 1`` tokens before."""
        which, tokens = _followers(rows.prefixes(), self.size)
        if not len(which):
            return log_probabilities
        adjusted = log_probabilities.clone()
        device = log_probabilities.device
        adjusted[torch.from_numpy(which).to(device), torch.from_numpy(tokens).to(device)] = float("-inf")
        return adjusted


def _followers(prefixes: Prefixes, size: int) -> tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", ...]:
    """Rows, and the tokens that would repeat a run in them. Rows are aligned at their ends; BOS belongs to no run."""
    width = max(map(len, prefixes)) - 1
    if width < size:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    written = np.full((len(prefixes), width), _NOTHING, np.int64)
    for row, prefix in enumerate(prefixes):
        written[row, width - len(prefix) + 1 :] = prefix[1:]
    runs = np.lib.stride_tricks.sliding_window_view(written, size, axis=1)
    last = written[:, width - size + 1 :]
    same = (runs[..., :-1] == last[:, None, :]).all(2) & (runs != _NOTHING).all(2)
    which, places = same.nonzero()
    return which, runs[which, places, -1]


@final
@dataclass(frozen=True)
class MinimumLength:
    """A translation of sentence ``s`` does not end before ``least[s]`` tokens are written."""

    least: tuple[int, ...]

    @classmethod
    def of(cls, sources: Sequence[Sequence[int]], ratio: float) -> "MinimumLength":
        """``ratio`` tokens per token of the source, rounded up."""
        return cls(tuple(math.ceil(ratio * len(source)) for source in sources))

    def adjust(self, log_probabilities: Float[Tensor, "row vocab"], rows: Rows) -> Float[Tensor, "row vocab"]:
        """Leaves EOS out where it would come too early, unless nothing else is left."""
        pairs = zip(rows.sentences, rows.prefixes(), strict=True)
        early = [len(prefix) - 1 < self.least[sentence] for sentence, prefix in pairs]
        return without_end(log_probabilities, torch.tensor(early, device=log_probabilities.device))


def without_end(log_probabilities: Float[Tensor, "row vocab"], early: Tensor) -> Float[Tensor, "row vocab"]:
    """EOS impossible in the rows that ``early`` marks and that can go on."""
    if not bool(early.any()):
        return log_probabilities
    goes_on = log_probabilities[:, EOS + 1 :].amax(1).isfinite()
    adjusted = log_probabilities.clone()
    adjusted[early & goes_on, EOS] = float("-inf")
    return adjusted


@final
class Clock:
    """Ends the search for sentences whose time is up, or of which ``cancel`` says that nobody wants them any more.

    The time of a sentence begins with the first step in which it is translated. Asked once a step, so a step that has
    begun is finished, and none that comes after has these sentences in it.

    Attributes:
        late: the sentences that ran out of time before they were complete.
        cancelled: those that were cancelled; nobody is asked about them again.
    """

    def __init__(
        self,
        seconds: float | None = None,
        cancel: Callable[[int], bool] | None = None,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.late: set[int] = set()
        self.cancelled: set[int] = set()
        self._seconds = math.inf if seconds is None else seconds
        self._cancel = cancel
        self._now = now
        self._began: dict[int, float] = {}

    def adjust(self, log_probabilities: Float[Tensor, "row vocab"], rows: Rows) -> Float[Tensor, "row vocab"]:
        """Leaves nothing to choose from where the search is over."""
        self._look_at(rows.live() - self.cancelled - self.late)
        stopped = [sentence in self.cancelled or sentence in self.late for sentence in rows.sentences]
        if not any(stopped):
            return log_probabilities
        return log_probabilities.masked_fill(
            torch.tensor(stopped, device=log_probabilities.device)[:, None], -torch.inf
        )

    def _look_at(self, sentences: set[int]) -> None:
        now = self._now()
        for sentence in sentences:
            if self._cancel is not None and self._cancel(sentence):
                self.cancelled.add(sentence)
            elif now - self._began.setdefault(sentence, now) >= self._seconds:
                self.late.add(sentence)
