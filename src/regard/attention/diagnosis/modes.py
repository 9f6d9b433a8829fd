"""Training mode without dropout computes what evaluation mode computes, its fast path included."""

from dataclasses import replace
from typing import Final

import torch
from torch import Tensor, nn

from regard.attention.diagnosis.copies import copy_of
from regard.attention.diagnosis.finding import Finding, Place, judged
from regard.attention.diagnosis.influence import largest
from regard.attention.diagnosis.patterns import padded
from regard.attention.diagnosis.rectangles import rounding
from regard.attention.diagnosis.subject import Subject

_WIDTH: Final = 7
_REAL: Final = 4
_NAME: Final = "train = eval"


def train_equals_eval(subject: Subject) -> Finding:
    """Compares the two modes on real positions, with every dropout set to 0."""
    if not isinstance(subject.forward, nn.Module):
        return Finding(_NAME, "skip", "forward is a function; pass an nn.Module that calls it to have modes compared")
    inputs, allowed = subject.inputs(2, _WIDTH), padded(subject.masks, (_REAL, _WIDTH), _WIDTH)
    quiet = _without_dropout(subject.forward)
    with torch.no_grad():
        evaluated = replace(subject, forward=copy_of(quiet).eval())(inputs, allowed)
        trained = [replace(subject, forward=copy_of(quiet).train())(inputs, allowed) for _ in range(2)]
    if not torch.allclose(trained[0], trained[1], rtol=0, atol=0, equal_nan=True):
        return Finding(
            _NAME, "skip", "two passes in training mode differ: there is chance left that is no dropout of ours"
        )
    return _compared(subject, trained[0], evaluated)


def _compared(subject: Subject, trained: Tensor, evaluated: Tensor) -> Finding:
    real = torch.arange(_WIDTH)[None, :, None] < torch.tensor([_REAL, _WIDTH])[:, None, None]
    size, index = largest(trained - evaluated, real.expand_as(trained))
    return judged(
        _NAME,
        measured=size,
        tolerance=rounding(subject),
        good="training mode without dropout gives what evaluation mode gives",
        bad="training mode without dropout gives something else than evaluation mode",
        place=Place(sentence=index[0], query=index[1]),
        advice="look for batch norm, for a mask used in one mode only, and for the fast path of nn.TransformerEncoder",
    )


def _without_dropout(module: nn.Module) -> nn.Module:
    """A copy whose probabilities of dropping are 0, in dropout modules and in settings of other modules."""
    quiet = copy_of(module)
    for part in quiet.modules():
        for name, value in list(vars(part).items()):
            is_rate = "drop" in name or (name == "p" and "Dropout" in type(part).__name__)
            if is_rate and isinstance(value, float):
                setattr(part, name, 0.0)
    return quiet
