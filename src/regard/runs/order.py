"""In which order and form a run's pairs are trained on: what the settings ask of the stream of batches."""

from collections.abc import Callable

from regard.batches import BatchStream, Concatenation, EncodedPairs
from regard.runs.machine import choose_device, has_idle_core
from regard.runs.recut import Recutting
from regard.settings import Settings
from regard.text import Tokenizer
from regard.training import Processes


def training_batches(
    pairs: EncodedPairs,
    tokenizer: Tokenizer,
    settings: Settings,
    processes: Processes,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> BatchStream:
    """The batches of a run, of which each process has its share; ``tell`` is told what takes longer than it should."""
    recut, training = None, settings.training
    if settings.text.sampling:
        alpha, limit = settings.text.sampling, settings.data.max_tokens
        ahead = has_idle_core(choose_device(training.device))
        recut = Recutting(tokenizer, alpha=alpha, seed=training.seed, max_tokens=limit, ahead=ahead, tell=tell)
    return BatchStream(
        pairs,
        budget=training.batch_tokens,
        seed=training.seed,
        packed_width=training.packed_width,
        recut=recut,
        concatenation=_concatenation(settings),
        share=(processes.rank, processes.size),
    )


def _concatenation(settings: Settings) -> Concatenation | None:
    data = settings.data
    return Concatenation(data.concatenate, data.max_tokens) if data.concatenate else None
