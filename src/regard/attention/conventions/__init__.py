"""Masks as other libraries write them, turned into ours (True = may look) and back.

==========================  =====================================================================================
convention                  what it says
==========================  =====================================================================================
``multihead``               ``nn.MultiheadAttention``: True, or minus infinity, = *ignore*
``sdpa``                    ``scaled_dot_product_attention``: True = *keep*, or minus infinity = ignore
``hugging_face_2d``         (batch, key) of integers: 1 = keep, 0 = ignore
``hugging_face_4d``         (batch, head, query, key) to be added: 0 = keep, the least number of the type = ignore
lengths                     so many keys of each row are real, from the left
``block_mask``              FlexAttention's
==========================  =====================================================================================

Ours is always (batch, mask_heads, query, key); ``attend`` takes it as ``View.of(allowed)``. What cannot be read without
guessing is refused with a word on how to say it.
"""

from regard.attention.conventions.block_mask import allowed_from_block_mask, block_mask_from_allowed
from regard.attention.conventions.hugging_face import (
    allowed_from_hugging_face_2d,
    allowed_from_hugging_face_4d,
    hugging_face_2d_from_allowed,
    hugging_face_4d_from_allowed,
)
from regard.attention.conventions.lengths import lengths_from_allowed, padding_from_lengths
from regard.attention.conventions.multihead import allowed_from_multihead, multihead_from_allowed
from regard.attention.conventions.sdpa import allowed_from_sdpa, sdpa_from_allowed

__all__ = [
    "allowed_from_block_mask",
    "allowed_from_hugging_face_2d",
    "allowed_from_hugging_face_4d",
    "allowed_from_multihead",
    "allowed_from_sdpa",
    "block_mask_from_allowed",
    "hugging_face_2d_from_allowed",
    "hugging_face_4d_from_allowed",
    "lengths_from_allowed",
    "multihead_from_allowed",
    "padding_from_lengths",
    "sdpa_from_allowed",
]
