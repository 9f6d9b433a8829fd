"""The watchers: one beside each attention, one beside the search. They copy what happens, and change nothing."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

import numpy as np
import torch
from jaxtyping import Bool, Float, UInt8
from numpy.typing import NDArray
from torch import Tensor, nn

from regard.attention import View
from regard.decoding import Candidate
from regard.decoding.choice import best_next
from regard.models import AnyModel
from regard.models.embedding import PositionTable
from regard.models.multihead import HeadCore
from regard.models.witness import Attended
from regard.tracing.abreast import Abreast
from regard.tracing.interventions import Change
from regard.tracing.twin import modules_of

MOST_CANDIDATES = 5


@final
@dataclass(frozen=True, eq=False)
class Call:
    """One time that an attention took place, on the host and in float32.

    Attributes:
        first_query: the position of its first query.
        queries: who looked.
        new_keys: keys that were not there in earlier calls.
        new_values: their values.
        scores: finite; those of blanked keys are 0.
        codes: why a cell was hidden; ``batch`` and ``mask_heads`` may be 1.
        blanked: keys that no query of this call saw, so that the run needed no score for them.
        weights: what the softmax gave.
        context: what came out.
    """

    first_query: int
    queries: Float[np.ndarray, "batch head query head_dim"]
    new_keys: Float[np.ndarray, "batch head position head_dim"]
    new_values: Float[np.ndarray, "batch head position value_dim"]
    scores: Float[np.ndarray, "batch head query key"]
    codes: UInt8[np.ndarray, "#batch mask_heads query key"]
    blanked: Bool[np.ndarray, "#batch mask_heads key"]
    weights: Float[np.ndarray, "batch head query key"]
    context: Float[np.ndarray, "batch head query value_dim"]


@final
@dataclass(eq=False)
class AttentionWatch:
    """Stands beside one attention: applies the change that was asked for, and keeps every call if told to."""

    change: Change
    core: HeadCore
    keeps: bool
    calls: list[Call] = field(default_factory=list)
    next_query: int = 0
    num_keys: int = 0

    def admit(self, view: View) -> View:
        """The view, changed as asked."""
        return self.change.applied(view, first_query=self.next_query)

    def saw(self, attended: Attended) -> None:
        """Copies the call."""
        if self.keeps:
            self.calls.append(self._copied(attended))
        self.next_query += attended.queries.shape[2] // attended.view.beams

    def _copied(self, attended: Attended) -> Call:
        steps, view = attended.steps, attended.view
        assert steps.scores is not None, "recording needs the plain path"
        assert steps.weights is not None
        known, self.num_keys = self.num_keys, attended.keys.shape[2]
        codes = _bytes(view.reasons())
        blanked = np.zeros_like(codes[:, :, 0], dtype=bool) if view.unseen is None else _bytes(view.unseen)[..., 0]
        call = Call(
            first_query=self.next_query,
            queries=_floats(attended.queries),
            new_keys=_floats(attended.keys[:, :, known:]),
            new_values=_floats(attended.values[:, :, known:]),
            scores=_floats(steps.scores),
            codes=codes,
            blanked=blanked,
            weights=_floats(steps.weights),
            context=_floats(steps.context),
        )
        return call if view.beams == 1 else _told_apart(call, Abreast.of(view), known)


def _told_apart(call: Call, abreast: Abreast, known: int) -> Call:
    """A call of hypotheses side by side, with a row for each of them."""
    return Call(
        first_query=call.first_query,
        queries=abreast.queries(call.queries),
        new_keys=abreast.vectors(call.new_keys, known),
        new_values=abreast.vectors(call.new_values, known),
        scores=abreast.table(call.scores),
        codes=abreast.table(call.codes),
        blanked=abreast.by_key(call.blanked),
        weights=abreast.table(call.weights),
        context=abreast.queries(call.context),
    )


@final
@dataclass(frozen=True, eq=False)
class SeenStep:
    """One step of a search, all rows of it.

    Attributes:
        prefixes: the tokens of each row so far, BOS first.
        candidates: the most probable next tokens of each row, best first.
        entropies: of each row's distribution, in nats.
        milliseconds: since the step before; none where all steps were one pass.
    """

    prefixes: list[list[int]]
    candidates: list[list[Candidate]]
    entropies: list[float]
    milliseconds: float | None = None


@final
class SearchWatch:
    """Stands beside a search and keeps what the model answered at each step."""

    def __init__(self, heard: Callable[[SeenStep], None] | None = None) -> None:
        self.steps: list[SeenStep] = []
        self._heard = heard
        self._clock = time.perf_counter()

    def opened(self) -> None:
        """Starts the clock of the first step."""
        self._clock = time.perf_counter()

    def stepped(self, prefixes: list[list[int]], log_probabilities: Float[Tensor, "row vocab"]) -> None:
        """Keeps a step."""
        now = time.perf_counter()
        self.steps.append(seen_step(prefixes, log_probabilities, milliseconds=1000 * (now - self._clock)))
        if self._heard is not None:
            self._heard(self.steps[-1])
        self._clock = time.perf_counter()


def seen_step(
    prefixes: list[list[int]], log_probabilities: Float[Tensor, "row vocab"], *, milliseconds: float | None = None
) -> SeenStep:
    """What is kept of the model's answer."""
    values, ids = best_next(log_probabilities, MOST_CANDIDATES)
    entropies = torch.special.entr(log_probabilities.exp()).sum(dim=1)
    rows = zip(ids.tolist(), values.tolist(), strict=True)
    return SeenStep(prefixes, [list(map(Candidate, *row)) for row in rows], entropies.tolist(), milliseconds)


@final
class PositionWatch:
    """Keeps the vectors that a model adds for positions."""

    def __init__(self, twin: AnyModel) -> None:
        self._seen: dict[str, list[NDArray[np.float32]]] = {}
        self._hooks = [
            table.register_forward_hook(partial(self._keep, name.split("_")[0]))
            for name, table in modules_of(twin, PositionTable)
        ]

    def __enter__(self) -> "PositionWatch":
        return self

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()

    def vectors(self, lengths: dict[str, int]) -> dict[str, NDArray[np.float32]]:
        """Those of the first positions of ``source`` and ``target``; nothing where the model adds none."""
        return {side: np.concatenate(self._seen[side])[: lengths[side]] for side in lengths if side in self._seen}

    def _keep(self, side: str, table: nn.Module, given: object, vectors: Tensor | None) -> None:
        if vectors is not None:
            self._seen.setdefault(side, []).append(_floats(vectors))


def _floats(tensor: Tensor) -> NDArray[np.float32]:
    # Always a copy: a cache may be written to in place at the next step.
    copied: NDArray[np.float32] = tensor.detach().to("cpu", torch.float32, copy=True).contiguous().numpy()
    return copied


def _bytes(tensor: Tensor) -> NDArray[Any]:
    copied: NDArray[Any] = tensor.detach().cpu().contiguous().numpy()
    return copied
