"""Masks and attention: who may look at whom, and what comes of looking.

Enters: queries, keys and values of one attention, and a mask. Leaves: the steps scores, masked scores, weights and
context. Must not know: where queries come from, who owns parameters, how a picture of the steps is drawn.
"""

from regard.attention.by_ancestry import Ancestry
from regard.attention.by_choice import Cell, SwitchedOff
from regard.attention.by_layout import Padding, Segments
from regard.attention.by_position import Prefix, Window
from regard.attention.conventions import (
    allowed_from_block_mask,
    allowed_from_hugging_face_2d,
    allowed_from_hugging_face_4d,
    allowed_from_multihead,
    allowed_from_sdpa,
    block_mask_from_allowed,
    hugging_face_2d_from_allowed,
    hugging_face_4d_from_allowed,
    lengths_from_allowed,
    multihead_from_allowed,
    padding_from_lengths,
    sdpa_from_allowed,
)
from regard.attention.core import AttentionPath, Steps, attend
from regard.attention.diagnosis import Diagnosis, Finding, Place, doctor
from regard.attention.drawing import mask_svg, mask_text
from regard.attention.expression import parse_mask
from regard.attention.intersection import intersection
from regard.attention.mask import Causal, Everything, Mask
from regard.attention.reason import Reason
from regard.attention.view import View

__all__ = [
    "Ancestry",
    "AttentionPath",
    "Causal",
    "Cell",
    "Diagnosis",
    "Everything",
    "Finding",
    "Mask",
    "Padding",
    "Place",
    "Prefix",
    "Reason",
    "Segments",
    "Steps",
    "SwitchedOff",
    "View",
    "Window",
    "allowed_from_block_mask",
    "allowed_from_hugging_face_2d",
    "allowed_from_hugging_face_4d",
    "allowed_from_multihead",
    "allowed_from_sdpa",
    "attend",
    "block_mask_from_allowed",
    "doctor",
    "hugging_face_2d_from_allowed",
    "hugging_face_4d_from_allowed",
    "intersection",
    "lengths_from_allowed",
    "mask_svg",
    "mask_text",
    "multihead_from_allowed",
    "padding_from_lengths",
    "parse_mask",
    "sdpa_from_allowed",
]
