"""The recurrent translator with attention: what the Transformer is compared with, tuned as a strong baseline is.

A bidirectional encoder; a decoder whose lowest layer asks the source (Bahdanau et al. 2015; Luong et al. 2015) and
whose further layers read what it found, as in the deep models of Wu et al. (2016); a readout over state, context and
word (Pascanu et al. 2014); tied embeddings, layer norm outside the loops, dropout on inputs, states and outputs.

Without input feeding, no state waits for an attention, so each layer runs over a whole sentence at once in training.
With it (``input_feeding``), the readout of one word goes into the lowest layer at the next, and training goes word by
word as translating does.
"""

from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from regard.attention import Everything, Mask, Padding, View
from regard.errors import ShapeError
from regard.layout import Layout
from regard.models.interface import TranslationModel
from regard.models.layers import Embedding, LayerNorm, Linear
from regard.models.multihead import HeadCore, KeyValues
from regard.models.noise import Dropout, Noise
from regard.models.recurrence import CELLS, CellState
from regard.models.recurrent_layers import AttentionToSource, OneDirection, TwoDirections, backwards
from regard.settings.model import ModelSettings


@final
@dataclass(frozen=True, eq=False)
class RecurrentMemory:
    """The encoder's states, and which cells of their rows are real."""

    states: Float[Tensor, "batch position features"]
    layout: Layout


@final
@dataclass(frozen=True, eq=False)
class RecurrentState:
    """What the decoder remembers between two steps: the state of each layer, and the last readout if it is fed back."""

    layers: tuple[CellState, ...]
    fed: Float[Tensor, "row model"]
    memory: KeyValues
    memory_view: View
    copies: int = 1

    def select(self, sentences: Int[Tensor, " picked"]) -> "RecurrentState":
        """The state of some sentences, in the given order, each with all of its rows."""
        rows = sentences[:, None] * self.copies + torch.arange(self.copies, device=sentences.device)
        return self._rows(rows.flatten())

    def follow(self, parents: Int[Tensor, "sentence row"]) -> "RecurrentState":
        """Each row goes on from a row of its sentence."""
        first = torch.arange(parents.shape[0], device=parents.device)[:, None] * self.copies
        return self._rows((first + parents).flatten())

    def _rows(self, rows: Int[Tensor, " picked"]) -> "RecurrentState":
        return RecurrentState(
            layers=tuple(tuple(part.index_select(0, rows) for part in layer) for layer in self.layers),
            fed=self.fed.index_select(0, rows),
            memory=self.memory.select(rows),
            memory_view=self.memory_view.select(rows),
            copies=self.copies,
        )


