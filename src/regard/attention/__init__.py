"""Masks and attention: who may look at whom, and what comes of looking.

Enters: queries, keys and values of one attention, and a mask. Leaves: the steps scores, masked scores, weights and
context. Must not know: where queries come from, who owns parameters, how a picture of the steps is drawn.
"""

from regard.attention.by_ancestry import Ancestry
from regard.attention.by_choice import Cell, SwitchedOff
from regard.attention.by_layout import Padding, Segments
from regard.attention.by_position import Prefix, Window
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
    "attend",
    "doctor",
    "intersection",
    "mask_svg",
    "mask_text",
    "parse_mask",
]
