"""The masks that an examination hands out, as tensors; those a subject cannot honour are narrowed to ones it can."""

import torch
from jaxtyping import Bool
from torch import Tensor

from regard.attention.by_layout import Padding
from regard.attention.diagnosis.subject import MaskKind
from regard.attention.mask import Causal, Everything, Mask
from regard.layout import Layout


def as_tensor(mask: Mask, batch: int, length: int) -> Bool[Tensor, "batch 1 query key"]:
    """A mask written out for every sentence."""
    return mask.allowed(length, length).expand(batch, 1, length, length).clone()


def open_to_all(masks: MaskKind, batch: int, length: int) -> Bool[Tensor, "batch 1 query key"]:
    """Hides as little as the subject can: nothing, or the future alone."""
    return as_tensor(Causal() if masks == "causal" else Everything(), batch, length)


def padded(masks: MaskKind, lengths: tuple[int, ...], width: int) -> Bool[Tensor, "batch 1 query key"]:
    """Hides the keys behind the end of each sentence."""
    padding: Mask = Padding(Layout(lengths, width))
    return as_tensor(padding & Causal() if masks == "causal" else padding, len(lengths), width)


def padding_that_shows(
    masks: MaskKind, num_real: int, width: int
) -> tuple[Bool[Tensor, "2 1 query key"], Bool[Tensor, "2 position"]]:
    """A sentence that is padded, beside one that is not, and which of their positions are real.

    The padding stands behind the sentence, but before it where the future is always hidden: behind, nobody would look.
    """
    positions = torch.arange(width)
    padded_row = positions >= width - num_real if masks == "causal" else positions < num_real
    real = torch.stack((padded_row, torch.ones_like(padded_row)))
    return real[:, None, None, :] & open_to_all(masks, 2, width), real


def two_blocks(length: int) -> Bool[Tensor, "1 1 query key"]:
    """Two sentences in one row, neither of which sees the other."""
    first = torch.arange(length) < length // 2
    return (first[:, None] == first[None, :])[None, None]


def blinding(masks: MaskKind, length: int) -> Bool[Tensor, "batch 1 query key"]:
    """Leaves queries of the first of two sentences nothing to look at, in the way the subject can be told to."""
    allowed = open_to_all(masks, 2, length)
    if masks == "any":
        allowed[0, :, 2] = False  # one query is switched off
    elif masks == "padding":
        allowed[0] = False  # the sentence is empty
    else:
        allowed[0, :, :, :2] = False  # padding on the left: the future mask hides the rest from the first queries
    return allowed
