"""Forced decoding: how probable a translation is that is already known."""

from collections.abc import Sequence

from regard.batches.rectangle import rectangle
from regard.decoding.batched import plan_batches
from regard.decoding.choice import log_probabilities
from regard.decoding.hypothesis import Hypothesis
from regard.decoding.limits import check_source_lengths
from regard.decoding.opening import answering, device_of
from regard.errors import ShapeError
from regard.models.interface import MemoryT, StateT, TranslationModel
from regard.settings.decoding import DecodingSettings
from regard.text.control import BOS, EOS


def score_ids(
    model: TranslationModel[MemoryT, StateT],
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    settings: DecodingSettings,
) -> list[Hypothesis]:
    """Scores each target (ids without BOS and EOS; EOS is scored too) as a translation of its source.

    One pass over all positions, without search: what beam search found must come out with the score it had. An empty
    source has no translation but the empty one, as in search, and any target scores as ``Hypothesis.empty``.

    Raises:
        ShapeError: there are not as many targets as sources.
        TokenLimitError: a source has more than ``max_source_tokens``.
    """
    if len(sources) != len(targets):
        raise ShapeError(f"{len(sources)} sources and {len(targets)} targets are given; each source needs one target")
    check_source_lengths(sources, settings.max_source_tokens)
    scored = [Hypothesis.empty() for _ in sources]
    lengths = [max(len(source), len(target)) if source else 0 for source, target in zip(sources, targets, strict=True)]
    for batch in plan_batches(lengths, settings.batch_tokens):
        rows = _token_log_probabilities(model, [sources[s] for s in batch], [targets[s] for s in batch])
        for sentence, values in zip(batch, rows, strict=True):
            tokens = [*targets[sentence], EOS]
            scored[sentence] = Hypothesis.of(tokens, values, length_penalty=settings.length_penalty)
    return scored


def _token_log_probabilities(
    model: TranslationModel[MemoryT, StateT], sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
) -> list[list[float]]:
    device = device_of(model)
    source, source_layout = rectangle([[*ids, EOS] for ids in sources])
    inputs, layout = rectangle([[BOS, *ids] for ids in targets])
    outputs, _ = rectangle([[*ids, EOS] for ids in targets])
    with answering(model):
        logits = model.score(source.to(device), source_layout, inputs.to(device), layout)
        log_probs = log_probabilities(logits.flatten(0, 1))
        picked = log_probs.gather(1, outputs.to(device).view(-1, 1)).view(outputs.shape)
    return [row[:length] for row, length in zip(picked.tolist(), layout.lengths, strict=True)]
