"""Gives a network compiled kernels to train with; what they compute, its modules compute without them too."""

from regard.kernels import Kernels
from regard.models.embedding import InputEmbedding
from regard.models.interface import AnyModel, TranslationModel
from regard.models.layers import LayerNorm, Linear
from regard.models.multihead import HeadCore
from regard.models.noise import Dropout


def use_kernels(model: AnyModel, kernels: Kernels | None) -> None:
    """Lets every part that knows how take its kernel while training; none does with None."""
    for module in model.modules():
        if isinstance(module, (TranslationModel, InputEmbedding, LayerNorm, Linear, HeadCore, Dropout)):
            module.kernels = kernels
