"""Modules with weights: the Transformer behind the one interface every translation model has.

Enters: ids and layouts. Leaves: logits. Must not know: text, search, how weights change, how attention is drawn.
"""

from regard.models.build import build_model
from regard.models.ensemble import Ensemble
from regard.models.interface import AnyModel, DecodingState, TranslationModel
from regard.models.lora import add_low_rank, merged_state
from regard.models.noise import Noise
from regard.models.parts import weights_in
from regard.models.precision import compute_in
from regard.models.products import NUMBERS, Numbers, fastest_numbers
from regard.models.recurrent import RecurrentTranslator
from regard.models.transformer import Transformer
from regard.models.weights import load_weights, weights_of

__all__ = [
    "NUMBERS",
    "AnyModel",
    "DecodingState",
    "Ensemble",
    "Noise",
    "Numbers",
    "RecurrentTranslator",
    "Transformer",
    "TranslationModel",
    "add_low_rank",
    "build_model",
    "compute_in",
    "fastest_numbers",
    "load_weights",
    "merged_state",
    "weights_in",
    "weights_of",
]
