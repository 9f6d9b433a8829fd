"""The Transformer: ``decode(encode(source))`` (Vaswani et al. 2017).

The same modules train (``score``: all target positions at once, under a causal mask) and translate (``step``: one
position, with the keys and values of earlier ones remembered). Step t computes row t of what ``score`` computes.
"""

from dataclasses import dataclass, replace
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from regard.attention import Causal, Everything, Mask, Padding, Segments, View
from regard.attention.lineage import Lineage
from regard.errors import ShapeError
from regard.layout import Layout
from regard.models.embedding import InputEmbedding
from regard.models.interface import StepWithin, TranslationModel
from regard.models.layers import Embedding, LayerNorm, Linear
from regard.models.multihead import HeadCore, KeyValues, Places
from regard.models.noise import Noise
from regard.models.products import product_of_rows
from regard.models.stack import DecoderLayer, EncoderLayer
from regard.settings.model import ModelSettings


@final
@dataclass(frozen=True, eq=False)
class Memory:
    """The encoder's vectors, and which of their rows' cells are real."""

    vectors: Float[Tensor, "batch position model"]
    layout: Layout


@final
@dataclass(frozen=True, eq=False)
class TransformerState:
    """What the decoder remembers between two steps: one clock, and keys and values per layer.

    The rows of a sentence look at one memory, and write into one cache; where they are several, ``lineage`` says which
    of its cells are a row's own past. So nothing is copied when rows go on from other rows.
    """

    position: int
    past: tuple[KeyValues | None, ...]
    memory: tuple[KeyValues, ...]
    memory_view: View
    lineage: Lineage | None = None

    def select(self, sentences: Int[Tensor, " picked"]) -> "TransformerState":
        """The state of some sentences, in the given order."""
        return replace(
            self,
            past=tuple(None if layer is None else layer.select(sentences) for layer in self.past),
            memory=tuple(layer.select(sentences) for layer in self.memory),
            memory_view=self.memory_view.select(sentences),
            lineage=None if self.lineage is None else self.lineage.select(sentences),
        )

    def follow(self, parents: Int[Tensor, "sentence row"]) -> "TransformerState":
        """Each row goes on from a row of its sentence."""
        return self if self.lineage is None else replace(self, lineage=self.lineage.follow(parents))


