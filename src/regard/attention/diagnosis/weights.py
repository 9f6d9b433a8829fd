"""The weights, where an adapter returns them: they name the layer and the head that looks where it may not."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from regard.attention.diagnosis.finding import Finding, Place, severity
from regard.attention.diagnosis.influence import largest
from regard.attention.diagnosis.patterns import open_to_all, padded
from regard.attention.diagnosis.subject import Subject
from regard.errors import ShapeError

_LENGTH: Final = 7
_REAL: Final = 4
_SUMS: Final = 1e-5  # many compute the softmax in float32 whatever the type of the model


def accused(
    subject: Subject, inputs: Tensor, allowed: Tensor, cell: tuple[int, int], *, read: Tensor | None = None
) -> Place:
    """The first layer and head that look at a hidden key; without weights that can be read, the cell alone.

    ``read`` says which queries count (batch, query); all if not given.
    """
    with torch.no_grad():
        _, found = subject.both(inputs, allowed)
    try:
        layers = _by_layer(found, allowed)
    except ShapeError:  # which the check of the weights tells
        layers = {}
    for number, weights in layers.items():
        size, place = _forbidden(weights, allowed if read is None else allowed | ~read[:, None, :, None])
        if size != 0:
            return _named(place, number, layers)
    return Place(query=cell[0], key=cell[1])


def _by_layer(found: object, allowed: Tensor) -> dict[int, Tensor]:
    """The weights of the layers that return some, by their numbers.

    Raises:
        ShapeError: they have another form.
    """
    several = found if isinstance(found, Sequence) else [found]
    layers = {number: weights for number, weights in enumerate(several) if weights is not None}
    for weights in layers.values():
        if not _fits(weights, allowed):
            shape = tuple(weights.shape) if isinstance(weights, Tensor) else type(weights).__name__
            raise ShapeError(
                "weights must be (batch, head, query, key) or, averaged over the heads, (batch, query, key), but for "
                f"allowed {tuple(allowed.shape)} forward returned {shape}; let the adapter bring them into this form"
            )
    return layers


def _fits(weights: object, allowed: Tensor) -> bool:
    if not isinstance(weights, Tensor) or weights.ndim not in (3, 4):
        return False
    return (weights.shape[0], *weights.shape[-2:]) == (allowed.shape[0], *allowed.shape[-2:])


def _forbidden(weights: Tensor, allowed: Tensor) -> tuple[float, tuple[int, ...]]:
    """The largest weight at a hidden key, and (sentence, head, query, key); head is 0 for an average of heads."""
    by_head = weights if weights.ndim == 4 else weights[:, None]
    return largest(by_head, (~allowed).expand_as(by_head))


def _named(index: tuple[int, ...], number: int, layers: dict[int, Tensor]) -> Place:
    sentence, head, query, key = index
    part = f"layer {number}" if number or len(layers) > 1 else None
    return Place(part, head if layers[number].ndim == 4 else None, sentence, query, key)


def hidden_weights(subject: Subject) -> Finding:
    """Weights at hidden keys are exactly 0, and those of a query that sees something sum to 1."""
    allowed = padded(subject.masks, (_REAL, _LENGTH), _LENGTH)
    if subject.masks == "any":
        allowed = allowed & open_to_all("causal", 2, _LENGTH)
    with torch.no_grad():
        _, found = subject.both(subject.inputs(2, _LENGTH), allowed)
    try:
        layers = _by_layer(found, allowed)
    except ShapeError as error:
        return Finding("weights", "skip", str(error))
    if not layers:
        return Finding("weights", "skip", "forward returns no weights; return (output, weights) and heads are named")
    for number, weights in layers.items():
        size, index = _forbidden(weights, allowed)
        if size != 0:
            explanation = f"a weight of {size:.2g} at a key that is hidden"
            advice = "set the scores of hidden keys to minus infinity before the softmax"
            return Finding("weights", "fail", explanation, size, 0.0, _named(index, number, layers), advice)
    return _sums(layers, allowed)


def _sums(layers: dict[int, Tensor], allowed: Tensor) -> Finding:
    seeing = allowed.any(-1)
    worst, place = 0.0, Place()
    for number, weights in layers.items():
        by_head = weights if weights.ndim == 4 else weights[:, None]
        sums = by_head.sum(-1)
        size, index = largest(sums - 1, seeing.expand_as(sums))
        if severity(size) > severity(worst):
            worst, place = size, _named((*index, 0), number, layers)
    if worst <= _SUMS:
        return Finding("weights", "pass", "0 at every hidden key; they sum to 1 for each query", worst, _SUMS)
    explanation = "the weights of a query do not sum to 1"
    advice = "mask before the softmax, over the keys, not after it"
    return Finding("weights", "fail", explanation, worst, _SUMS, Place(*_without_key(place)), advice)


def _without_key(place: Place) -> tuple[str | None, int | None, int | None, int | None]:
    return place.part, place.head, place.sentence, place.query
