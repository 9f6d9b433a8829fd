"""A network's weights as the compiled file reads them: panels of sixteen outputs, and structures that point at them.

The structures mirror those of ``product.h`` and ``network.h``, field by field. They hold addresses alone; ``Packing``
keeps the tensors.
"""

import ctypes
import threading
from typing import Final, final

import torch
from jaxtyping import Float, Num
from torch import Tensor

from regard.errors import SettingsError
from regard.models.layers import Embedding, LayerNorm, Linear
from regard.models.multihead import CrossAttention, SelfAttention
from regard.models.products import EightBit
from regard.models.stack import DecoderLayer, EncoderLayer
from regard.models.transformer import Transformer

LANES: Final = 16
GRAIN: Final = 32
"""Inputs and outputs of products come in so many."""


class ProductPointers(ctypes.Structure):
    """``Product`` in product.h."""

    _fields_ = (
        ("weight", ctypes.c_void_p),
        ("factors", ctypes.c_void_p),
        ("bias", ctypes.c_void_p),
        ("inputs", ctypes.c_int64),
        ("outputs", ctypes.c_int64),
    )


class NormPointers(ctypes.Structure):
    """``Norm`` in arithmetic.h."""

    _fields_ = (("weight", ctypes.c_void_p), ("bias", ctypes.c_void_p), ("epsilon", ctypes.c_double))


class AttentionPointers(ctypes.Structure):
    """``Attention`` in network.h."""

    _fields_ = (("norm", NormPointers), ("project", ProductPointers), ("output", ProductPointers))


class LayerPointers(ctypes.Structure):
    """``Layer`` in network.h."""

    _fields_ = (
        ("itself", AttentionPointers),
        ("cross", AttentionPointers),
        ("memory", ProductPointers),
        ("norm", NormPointers),
        ("expand", ProductPointers),
        ("contract", ProductPointers),
    )


class NetworkPointers(ctypes.Structure):
    """``Network`` in network.h."""

    _fields_ = (
        ("vocab", ctypes.c_int64),
        ("dim", ctypes.c_int64),
        ("num_heads", ctypes.c_int64),
        ("hidden", ctypes.c_int64),
        ("is_pre_norm", ctypes.c_int64),
        ("is_swish", ctypes.c_int64),
        ("scale", ctypes.c_double),
        ("factor", ctypes.c_double),
        ("encoder_layers", ctypes.c_int64),
        ("decoder_layers", ctypes.c_int64),
        ("encoder", ctypes.POINTER(LayerPointers)),
        ("decoder", ctypes.POINTER(LayerPointers)),
        ("source_table", ctypes.c_void_p),
        ("target_table", ctypes.c_void_p),
        ("source_positions", ctypes.c_void_p),
        ("target_positions", ctypes.c_void_p),
        ("source_norm", NormPointers),
        ("target_norm", NormPointers),
        ("encoder_norm", NormPointers),
        ("decoder_norm", NormPointers),
        ("logits", ProductPointers),
        ("pieces", ctypes.c_void_p),
    )


@final
class Packing:
    """A network's weights, laid out.

    Args:
        network: ready for translating (``compute_in``) in float32, bfloat16 or int8, and of a kind that is compiled
            (``refuse_what_is_not_compiled``).
        with_tiles: whether products of bfloat16 go through tiles.
    """

    def __init__(self, network: Transformer, *, with_tiles: bool) -> None:
        self._memory = _Memory(in_pairs=with_tiles and network.numbers == "bfloat16")
        self._reached = 0
        self._reaching = threading.Lock()
        self.pointers = self._network(network)

    def reach(self, network: Transformer, end: int) -> None:
        """Sees to it that positions up to ``end`` have a vector.

        Raises:
            ShapeError: a learned table is shorter.
        """
        with self._reaching:  # of two threads, the one that needs less must not put its tables in place of longer ones
            if end <= self._reached:
                return
            reached = max(end, network.max_positions or 2 * end)
            tables = [each.positions(reached) for each in (network.source_embedding, network.target_embedding)]
            # Another thread may still read from shorter ones, which are kept.
            found = [None if table is None else self._memory.address(table.detach().float()) for table in tables]
            self.pointers.source_positions, self.pointers.target_positions = found
            self._reached = reached

    def _network(self, network: Transformer) -> NetworkPointers:
        settings, target = network.settings, network.target_embedding
        core = next(iter(network.attentions().values()))
        output = target.tokens if network.output is None else network.output
        return NetworkPointers(
            vocab=network.vocab_size,
            dim=settings.model_dim,
            num_heads=settings.num_heads,
            hidden=settings.feedforward_dim,
            is_pre_norm=settings.norm == "pre",
            is_swish=settings.feedforward == "swish",
            scale=core.scale,
            factor=target.factor,
            encoder_layers=len(network.encoder),
            decoder_layers=len(network.decoder),
            encoder=self._memory.layers([self._encoder_layer(layer) for layer in network.encoder]),  # type: ignore[arg-type]
            decoder=self._memory.layers([self._decoder_layer(layer) for layer in network.decoder]),  # type: ignore[arg-type]
            source_table=self._memory.address(network.source_embedding.tokens.weight),
            target_table=self._memory.address(target.tokens.weight),
            source_norm=self._memory.norm(network.source_embedding.norm),
            target_norm=self._memory.norm(target.norm),
            encoder_norm=self._memory.norm(network.encoder_norm),
            decoder_norm=self._memory.norm(network.decoder_norm),
            logits=self._memory.product(output, network.output_bias),
            pieces=self._memory.address(_weight_of(output)[0]),
        )

    def _encoder_layer(self, layer: EncoderLayer) -> LayerPointers:
        return LayerPointers(
            itself=self._attention(layer.attention, layer.around_attention.norm), **self._feedforward(layer)
        )

    def _decoder_layer(self, layer: DecoderLayer) -> LayerPointers:
        return LayerPointers(
            itself=self._attention(layer.attention, layer.around_attention.norm),
            cross=self._attention(layer.cross, layer.around_cross.norm),
            memory=self._memory.product(layer.cross.project_memory),
            **self._feedforward(layer),
        )

    def _attention(self, attention: SelfAttention | CrossAttention, norm: LayerNorm) -> AttentionPointers:
        project = attention.project if isinstance(attention, SelfAttention) else attention.project_query
        return AttentionPointers(
            norm=self._memory.norm(norm),
            project=self._memory.product(project),
            output=self._memory.product(attention.output),
        )

    def _feedforward(self, layer: EncoderLayer | DecoderLayer) -> dict[str, ctypes.Structure]:
        assert layer.feedforward is not None
        assert layer.around_feedforward is not None
        return {
            "norm": self._memory.norm(layer.around_feedforward.norm),
            "expand": self._memory.product(layer.feedforward.expand),
            "contract": self._memory.product(layer.feedforward.contract),
        }