@final
class Transformer(TranslationModel[Memory, TransformerState]):
    """Encoder and decoder of the given settings over one joint vocabulary."""

    def __init__(self, settings: ModelSettings, vocab_size: int, *, seed: int = 0) -> None:
        super().__init__()
        self.settings = settings
        self.vocab_size = vocab_size
        self.max_positions = settings.max_length if settings.positions == "learned" else None
        self.noise = noise = Noise(seed)
        target = Embedding(vocab_size, settings.model_dim)
        source = target if settings.tied_embeddings == "all" else Embedding(vocab_size, settings.model_dim)
        self.source_embedding = InputEmbedding(source, settings, noise)
        self.target_embedding = InputEmbedding(target, settings, noise)
        self.encoder = nn.ModuleList(EncoderLayer(settings, noise) for _ in range(settings.encoder_layers))
        self.decoder = nn.ModuleList(DecoderLayer(settings, noise) for _ in range(settings.decoder_layers))
        pre = settings.norm == "pre"
        self.encoder_norm = LayerNorm(settings.model_dim) if pre else None
        self.decoder_norm = LayerNorm(settings.model_dim) if pre else None
        untied = settings.tied_embeddings == "none"
        self.output = Linear(settings.model_dim, vocab_size, bias=False) if untied else None
        self.output_bias = nn.Parameter(torch.zeros(vocab_size)) if settings.output_bias else None

    def encode(self, source: Int[Tensor, "batch position"], layout: Layout) -> Memory:
        """Reads source sentences into one vector per token."""
        width = source.shape[1]
        view = self._own(layout).view(width, width, device=source.device)
        places = _places(layout, source.device)
        vectors = self.source_embedding(source, dtype=self.dtype, places=places)
        for layer in self.encoder:
            vectors = layer(vectors, view, places=places)
        return Memory(vectors if self.encoder_norm is None else self.encoder_norm(vectors), layout)

    def start(self, memory: Memory, *, copies: int = 1) -> TransformerState:
        """Opens a decoding state; the source's keys and values are computed, and those of padding blanked, here, once.

        Raises:
            ShapeError: rows of the source hold several sentences, which is for training.
        """
        if memory.layout.is_packed:
            raise ShapeError("decoding reads one sentence per row, but the source's rows hold several; unpack them")
        num_sentences, width, _ = memory.vectors.shape
        device = memory.vectors.device
        view = self._padding(memory.layout).view(copies, width, device=device)
        return TransformerState(
            position=0,
            past=(None,) * len(self.decoder),
            memory=tuple(KeyValues(view.blank(one.keys), view.blank(one.values)) for one in self._remember(memory)),
            memory_view=replace(view.of_blanked(), beams=copies),
            lineage=None if copies == 1 else Lineage.at_start(num_sentences, copies, device=device),
        )

    def step(
        self, state: TransformerState, tokens: Int[Tensor, " row"]
    ) -> tuple[Float[Tensor, "row vocab"], TransformerState]:
        """Appends one token to each row; row ``state.position`` of the full causal mask applies.

        Rows of one sentence ask side by side, each seeing its own past.
        """
        vectors, state = self._advance(state, tokens)
        return self.logits(vectors), state

    def step_within(self, pieces: Int[Tensor, "sentence candidate"]) -> StepWithin[TransformerState]:
        """A step that scores the pieces of all sentences, and gives each row those of its own."""
        every, places = torch.unique(pieces, return_inverse=True)
        layer = self.target_embedding.tokens if self.output is None else self.output
        bias = None if self.output_bias is None else self.output_bias[every]
        product = product_of_rows(layer.weight, layer.product, every)

        def step(state: TransformerState, tokens: Tensor, sentences: Tensor) -> tuple[Tensor, TransformerState]:
            vectors, state = self._advance(state, tokens)
            logits = product(vectors) if bias is None else product(vectors) + bias.to(vectors.dtype)
            own = places[sentences].repeat_interleave(len(tokens) // len(sentences), dim=0)
            return logits.gather(1, own), state

        return step

    def _advance(
        self, state: TransformerState, tokens: Int[Tensor, " row"]
    ) -> tuple[Float[Tensor, "row model"], TransformerState]:
        position, lineage = state.position, None if state.lineage is None else state.lineage.written()
        if lineage is None:
            view = Causal().view(1, position + 1, first_query=position, device=tokens.device)
            vectors, past = self._decode(tokens[:, None], view, state)
        else:
            vectors, past = self._decode(tokens.view(-1, lineage.beam_size), lineage.view(), state)
        return vectors.flatten(0, 1), replace(state, position=position + 1, past=past, lineage=lineage)

    def features(
        self,
        source: Int[Tensor, "batch source_position"],
        source_layout: Layout,
        target: Int[Tensor, "batch target_position"],
        target_layout: Layout,
    ) -> Float[Tensor, "batch target_position model"]:
        """The decoder's last vectors at every target position, in one pass.

        Where rows hold several sentences, each sees itself alone: the n-th of a target row the n-th of the source row.
        """
        memory = self.encode(source, source_layout)
        length, device = target.shape[1], target.device
        future = Causal() if self.settings.future_mask else Everything()
        across = Segments(source_layout, queries=target_layout) if source_layout.is_packed else Everything()
        state = TransformerState(
            position=0,
            past=(None,) * len(self.decoder),
            memory=self._remember(memory),
            memory_view=(across & self._padding(source_layout)).view(length, source.shape[1], device=device),
        )
        view = (future & self._own(target_layout)).view(length, length, device=device)
        return self._decode(target, view, state, _places(target_layout, device))[0]

    def logits(self, vectors: Float[Tensor, "... model"]) -> Float[Tensor, "... vocab"]:
        """Scores of every piece being next."""
        raw = self.target_embedding.tokens.logits(vectors) if self.output is None else self.output(vectors)
        return raw if self.output_bias is None else raw + self.output_bias.to(raw.dtype)

    def attentions(self) -> dict[str, HeadCore]:
        """Every attention by its name."""
        places = [("encoder", "attention", "self"), ("decoder", "attention", "self"), ("decoder", "cross", "cross")]
        return {
            f"{stack}.{number}.{name}": layer.get_submodule(part).core  # type: ignore[misc]
            for stack, part, name in places
            for number, layer in enumerate(self.get_submodule(stack).children())
        }

    def _decode(
        self, target: Tensor, view: View, state: TransformerState, places: Places = None
    ) -> tuple[Tensor, tuple[KeyValues, ...]]:
        first, abreast = state.position, state.lineage is not None
        vectors = self.target_embedding(target, dtype=self.dtype, first=first, places=places, abreast=abreast)
        if abreast:
            places = torch.full((1, target.shape[1]), first, device=target.device)
        known = []
        for layer, memory, past in zip(self.decoder, state.memory, state.past, strict=True):
            if self._leaves_out_a_layer():
                continue
            vectors, keys_and_values = layer(vectors, view, memory, state.memory_view, past, first=first, places=places)
            known.append(keys_and_values)
        return (vectors if self.decoder_norm is None else self.decoder_norm(vectors)), tuple(known)

    def _leaves_out_a_layer(self) -> bool:
        """Drawn for each decoder layer of each training batch (Fan et al. 2020); never when translating."""
        probability = self.settings.decoder_layer_drop
        return self.training and probability > 0 and self.noise.uniform() < probability

    def _remember(self, memory: Memory) -> tuple[KeyValues, ...]:
        return tuple(layer.cross.remember(memory.vectors) for layer in self.decoder)  # type: ignore[union-attr, operator]

    def _own(self, layout: Layout) -> Mask:
        """What a token may look at in its own row: real tokens of its own sentence."""
        return (Segments(layout) if layout.is_packed else Everything()) & self._padding(layout)

    def _padding(self, layout: Layout) -> Mask:
        return Padding(layout) if self.settings.padding_mask else Everything()


def _places(layout: Layout, device: torch.device) -> Places:
    """Positions begin anew with each sentence of a row; None where each row is one sentence."""
    return layout.positions(device=device) if layout.is_packed else None
