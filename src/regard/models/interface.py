"""The one interface of every translation model: all that decoding and training know of a network.

``encode`` reads the source once; ``start`` opens a decoding state; ``step`` appends one token to every row and gives
the logits of the next; ``score`` gives all logits of a known target in one pass (teacher forcing), which training takes
apart into ``features`` and ``logits`` to score real tokens only.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeAlias, TypeVar, final, runtime_checkable

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor, nn

from regard.kernels import Kernels
from regard.layout import Layout
from regard.models.multihead import HeadCore
from regard.models.noise import Noise
from regard.models.products import Numbers

SameState = TypeVar("SameState", bound="DecodingState")


@runtime_checkable
class DecodingState(Protocol):
    """What a model remembers between two steps, of sentences with equally many rows each.

    A value: ``step``, ``select`` and ``follow`` return new ones.
    """

    def select(self: SameState, sentences: Int[Tensor, " picked"]) -> SameState:
        """The state of some sentences (repeats allowed), in the given order, each with all of its rows."""
        ...

    def follow(self: SameState, parents: Int[Tensor, "sentence row"]) -> SameState:
        """Each row goes on from a row of its sentence, counted within it; several may go on from one."""
        ...


@final
@dataclass(frozen=True, eq=False)
class Best:
    """The best next tokens of the rows of each group together, best first; of equals, the first row's lowest id.

    Attributes:
        totals: their log-probabilities, with what their row had before.
        members: which row of the group each continues.
        ids: the tokens.
        log_probabilities: of the tokens alone.
    """

    totals: Float64[Tensor, "group candidate"]
    members: Int[Tensor, "group candidate"]
    ids: Int[Tensor, "group candidate"]
    log_probabilities: Float64[Tensor, "group candidate"]


MemoryT = TypeVar("MemoryT")
StateT = TypeVar("StateT", bound=DecodingState)
StepWithin: TypeAlias = Callable[[StateT, Tensor, Tensor], tuple[Tensor, StateT]]
"""See ``TranslationModel.step_within``."""


class TranslationModel(nn.Module, ABC, Generic[MemoryT, StateT]):
    """A network that turns source ids into target ids.

    Source rows are the sentence's ids followed by EOS; target inputs are BOS followed by the ids; target outputs are
    the ids followed by EOS.
    """

    vocab_size: int
    noise: Noise
    """The randomness of its dropout."""
    compute_dtype: torch.dtype | None = None
    """The type of the computation; that of the weights if None."""
    numbers: Numbers | None = None
    """What ``compute_in`` made it ready for; None if nobody did."""
    kernels: Kernels | None = None
    """Compiled functions that whoever trains it may take; see ``use_kernels``."""
    max_positions: int | None = None
    """The most positions a sequence may have; any number if None."""

    @property
    def dtype(self) -> torch.dtype:
        """The type vectors are computed in."""
        return self.compute_dtype or next(self.parameters()).dtype

    @abstractmethod
    def encode(self, source: Int[Tensor, "batch position"], layout: Layout) -> MemoryT:
        """Reads source sentences of ids into a memory."""

    @abstractmethod
    def start(self, memory: MemoryT, *, copies: int = 1) -> StateT:
        """Opens a decoding state with ``copies`` rows per sentence: row ``sentence * copies + copy``."""

    @abstractmethod
    def step(self, state: StateT, tokens: Int[Tensor, " row"]) -> tuple[Float[Tensor, "row vocab"], StateT]:
        """Appends one token to each row; returns the logits of the next token, and the new state."""

    def step_within(self, pieces: Int[Tensor, "sentence candidate"]) -> StepWithin[StateT] | None:
        """A ``step`` that scores, in each row, the pieces of its sentence only, if this network has one.

        It is given the state, tokens (ids of the whole vocabulary, as ever), and for each sentence of the state which
        line of ``pieces`` is its own; logits come in the order of that line.
        """
        return None

    @abstractmethod
    def features(
        self,
        source: Int[Tensor, "batch source_position"],
        source_layout: Layout,
        target: Int[Tensor, "batch target_position"],
        target_layout: Layout,
    ) -> Float[Tensor, "batch target_position model"]:
        """The vector each next token is predicted from, given the target inputs so far (teacher forcing)."""

    @abstractmethod
    def logits(self, vectors: Float[Tensor, "... model"]) -> Float[Tensor, "... vocab"]:
        """Scores of every piece being next, from such vectors."""

    def best(
        self, logits: Float[Tensor, "row vocab"], before: Float64[Tensor, "group member"], count: int, *, first_id: int
    ) -> Best | None:
        """The ``count`` best next tokens from ``first_id`` on, if this network finds them without log-probabilities of
        all others; totals are NaN where logits are. None: whoever searches does it from log-probabilities.

        Args:
            logits: what ``step`` gave, a row per member of each group.
            before: the log-probability that each row has reached; nothing continues one of minus infinity.
            count: how many of each group.
            first_id: lower ids are never chosen.
        """
        return None

    def attentions(self) -> dict[str, HeadCore]:
        """Every attention by its name: ``encoder.0.self``, ``decoder.0.self``, ``decoder.0.cross`` …"""
        return {}

    def score(
        self,
        source: Int[Tensor, "batch source_position"],
        source_layout: Layout,
        target: Int[Tensor, "batch target_position"],
        target_layout: Layout,
    ) -> Float[Tensor, "batch target_position vocab"]:
        """Logits of every next token: ``logits(features(...))``."""
        return self.logits(self.features(source, source_layout, target, target_layout))


AnyModel = TranslationModel[Any, Any]
"""A network of any kind, where its memory and state do not matter."""
