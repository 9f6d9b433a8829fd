"""What every search does first: read the sources, open a decoding state."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

import torch
from torch import nn

from regard.batches.rectangle import rectangle
from regard.models.interface import MemoryT, StateT, TranslationModel
from regard.text.control import EOS


def device_of(model: nn.Module) -> torch.device:
    """Where the model's weights lie; the CPU for a model without any."""
    first = next(chain(model.parameters(), model.buffers()), None)
    return torch.device("cpu") if first is None else first.device


def start_decoding(
    model: TranslationModel[MemoryT, StateT],
    sources: Sequence[Sequence[int]],
    *,
    copies: int = 1,
    width: int | None = None,
) -> StateT:
    """Encodes sentences of ids (EOS is added here) and opens a state of ``copies`` rows per sentence.

    ``width`` is that of the rectangle they lie in; as wide as the longest if not given.
    """
    ids, layout = rectangle([[*source, EOS] for source in sources], width=width)
    return model.start(model.encode(ids.to(device_of(model)), layout), copies=copies)


@contextmanager
def answering(model: nn.Module) -> Iterator[None]:
    """Dropout off and no gradients, for the time of a search; the parts that were in training go back to it."""
    # Each part has a mode of its own. Looking takes a tenth of a millisecond; telling all of them would take three.
    in_training = [part for part in model.modules() if part.training]
    _set_training(in_training, False)
    try:
        with torch.inference_mode():
            yield
    finally:
        _set_training(in_training, True)


def _set_training(parts: Sequence[nn.Module], is_training: bool) -> None:
    for part in parts:
        part.training = is_training
