"""The doctor for anyone's attention."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, cast, get_args

import torch

from regard.attention.diagnosis.finding import Diagnosis, Finding
from regard.attention.diagnosis.modes import train_equals_eval
from regard.attention.diagnosis.numbers import blind_rows, half_precision, nan_at_padding
from regard.attention.diagnosis.rectangles import batch_independence, last_queries, padding_leak, padding_width
from regard.attention.diagnosis.subject import AdapterError, Forward, MaskKind, Subject, subject_of
from regard.attention.diagnosis.visibility import future_leak, polarity, visible_keys
from regard.attention.diagnosis.weights import hidden_weights
from regard.errors import InputError

_CHECKS: Final[dict[str, Callable[[Subject], Finding]]] = {
    "visible keys": visible_keys,
    "future leak": future_leak,
    "padding leak": padding_leak,
    "padding width": padding_width,
    "blind rows": blind_rows,
    "NaN at padding": nan_at_padding,
    "weights": hidden_weights,
    "batch = alone": batch_independence,
    "train = eval": train_equals_eval,
    "float16": partial(half_precision, dtype=torch.float16),
    "bfloat16": partial(half_precision, dtype=torch.bfloat16),
}

# What somebody else's code raises is a finding: in its forward, in its backward, by the form of its answer (a
# ShapeError), or by what it keeps and cannot be copied.
_FOREIGN: Final = (AdapterError, RuntimeError, InputError)


def doctor(
    forward: Forward,
    *,
    model_dim: int,
    masks: MaskKind | str = "any",
    last_queries: bool = False,
    dtype: torch.dtype | None = None,
    seed: int = 0,
) -> Diagnosis:
    """Examines an attention, or a stack of attentions, of any make.

    ``forward(inputs, allowed)`` is a small adapter around it. It is called with numbers of the shape (batch, position,
    model) and with booleans of the shape (batch, 1, query, key), True = may look, and returns the outputs (batch,
    query, features). If it returns ``(output, weights)``, with weights (batch, head, query, key) or a list of them, one
    per layer, findings name the layer and the head. None stands for weights that there are not.

    Pass an ``nn.Module`` and copies of it are examined in float64, float16 and bfloat16, and in training mode; yours is
    not touched. A plain function is called as it is. Gradients are switched on for it, under ``torch.no_grad()`` too.

    Args:
        forward: the adapter.
        model_dim: features of an input vector.
        masks: which masks the adapter can honour: ``any`` cell by cell; ``padding`` only, the same for every query;
            ``causal`` if it always hides the future by itself and honours padding besides.
        last_queries: whether ``allowed`` may have fewer queries than there are positions, meaning the last ones, as
            with a cache.
        dtype: what to compute in; float64 if not given, or float32 where ``forward`` takes no float64. float16 and
            bfloat16 have checks of their own.
        seed: of the made-up sentences.

    Raises:
        ShapeError: the adapter does not answer, or not with a vector per sentence and query.
        InputError: there is no such kind of masks, or no copy can be made of the module.
    """
    if masks not in get_args(MaskKind):
        raise InputError(f"masks must be one of {', '.join(get_args(MaskKind))}, but is {masks!r}")
    with torch.inference_mode(False), torch.enable_grad():
        subject = subject_of(forward, model_dim=model_dim, masks=cast(MaskKind, masks), seed=seed, dtype=dtype)
        return Diagnosis(tuple(_findings(subject, last=last_queries)))


def _findings(subject: Subject, *, last: bool) -> Iterator[Finding]:
    try:
        found, subject = polarity(subject)
    except _FOREIGN as error:
        found = _raised("polarity", error)
    yield found
    for name, check in _CHECKS.items():
        yield _guarded(name, partial(check, subject))
    yield _guarded("last queries", partial(last_queries, subject, supported=last))


def _guarded(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except _FOREIGN as error:
        return _raised(name, error)


def _raised(name: str, error: Exception) -> Finding:
    return Finding(name, "fail", f"forward failed: {error}", advice="forward must accept every mask of its kind")
