"""Masks and attention: who may look at whom, and what comes of looking.

Enters: queries, keys and values of one attention, and a mask. Leaves: the steps scores, masked scores, weights and
context. Must not know: where queries come from, who owns parameters, how a picture of the steps is drawn.
"""

from regard.attention.core import AttentionPath, Steps, attend
from regard.attention.mask import Causal, Everything, Mask, Padding
from regard.attention.view import View

__all__ = ["AttentionPath", "Causal", "Everything", "Mask", "Padding", "Steps", "View", "attend"]
