"""A Transformer that translates by the compiled file. Its memory and state are few tensors; rows never move in them.

The compiled file is given addresses alone. So each tensor says what it holds and that it lies on the CPU, whatever
PyTorch's defaults are, and ids are made what is read there.
"""

import ctypes
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any, Final, final

import torch
from jaxtyping import Float, Float64, Int, Int64
from torch import Tensor

from regard.errors import ShapeError
from regard.kernels.library import float_room
from regard.layout import Layout
from regard.models.compiled.library import Library, compiled_library
from regard.models.compiled.packing import Packing, refuse_what_is_not_compiled
from regard.models.interface import Best, StepWithin, TranslationModel
from regard.models.multihead import HeadCore
from regard.models.transformer import Transformer

_FIRST_ROOM: Final = 32
_NO_MEMORY: Final = -1
"""What the compiled functions give then."""


class _MemoryPointers(ctypes.Structure):
    _fields_ = (
        ("cells", ctypes.c_void_p),
        ("num_tokens", ctypes.c_int64),
        ("first", ctypes.c_void_p),
        ("lengths", ctypes.c_void_p),
    )


class _CachePointers(ctypes.Structure):
    _fields_ = (
        ("cells", ctypes.c_void_p),
        ("num_slots", ctypes.c_int64),
        ("capacity", ctypes.c_int64),
        ("beams", ctypes.c_int64),
        ("slot", ctypes.c_void_p),
        ("ancestors", ctypes.c_void_p),
        ("num_known", ctypes.c_int64),
    )


class _ChoicePointers(ctypes.Structure):
    _fields_ = (("pieces", ctypes.c_void_p), ("width", ctypes.c_int64), ("sentence", ctypes.c_void_p))


_NO_CHOICE: Final = _ChoicePointers()


@final
@dataclass(frozen=True, eq=False)
class CompiledMemory:
    """The source's keys and values for each layer of the decoder, one sentence behind the other, without padding.

    Attributes:
        cells: of all sentences that were read together.
        first: where a sentence begins.
        lengths: how many tokens it has.
    """

    cells: Float[Tensor, "layer 2 token model"]
    first: Int[Tensor, " sentence"]
    lengths: Int[Tensor, " sentence"]

    def select(self, sentences: Int[Tensor, " picked"]) -> "CompiledMemory":
        """That of some sentences; nothing is copied but where they are."""
        return replace(self, first=self.first[sentences], lengths=self.lengths[sentences])

    def pointers(self) -> _MemoryPointers:
        """What the compiled file is given."""
        return _MemoryPointers(
            self.cells.data_ptr(), self.cells.shape[2], self.first.data_ptr(), self.lengths.data_ptr()
        )


@final
class Cells:
    """Room for what the decoder remembers of its own tokens. ``filled`` counts the steps in use: only the newest
    state may write behind them; whoever continues another copies first."""

    def __init__(self, cells: Float[Tensor, "layer 2 slot step beam model"], filled: int = 0) -> None:
        self.cells = cells
        self.filled = filled

    def may_take(self, position: int) -> bool:
        """Whether the step at a position can be written here."""
        return self.filled == position and position < self.cells.shape[3]

    def copied(self, slots: Int[Tensor, " sentence"], upto: int) -> "Cells":
        """The first steps of some slots, with room for twice as many."""
        layers, two, _, _, beams, dim = self.cells.shape
        room = max(_FIRST_ROOM, 2 * upto)
        cells = self.cells.new_empty(layers, two, len(slots), room, beams, dim)
        cells[:, :, :, :upto] = self.cells[:, :, :, :upto].index_select(2, slots)
        return Cells(cells, upto)


@final
@dataclass(frozen=True, eq=False)
class CompiledState:
    """What the decoder remembers between two steps; see ``TransformerState``.

    Attributes:
        position: how many tokens each row has.
        memory: what was read.
        written: the memory of all sentences' own tokens.
        slots: where in it each sentence's are.
        ancestors: for each row and step but the newest ones, the beam whose cell it descends from; where it ends, a
            row descends from itself. Never more steps than there have been.
    """

    position: int
    memory: CompiledMemory
    written: Cells
    slots: Int[Tensor, " sentence"]
    ancestors: Int[Tensor, "sentence beam step"]

    def select(self, sentences: Int[Tensor, " picked"]) -> "CompiledState":
        """The state of some sentences, in the given order."""
        slots, ancestors = self.slots[sentences], self.ancestors[sentences]
        chosen = replace(self, memory=self.memory.select(sentences), slots=slots, ancestors=ancestors)
        return chosen.apart() if len(set(sentences.tolist())) < len(sentences) else chosen

    def follow(self, parents: Int[Tensor, "sentence row"]) -> "CompiledState":
        """Each row goes on from a row of its sentence."""
        if self.written.cells.shape[4] == 1:
            return self
        sentences, beams, known = self.ancestors.shape
        own = torch.arange(beams, device="cpu")[None, :, None].expand(sentences, -1, self.position - known)
        whole = torch.cat((self.ancestors, own), dim=2)
        return replace(self, ancestors=whole.gather(1, parents[:, :, None].expand(-1, -1, self.position)))

    def apart(self) -> "CompiledState":
        """The same with memory of its own."""
        slots = torch.arange(len(self.slots), device="cpu")
        return replace(self, written=self.written.copied(self.slots, self.position), slots=slots)

    def pointers(self) -> _CachePointers:
        """What the compiled file is given."""
        _, _, num_slots, capacity, beams, _ = self.written.cells.shape
        return _CachePointers(
            self.written.cells.data_ptr(),
            num_slots,
            capacity,
            beams,
            self.slots.data_ptr(),
            self.ancestors.data_ptr(),
            self.ancestors.shape[2],
        )


