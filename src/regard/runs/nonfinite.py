"""The batch that made training non-finite, kept for whoever wants to know why: RUN/nonfinite/step-N.json.

Each of several processes keeps its own pairs, in step-N.rank-R.json; what they conclude is about all of them.
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, final

import numpy as np
import torch
from torch import Tensor

from regard.batches import Batch, EncodedPairs, Ragged, make_batch
from regard.disk import write_text_aside
from regard.errors import MachineError
from regard.layout import Layout
from regard.models import AnyModel
from regard.text import Tokenizer
from regard.training import Processes, batch_loss


@final
@dataclass(frozen=True)
class Suspect:
    """A pair of such a batch; ``loss`` is nats per target token, of the pair alone and without dropout."""

    source: str
    target: str
    num_source_tokens: int
    num_target_tokens: int
    loss: float | None


def keep_batches(
    path: Path,
    batches: Sequence[Batch],
    message: str,
    *,
    model: AnyModel,
    tokenizer: Tokenizer,
    processes: Processes,
) -> str:
    """Writes the pairs of an update with the loss of each, the highest first; returns a sentence that says where.

    A loss that is not finite is written as null. That the disk is full is said instead of raised. All processes have to
    ask for it: the update's culprit may be in the share of any of them.
    """
    suspects = sorted(
        _suspects(batches, model, tokenizer), key=lambda one: -(math.inf if one.loss is None else one.loss)
    )
    record = {"message": message, "pairs": [asdict(suspect) for suspect in suspects]}
    problem = _written(_of_process(path, processes.rank) if processes.size > 1 else path, record)
    counts = processes.sum([float(sum(suspect.loss is None for suspect in suspects)), float(len(suspects))])
    if problem is not None:
        return f"Its sentence pairs could not be kept ({problem})"
    broken, total = map(int, counts)
    where = _of_process(path, "*") if processes.size > 1 else path
    return f"Its {total} sentence pairs are in {where}, {_hint(broken, total)}"


def _of_process(path: Path, rank: int | str) -> Path:
    return path.with_suffix(f".rank-{rank}{path.suffix}")


def _written(path: Path, record: dict[str, Any]) -> Exception | None:
    """What the system says if the record cannot be written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_aside(path, json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    except (OSError, MachineError) as error:
        return error
    return None


def _hint(broken: int, total: int) -> str:
    if broken == total:
        return "all of them non-finite by themselves: it is the weights that have become too large"
    if broken:
        return f"{broken} of them non-finite by themselves: look at these first"
    return "each of them finite by itself and without dropout: it is the size of the step, not a sentence"


def _suspects(batches: Sequence[Batch], model: AnyModel, tokenizer: Tokenizer) -> Iterator[Suspect]:
    model.eval()
    device = next(model.parameters()).device
    for source, target in (pair for batch in batches if not batch.is_idle for pair in _pairs(batch)):
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
