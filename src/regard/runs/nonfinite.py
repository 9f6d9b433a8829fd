"""The batch that made training non-finite, kept for whoever wants to know why: RUN/nonfinite/step-N.json."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import final

import numpy as np
import torch
from torch import Tensor

from regard.batches import Batch, EncodedPairs, Ragged, make_batch
from regard.disk import write_text_aside
from regard.errors import MachineError
from regard.layout import Layout
from regard.models import AnyModel
from regard.text import Tokenizer
from regard.training import batch_loss


@final
@dataclass(frozen=True)
class Suspect:
    """A pair of such a batch; ``loss`` is nats per target token, of the pair alone and without dropout."""

    source: str
    target: str
    num_source_tokens: int
    num_target_tokens: int
    loss: float | None


def keep_batches(path: Path, batches: Sequence[Batch], message: str, *, model: AnyModel, tokenizer: Tokenizer) -> str:
    """Writes the pairs of an update with the loss of each, the highest first; returns a sentence that says where.

    A loss that is not finite is written as null. That the disk is full is said instead of raised.
    """
    suspects = sorted(
        _suspects(batches, model, tokenizer), key=lambda one: -(math.inf if one.loss is None else one.loss)
    )
    record = {"message": message, "pairs": [asdict(suspect) for suspect in suspects]}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_aside(path, json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    except (OSError, MachineError) as error:
        return f"Its sentence pairs could not be kept ({error})"
    return f"Its {len(suspects)} sentence pairs are in {path}, {_hint(suspects)}"


def _hint(suspects: Sequence[Suspect]) -> str:
    broken = sum(suspect.loss is None for suspect in suspects)
    if broken == len(suspects):
        return "all of them non-finite by themselves: it is the weights that have become too large"
    if broken:
        return f"{broken} of them non-finite by themselves: look at these first"
    return "each of them finite by itself and without dropout: it is the size of the step, not a sentence"


def _suspects(batches: Sequence[Batch], model: AnyModel, tokenizer: Tokenizer) -> Iterator[Suspect]:
    model.eval()
    device = next(model.parameters()).device
    for source, target in (pair for batch in batches for pair in _pairs(batch)):
        alone = EncodedPairs(Ragged.of([source]), Ragged.of([target]))
        batch = make_batch(alone, np.array([0])).to(device)
        with torch.no_grad():  # around the call, not the function: what yields comes back outside a decorator
            loss = float(batch_loss(model, batch, smoothing=0.0)) / batch.num_target_tokens
        texts = tokenizer.decode(source), tokenizer.decode(target)
        yield Suspect(*texts, len(source), len(target), loss if math.isfinite(loss) else None)


def _pairs(batch: Batch) -> Iterator[tuple[list[int], list[int]]]:
    """The ids of each pair, without the control tokens at their ends."""
    sources, targets = _sentences(batch.source, batch.source_layout), _sentences(batch.target_out, batch.target_layout)
    for source, target in zip(sources, targets, strict=True):
        yield source[:-1], target[:-1]


def _sentences(ids: Tensor, layout: Layout) -> Iterator[list[int]]:
    segments = layout.segments or tuple((length,) for length in layout.lengths)
    for row, lengths in zip(ids.tolist(), segments, strict=True):
        for start, stop in pairwise(accumulate(lengths, initial=0)):
            yield row[start:stop]
