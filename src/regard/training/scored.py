"""The vectors that targets are predicted from: those of real tokens only, since padding is not even scored."""

from typing import Any, Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.batches import Batch
from regard.models import TranslationModel

_SCORED_TOGETHER: Final = 64


def scored(
    model: TranslationModel[Any, Any], batch: Batch
) -> tuple[Float[Tensor, "picked model"], Int[Tensor, " token"]]:
    """A vector for each real target token, perhaps some more for a round number, and the targets themselves."""
    features = model.features(batch.source, batch.source_layout, batch.target_in, batch.target_layout).flatten(0, 1)
    # On the host, where the layout is: picking by a mask on a device would wait for the device to count.
    real = batch.target_layout.real().flatten().nonzero()[:, 0]
    picked = _rounded_up(real).to(features.device, non_blocking=True)
    return features.index_select(0, picked), batch.target_out.flatten().index_select(0, picked[: len(real)])


def _rounded_up(cells: Int[Tensor, " token"]) -> Int[Tensor, " picked"]:
    """The last cell again and again until their number is round: products are compiled for each shape they meet."""
    return torch.cat((cells, cells[-1:].expand(-len(cells) % _SCORED_TOGETHER)))
