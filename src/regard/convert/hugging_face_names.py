"""Which weight of ours is called what in the transformers library's Marian and Pegasus networks.

Both networks are the same but for where the norms stand: Marian's come after each block (post-norm), Pegasus' before
it, with one more at the end of each stack (pre-norm). Their tables of positions are stored like weights.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

from regard.settings import ModelSettings

_PRODUCTS: Final = (
    ("self_attn.q_proj", "attention.project", 0, 3),
    ("self_attn.k_proj", "attention.project", 1, 3),
    ("self_attn.v_proj", "attention.project", 2, 3),
    ("self_attn.out_proj", "attention.output", 0, 1),
    ("fc1", "feedforward.expand", 0, 1),
    ("fc2", "feedforward.contract", 0, 1),
)
_CROSS_PRODUCTS: Final = (
    ("encoder_attn.q_proj", "cross.project_query", 0, 1),
    ("encoder_attn.k_proj", "cross.project_memory", 0, 2),
    ("encoder_attn.v_proj", "cross.project_memory", 1, 2),
    ("encoder_attn.out_proj", "cross.output", 0, 1),
)
_NORMS: Final = (
    ("self_attn_layer_norm", "around_attention.norm", 0, 1),
    ("final_layer_norm", "around_feedforward.norm", 0, 1),
)
_CROSS_NORMS: Final = (("encoder_attn_layer_norm", "around_cross.norm", 0, 1),)


@final
@dataclass(frozen=True)
class Place:
    """Where one weight stands on both sides: theirs is part ``part`` of ``parts`` of ours, along its first axis."""

    theirs: str
    ours: str
    part: int = 0
    parts: int = 1


def layer_places(network: ModelSettings) -> Iterator[Place]:
    """The weights and biases of all layers, and the norms behind them."""
    for stack, count in (("encoder", network.encoder_layers), ("decoder", network.decoder_layers)):
        rows = [*_PRODUCTS, *_NORMS, *((*_CROSS_PRODUCTS, *_CROSS_NORMS) if stack == "decoder" else ())]
        for number in range(count):
            for theirs, ours, part, parts in rows:
                for kind in ("weight", "bias"):
                    yield Place(
                        f"model.{stack}.layers.{number}.{theirs}.{kind}", f"{stack}.{number}.{ours}.{kind}", part, parts
                    )
        if network.norm == "pre":
            yield from (
                Place(f"model.{stack}.layer_norm.{kind}", f"{stack}_norm.{kind}") for kind in ("weight", "bias")
            )