@final
class _Memory:
    """Tensors that stay where they are as long as this is kept, and their addresses."""

    def __init__(self, *, in_pairs: bool) -> None:
        self.in_pairs = in_pairs
        self._kept: list[object] = []

    def product(self, layer: Linear | Embedding, bias: Tensor | None = None) -> ProductPointers:
        """A layer laid out."""
        bias = layer.bias if isinstance(layer, Linear) and bias is None else bias
        weight, factors = _weight_of(layer)
        panels = in_panels(weight, in_pairs=self.in_pairs)
        return ProductPointers(
            self.address(panels), self.wide(factors), self.wide(bias), weight.shape[1], len(panels) * LANES
        )

    def layers(self, layers: list[LayerPointers]) -> "ctypes.Array[LayerPointers]":
        """Structures, one behind the other."""
        array = (LayerPointers * len(layers))(*layers)
        self._kept.append(array)
        return array

    def norm(self, norm: LayerNorm | None) -> NormPointers:
        """A norm; nothing of it where there is none."""
        if norm is None:
            return NormPointers()
        return NormPointers(self.wide(norm.weight), self.wide(norm.bias), norm.epsilon)

    def wide(self, vector: Float[Tensor, " output"] | None) -> int | None:
        """The address of a float32 copy that is filled up with zeros."""
        if vector is None:
            return None
        missing = -len(vector) % GRAIN
        return self.address(torch.nn.functional.pad(vector.detach().float(), (0, missing)))

    def address(self, tensor: Tensor) -> int:
        """Where a tensor lies."""
        kept = tensor.detach().contiguous()
        self._kept.append(kept)
        return kept.data_ptr()


def _weight_of(layer: Linear | Embedding) -> tuple[Num[Tensor, "output input"], Float[Tensor, " output"] | None]:
    """What a layer multiplies by, and the factors of its outputs."""
    return layer.product.eight_bits if isinstance(layer.product, EightBit) else (layer.weight.detach(), None)


def in_panels(weight: Num[Tensor, "output input"], *, in_pairs: bool) -> Tensor:
    """Sixteen outputs side by side: (panel, input, 16), or (panel, input / 2, 16, 2) where inputs go in pairs."""
    outputs, inputs = weight.shape
    whole = torch.nn.functional.pad(weight, (0, 0, 0, -outputs % GRAIN))
    if in_pairs:
        return whole.view(-1, LANES, inputs // 2, 2).transpose(1, 2).contiguous()
    return whole.view(-1, LANES, inputs).transpose(1, 2).contiguous()


def refuse_what_is_not_compiled(network: Transformer) -> None:
    """Raises ``SettingsError`` if the network has a part that only PyTorch computes; the message names all of them."""
    settings = network.settings
    wrong = {
        "positions = 'rotary'": settings.positions == "rotary",
        "qk_norm": settings.qk_norm,
        f"feedforward = {settings.feedforward!r}": settings.feedforward not in ("relu", "swish"),
        "model_dim, or feedforward_dim, which is no multiple of 32": bool(
            settings.model_dim % GRAIN or settings.feedforward_dim % GRAIN
        ),
        "heads whose size is no multiple of 16": bool(settings.head_dim % LANES),
        "padding_mask = false": not settings.padding_mask,
        f"computing in {network.numbers or network.dtype}": network.numbers not in ("float32", "bfloat16", "int8"),
        "weights on another device than the CPU": next(network.parameters()).device.type != "cpu",
    }
    if found := [reason for reason, is_there in wrong.items() if is_there]:
        raise SettingsError(f"this network is not compiled because of {', '.join(found)}")
