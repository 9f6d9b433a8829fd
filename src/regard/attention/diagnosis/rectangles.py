"""What padding and other sentences change: nothing."""

from typing import Final

import torch
from torch import Tensor

from regard.attention.diagnosis.finding import Finding, Place, judged
from regard.attention.diagnosis.influence import influence, largest
from regard.attention.diagnosis.patterns import open_to_all, padded, padding_that_shows
from regard.attention.diagnosis.subject import Subject
from regard.attention.diagnosis.weights import accused

_WIDTH: Final = 7
_REAL: Final = 4


def rounding(subject: Subject) -> float:
    """The most by which two ways to add up the same numbers may differ."""
    return 1e-9 if subject.dtype == torch.float64 else 1e-4


def padding_leak(subject: Subject) -> Finding:
    """What stands in the padding moves no real position: not by gradient, not by value."""
    inputs = subject.inputs(2, _WIDTH)
    allowed, real = padding_that_shows(subject.masks, _REAL, _WIDTH)
    leak, cell = largest(influence(subject, inputs, allowed), real[0][:, None] & ~real[0])
    by_value, position = _change(subject, inputs, allowed, real)
    query, key = cell if leak != 0 else (position, int((~real[0]).nonzero()[0]))
    return judged(
        "padding leak",
        measured=leak if leak != 0 else by_value,
        tolerance=0,
        good="no real position depends on what stands in the padding",
        bad=f"output {query} depends on the padding, for example at input {key}",
        place=accused(subject, inputs, allowed, (query, key), read=real),
        advice="hide padding keys in every layer and head, also where queries come from another sequence",
    )


def _change(subject: Subject, inputs: Tensor, allowed: Tensor, real: Tensor) -> tuple[float, int]:
    """By how much other numbers in the padding change the first sentence without gradients, and where."""
    changed = torch.where(real[..., None], inputs, 3 - 2 * inputs)
    with torch.no_grad():
        difference = subject(changed, allowed)[0] - subject(inputs, allowed)[0]
    size, index = largest(difference, real[0][:, None].expand_as(difference))
    return size, index[0]


def padding_width(subject: Subject) -> Finding:
    """A sentence gives the same with padding behind it as without."""
    inputs = subject.inputs(1, _WIDTH)
    with torch.no_grad():
        wide = subject(inputs, padded(subject.masks, (_REAL,), _WIDTH))[:, :_REAL]
        alone = subject(inputs[:, :_REAL], open_to_all(subject.masks, 1, _REAL))
    size, index = largest(wide - alone)
    return judged(
        "padding width",
        measured=size,
        tolerance=rounding(subject),
        good="a sentence gives the same with and without padding behind it",
        bad=f"{_WIDTH - _REAL} cells of padding change the output at position {index[1]}",
        place=Place(query=index[1]),
        advice="look for sums, means or norms over the whole row, and for positions that count the padding",
    )


def batch_independence(subject: Subject) -> Finding:
    """A sentence gives the same alone as among others."""
    lengths = (_REAL, _WIDTH, 2)
    inputs, allowed = subject.inputs(3, _WIDTH), padded(subject.masks, lengths, _WIDTH)
    with torch.no_grad():
        together = subject(inputs, allowed)
        alone = torch.cat([subject(inputs[row : row + 1], allowed[row : row + 1]) for row in range(3)])
    real = torch.arange(_WIDTH)[None, :, None] < torch.tensor(lengths)[:, None, None]
    size, index = largest(together - alone, real.expand_as(together))
    return judged(
        "batch = alone",
        measured=size,
        tolerance=rounding(subject),
        good="a sentence gives the same alone as among others",
        bad=f"sentence {index[0]} comes out differently among others than alone",
        place=Place(sentence=index[0], query=index[1]),
        advice="look for batch norm, for batch and position axes mixed up, and for a mask of the wrong sentence",
    )


def last_queries(subject: Subject, *, supported: bool) -> Finding:
    """With fewer queries than keys, as with a cache, the queries are the last positions, not the first."""
    name = "last queries"
    if not supported:
        explanation = "not asked: say last_queries=True if allowed may have fewer queries than keys, as with a cache"
        return Finding(name, "skip", explanation)
    inputs, allowed = subject.inputs(1, _WIDTH), open_to_all("causal", 1, _WIDTH)
    # Position by position, the row of each query put where it stands in the whole sentence.
    with torch.no_grad():
        whole = subject(inputs, allowed)
        last = [subject(inputs, allowed[:, :, -count:])[:, :1] for count in range(_WIDTH, 0, -1)]
    size, index = largest(torch.cat(last, dim=1) - whole)
    return judged(
        name,
        measured=size,
        tolerance=rounding(subject),
        good="the last queries alone give what they give among all",
        bad=f"the last {_WIDTH - index[1]} queries alone give something else than among all",
        place=Place(query=index[1]),
        advice="with fewer queries than keys a triangle must end in the last corner; is_causal begins in the first",
    )
