"""From settings to a network."""

from regard.models.transformer import Transformer
from regard.settings.model import ModelSettings


def build_model(settings: ModelSettings, vocab_size: int, *, seed: int = 0) -> Transformer:
    """A network with fresh weights, drawn from PyTorch's generator; ``seed`` seeds its dropout."""
    return Transformer(settings, vocab_size, seed=seed)
