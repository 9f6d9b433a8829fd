"""From settings to a network."""

from regard.models.interface import AnyModel
from regard.models.recurrent import RecurrentTranslator
from regard.models.transformer import Transformer
from regard.settings.model import ModelSettings


def build_model(settings: ModelSettings, vocab_size: int, *, seed: int = 0) -> AnyModel:
    """A network with fresh weights, drawn from PyTorch's generator; ``seed`` seeds its dropout."""
    kind = Transformer if settings.kind == "transformer" else RecurrentTranslator
    return kind(settings, vocab_size, seed=seed)