@final
class RecurrentTranslator(TranslationModel[RecurrentMemory, RecurrentState]):
    """Encoder, attention and decoder of the given settings over one joint vocabulary."""

    def __init__(self, settings: ModelSettings, vocab_size: int, *, seed: int = 0) -> None:
        super().__init__()
        self.settings = settings
        self.vocab_size = vocab_size
        self.noise = noise = Noise(seed)
        word, state = settings.model_dim, settings.recurrent_dim
        self.target_tokens = Embedding(vocab_size, word)
        self.source_tokens = self.target_tokens if settings.tied_embeddings == "all" else Embedding(vocab_size, word)
        self.dropout = Dropout(settings.dropout, noise)
        self.encoder = nn.ModuleList(
            TwoDirections(state if layer else word, settings, noise) for layer in range(settings.encoder_layers)
        )
        lowest = 2 * word if settings.input_feeding else word
        self.decoder = nn.ModuleList(
            OneDirection(2 * state if layer else lowest, settings, noise) for layer in range(settings.decoder_layers)
        )
        self.cross = AttentionToSource(settings, noise)
        self.num_states = CELLS[settings.cell].num_states
        self.bridge = Linear(state, settings.decoder_layers * self.num_states * state)
        self.readout = Linear(2 * state + word, word)
        self.readout_norm = LayerNorm(word)
        self.output = Linear(word, vocab_size, bias=False) if settings.tied_embeddings == "none" else None
        self.output_bias = nn.Parameter(torch.zeros(vocab_size)) if settings.output_bias else None

    def encode(self, source: Int[Tensor, "batch position"], layout: Layout) -> RecurrentMemory:
        """Reads source sentences in both directions.

        Raises:
            ShapeError: rows hold several sentences, which would run into each other.
        """
        if layout.is_packed:
            raise ShapeError(
                "a recurrent network reads one sentence per row, but rows hold several; leave training.packed_width out"
            )
        if not self.settings.padding_mask:
            layout = Layout((layout.width,) * layout.num_rows, layout.width)
        places = backwards(layout, device=source.device)
        vectors = self._embed(self.source_tokens, source)
        for layer in self.encoder:
            vectors = layer(vectors, places)
        return RecurrentMemory(vectors, layout)

    def start(self, memory: RecurrentMemory, *, copies: int = 1) -> RecurrentState:
        """Opens a decoding state from what both directions knew at their ends."""
        state = self._start(memory, num_queries=1)
        if copies == 1:
            return state
        rows = torch.arange(memory.states.shape[0], device=memory.states.device)
        return replace(state.select(rows.repeat_interleave(copies)), copies=copies)

    def step(
        self, state: RecurrentState, tokens: Int[Tensor, " row"]
    ) -> tuple[Float[Tensor, "row vocab"], RecurrentState]:
        """Appends one token to each row."""
        vectors, state = self._decode(self._embed(self.target_tokens, tokens[:, None]), state)
        return self.logits(vectors[:, 0]), state

    def features(
        self,
        source: Int[Tensor, "batch source_position"],
        source_layout: Layout,
        target: Int[Tensor, "batch target_position"],
        target_layout: Layout,
    ) -> Float[Tensor, "batch target_position model"]:
        """The readout at every target position."""
        memory = self.encode(source, source_layout)
        embedded = self._embed(self.target_tokens, target)
        if not embedded.shape[1]:
            return embedded
        if not self.settings.input_feeding:
            return self._decode(embedded, self._start(memory, num_queries=target.shape[1]))[0]
        state, readouts = self._start(memory, num_queries=1), []
        for word in torch.split(embedded, 1, dim=1):
            readout, state = self._decode(word, state)
            readouts.append(readout)
        return torch.cat(readouts, dim=1)

    def logits(self, vectors: Float[Tensor, "... model"]) -> Float[Tensor, "... vocab"]:
        """Scores of every piece being next."""
        raw = self.target_tokens.logits(vectors) if self.output is None else self.output(vectors)
        return raw if self.output_bias is None else raw + self.output_bias.to(raw.dtype)

    def attentions(self) -> dict[str, HeadCore]:
        """The one attention there is, asked by the lowest layer."""
        return {"decoder.0.cross": self.cross.core}

    def _embed(self, tokens: Embedding, ids: Tensor) -> Tensor:
        factor = self.settings.model_dim**0.5 if self.settings.scale_embeddings else 1.0
        return self.dropout((tokens(ids) * factor).to(self.dtype))

    def _start(self, memory: RecurrentMemory, *, num_queries: int) -> RecurrentState:
        batch, width, _ = memory.states.shape
        device, settings = memory.states.device, self.settings
        mask: Mask = Padding(memory.layout) if settings.padding_mask else Everything()
        begun = torch.tanh(self.bridge(self._ends(memory)))
        parts = begun.chunk(settings.decoder_layers * self.num_states, dim=-1)
        carried = tuple(part.to(torch.promote_types(part.dtype, torch.float32)) for part in parts)
        layers = (carried[at : at + self.num_states] for at in range(0, len(carried), self.num_states))
        return RecurrentState(
            layers=tuple(layers),
            fed=memory.states.new_zeros(batch, settings.model_dim),
            memory=self.cross.remember(memory.states),
            memory_view=mask.view(num_queries, width, device=device),
        )

    def _ends(self, memory: RecurrentMemory) -> Tensor:
        """The encoder's last state of each direction: at the last real word and at the first; 0 without words."""
        half = self.settings.recurrent_dim // 2
        if not memory.states.shape[1]:
            return memory.states.new_zeros(memory.states.shape[0], 2 * half)
        last = torch.tensor([max(length - 1, 0) for length in memory.layout.lengths], dtype=torch.long)
        last = last.to(memory.states.device)
        rows = torch.arange(len(last), device=last.device)
        ends = torch.cat((memory.states[rows, last, :half], memory.states[:, 0, half:]), dim=-1)
        if 0 not in memory.layout.lengths:
            return ends
        empty = torch.tensor([length == 0 for length in memory.layout.lengths], device=last.device)
        return ends.masked_fill(empty[:, None], 0)

    def _decode(self, words: Tensor, state: RecurrentState) -> tuple[Tensor, RecurrentState]:
        lowest, *further = self.decoder
        fed = torch.cat((words, state.fed[:, None]), dim=-1) if self.settings.input_feeding else words
        vectors, known = lowest(fed, state.layers[0])
        context = self.cross(vectors, state.memory, state.memory_view)
        layers = [known]
        for layer, before in zip(further, state.layers[1:], strict=True):
            deeper, known = layer(torch.cat((vectors, context), dim=-1), before)
            vectors = vectors + deeper
            layers.append(known)
        readout = self.readout(torch.cat((vectors, context, words), dim=-1))
        readout = self.dropout(torch.tanh(self.readout_norm(readout)))
        return readout, replace(state, layers=tuple(layers), fed=readout[:, -1] if readout.shape[1] else state.fed)