@final
class CompiledTransformer(TranslationModel[CompiledMemory, CompiledState]):
    """Reads and steps by the compiled file; whatever else is asked, the network answers.

    Rows do not depend on each other, to the last bit, however many there are.

    Args:
        network: ready for translating in float32, bfloat16 or int8, on the CPU. Its weights are copied.
        library: the compiled file; this machine's if not given.
        threads: how many share a product, at most as many as PyTorch may use. More than one are for a quiet machine:
            they wait for each other many times in every step.

    Raises:
        SettingsError: the network is of a kind that is not compiled.
        MachineError: the library is not there and cannot be made.
    """

    def __init__(self, network: Transformer, library: Library | None = None, *, threads: int = 1) -> None:
        super().__init__()
        self.training = network.training
        self._most_threads = threads
        refuse_what_is_not_compiled(network)  # before anybody waits for a compiler
        library = library or compiled_library()
        self._packing = Packing(network, with_tiles=library.has_tiles)
        self.network = network
        self.vocab_size, self.noise, self.numbers = network.vocab_size, network.noise, network.numbers
        self.max_positions = network.max_positions
        self._encode = library.function(f"encode_{network.numbers}")
        self._step = library.function(f"step_{network.numbers}")
        self._best = library.function("best")

    def __deepcopy__(self, memo: dict[int, Any]) -> Transformer:
        """The network: a twin is there to be looked into."""
        return deepcopy(self.network, memo)

    def encode(self, source: Int[Tensor, "batch position"], layout: Layout) -> CompiledMemory:
        """Reads source sentences of ids into a memory, and into the keys and values the decoder looks at.

        Raises:
            ShapeError: rows of the source hold several sentences, which is for training.
        """
        if layout.is_packed:
            raise ShapeError("decoding reads one sentence per row, but the source's rows hold several; unpack them")
        lengths = torch.tensor(layout.lengths, dtype=torch.long, device="cpu")
        first = lengths.cumsum(0) - lengths
        tokens = _as_read(source)[torch.arange(layout.width, device="cpu") < lengths[:, None]]
        self._packing.reach(self.network, layout.width)
        layers, dim = len(self.network.decoder), self.network.settings.model_dim
        cells = torch.empty(layers, 2, len(tokens), dim, dtype=self.dtype, device="cpu")
        memory = CompiledMemory(cells, first, lengths)
        _refuse_unknown(self._encode(
            ctypes.byref(self._packing.pointers), ctypes.c_void_p(tokens.data_ptr()), ctypes.byref(memory.pointers()),
            ctypes.c_int64(len(lengths)), ctypes.c_int64(self._threads()),
        ))  # fmt: skip
        return memory

    def start(self, memory: CompiledMemory, *, copies: int = 1) -> CompiledState:
        """Opens a decoding state with ``copies`` rows per sentence."""
        layers, _, _, dim = memory.cells.shape
        sentences = len(memory.lengths)
        return CompiledState(
            position=0,
            memory=memory,
            written=Cells(memory.cells.new_empty(layers, 2, sentences, _FIRST_ROOM, copies, dim)),
            slots=torch.arange(sentences, device="cpu"),
            ancestors=torch.empty(sentences, copies, 0, dtype=torch.long, device="cpu"),
        )

    def step(
        self, state: CompiledState, tokens: Int[Tensor, " row"]
    ) -> tuple[Float[Tensor, "row vocab"], CompiledState]:
        """Appends one token to each row; returns the logits of the next token, in float32.

        Raises:
            ShapeError: there are not as many tokens as rows.
        """
        logits, state = self._advance(state, tokens, self._packing.pointers.logits.outputs, _NO_CHOICE)
        return logits[:, : self.vocab_size], state

    def step_within(self, pieces: Int[Tensor, "sentence candidate"]) -> StepWithin[CompiledState]:
        """A step that multiplies each row by the weights of its sentence's pieces.

        It raises ``ShapeError`` where a sentence has no row of pieces.
        """
        pieces, width = _as_read(pieces), pieces.shape[1]

        def step(state: CompiledState, tokens: Tensor, sentences: Tensor) -> tuple[Tensor, CompiledState]:
            sentences = _as_read(sentences)
            named = sentences.tolist()
            if len(named) != len(state.slots) or not all(0 <= number < len(pieces) for number in named):
                raise ShapeError(
                    f"each of the state's {len(state.slots)} sentences must have its row of pieces, of which there are "
                    f"{len(pieces)}, but {named} was given"
                )
            choice = _ChoicePointers(pieces.data_ptr(), width, sentences.data_ptr())
            return self._advance(state, tokens, width, choice)

        return step

    def _advance(
        self, state: CompiledState, tokens: Int[Tensor, " row"], width: int, choice: _ChoicePointers
    ) -> tuple[Float[Tensor, "row output"], CompiledState]:
        rows = len(state.slots) * state.written.cells.shape[4]
        if len(tokens) != rows:
            raise ShapeError(f"a state of {rows} rows takes a token for each, but {len(tokens)} were given")
        self._packing.reach(self.network, state.position + 1)
        if not state.written.may_take(state.position):
            state = state.apart()
        tokens, logits = _as_read(tokens), float_room(rows, width)
        _refuse_unknown(self._step(
            ctypes.byref(self._packing.pointers), ctypes.c_void_p(tokens.data_ptr()),
            ctypes.byref(state.memory.pointers()), ctypes.byref(state.pointers()),
            ctypes.byref(choice), ctypes.c_int64(len(tokens)),
            ctypes.c_int64(state.position), ctypes.c_void_p(logits.data_ptr()),
            ctypes.c_int64(self._threads()),
        ))  # fmt: skip
        state.written.filled = state.position + 1
        return logits, replace(state, position=state.position + 1)

    def _threads(self) -> int:
        return min(self._most_threads, torch.get_num_threads())

    def best(
        self, logits: Float[Tensor, "row vocab"], before: Float64[Tensor, "group member"], count: int, *, first_id: int
    ) -> Best | None:
        """See ``TranslationModel.best``. Where there are fewer, what is missing has totals of minus infinity."""
        if logits.dtype != torch.float32 or logits.stride(1) != 1:
            return None
        (groups, members), before = before.shape, before.double().contiguous()
        if len(logits) != groups * members:
            raise ShapeError(
                f"{groups} groups of {members} hypotheses have a row of logits each, but {len(logits)} rows were given"
            )
        totals, log_probabilities = (torch.empty(groups, count, dtype=torch.float64, device="cpu") for _ in range(2))
        parents, ids = (torch.empty(groups, count, dtype=torch.long, device="cpu") for _ in range(2))
        numbers = (logits.stride(0), logits.shape[1], first_id, groups, members)
        result = self._best(
            ctypes.c_void_p(logits.data_ptr()), *map(ctypes.c_int64, numbers), ctypes.c_void_p(before.data_ptr()),
            ctypes.c_int64(count),
            *(ctypes.c_void_p(each.data_ptr()) for each in (totals, parents, ids, log_probabilities)),
        )  # fmt: skip
        _refuse_without_memory(result)
        if not result:  # a logit is not a number
            totals[:, 0] = log_probabilities[:, 0] = float("nan")
        return Best(totals, parents, ids, log_probabilities)

    def features(self, *arguments: Any) -> Tensor:
        """See ``TranslationModel``; the network's."""
        return self.network.features(*arguments)

    def logits(self, vectors: Float[Tensor, "... model"]) -> Float[Tensor, "... vocab"]:
        """See ``TranslationModel``; the network's."""
        return self.network.logits(vectors)

    def attentions(self) -> dict[str, HeadCore]:
        """See ``TranslationModel``; the network's. Who watches them does so on a twin, which is a network."""
        return self.network.attentions()


def _as_read(ids: Int[Tensor, "..."]) -> Int64[Tensor, "..."]:
    """Ids, or numbers of sentences, as the compiled file reads them."""
    return ids.to("cpu", torch.long).contiguous()


def _refuse_unknown(result: int) -> None:
    _refuse_without_memory(result)
    if not result:
        raise IndexError("a token's id is not in the vocabulary")


def _refuse_without_memory(result: int) -> None:
    if result == _NO_MEMORY:
        raise MemoryError("memory ran out in the compiled network; translate fewer or shorter sentences at a time")
