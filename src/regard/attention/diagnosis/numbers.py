"""Numbers that go wrong: queries with nothing to see, NaN behind the mask, half precision."""

from typing import Final

import torch
from jaxtyping import Bool
from torch import Tensor, nn

from regard.attention.diagnosis.finding import Finding, Place, judged
from regard.attention.diagnosis.influence import influence, largest
from regard.attention.diagnosis.patterns import blinding, padded, padding_that_shows
from regard.attention.diagnosis.subject import AdapterError, Subject

_LENGTH: Final = 6
_REAL: Final = 4
_HALF: Final = {torch.float16: ("float16", 2e-2), torch.bfloat16: ("bfloat16", 1e-1)}


def blind_rows(subject: Subject) -> Finding:
    """A query that may look at nothing gives numbers that depend on no hidden key, and so does its gradient."""
    inputs, allowed = subject.inputs(2, _LENGTH), blinding(subject.masks, _LENGTH)
    blind = ~allowed.any(-1)[:, 0]
    place = Place(sentence=0, query=int(blind[0].nonzero()[0]))
    output, gradients = _with_gradients(subject, inputs, allowed, among=torch.ones_like(blind))
    with torch.no_grad():
        fast = subject(inputs, allowed)
    for answer, how in ((output, ""), (fast, " without gradients (the fast path)")):
        if broken := _not_finite(answer):
            spread = "; it spreads to others" if _not_finite(answer[~blind]) else ""
            return _blind_failure(f"a query that may look at nothing becomes NaN{how}{spread}", broken, place)
    if broken := sum(map(_not_finite, gradients)):
        explanation = "a query may look at nothing: the output is finite, but the gradient holds NaN"
        return _blind_failure(explanation, broken, place)
    return _unseeing(subject, inputs, allowed, blind[0])


def _unseeing(subject: Subject, inputs: Tensor, allowed: Tensor, blind: Bool[Tensor, " query"]) -> Finding:
    """Whether blind queries of the first sentence really read nothing."""
    hidden = blind[:, None] & ~torch.eye(_LENGTH, dtype=torch.bool)
    size, (query, key) = largest(influence(subject, inputs, allowed), hidden)
    if size != 0:
        explanation = "a query that may look at nothing looks at everything: its weights became uniform"
        return _blind_failure(explanation, size, Place(sentence=0, query=query, key=key))
    return Finding("blind rows", "pass", "a query with nothing to see reads nothing, and is a number", 0.0, 0.0)


def _blind_failure(explanation: str, measured: float | int, place: Place) -> Finding:
    advice = "give such rows the weights 0 (a softmax of minus infinities alone is 0/0), or keep them out of the batch"
    return Finding("blind rows", "fail", explanation, measured, 0, place, advice)


def _with_gradients(
    subject: Subject, inputs: Tensor, allowed: Tensor, *, among: Bool[Tensor, "batch query"]
) -> tuple[Tensor, list[Tensor]]:
    """The output, and the gradients of the chosen outputs' sum of squares: of the inputs, and of weights if any."""
    inputs = inputs.detach().requires_grad_()
    output = subject(inputs, allowed)
    if not output.requires_grad:
        return output, []
    weights = list(subject.forward.parameters()) if isinstance(subject.forward, nn.Module) else []
    leaves = [inputs, *(weight for weight in weights if weight.requires_grad)]
    total = output[among].square().sum()
    found = torch.autograd.grad(total, leaves, allow_unused=True)
    return output.detach(), [gradient for gradient in found if gradient is not None]


def _not_finite(values: Tensor) -> int:
    return int((~values.isfinite()).sum())


def nan_at_padding(subject: Subject) -> Finding:
    """A NaN in the padding reaches no real output: 0 · NaN would."""
    allowed, real = padding_that_shows(subject.masks, _REAL, _LENGTH)
    inputs = subject.inputs(2, _LENGTH).masked_fill(~real[..., None], torch.nan)
    with torch.no_grad():
        reached = ~subject(inputs, allowed).isfinite().all(-1) & real
    count, key = int(reached.sum()), int((~real[0]).nonzero()[0])
    sentence, query = reached.nonzero()[0].tolist() if count else (0, 0)
    return judged(
        "NaN at padding",
        measured=count,
        tolerance=0,
        good="a NaN in the padding reaches no real position",
        bad=f"a NaN at key {key}, which is padding, reaches {count} real positions (0 · NaN = NaN)",
        place=Place(sentence=sentence, query=query, key=key),
        advice="fill the keys and values of keys that nobody may see with 0 before they are multiplied",
    )


def half_precision(subject: Subject, *, dtype: torch.dtype) -> Finding:
    """In float16 or bfloat16: finite, and near the exact result."""
    name, tolerance = _HALF[dtype]
    half = subject.in_dtype(dtype)
    inputs = half.inputs(2, _LENGTH, scale=2.0)
    allowed = padded(subject.masks, (_REAL, _LENGTH), _LENGTH)
    real = torch.arange(_LENGTH)[None, :] < torch.tensor([_REAL, _LENGTH])[:, None]
    try:
        output, gradients = _with_gradients(half, inputs, allowed, among=real)
        reference = _exactly(half, inputs, allowed)
    except (AdapterError, RuntimeError) as error:
        return _refused(name, error, half)
    broken = _not_finite(output[real]) + sum(map(_not_finite, gradients))
    size, (row, _) = largest((output.double() - reference)[real])
    scale = float(reference[real].abs().max())
    sentence, query = real.nonzero()[row].tolist()
    return judged(
        name,
        measured=torch.nan if broken else size / (scale or 1.0),
        tolerance=tolerance,
        good="finite, and near the exact result",
        bad=f"{broken} numbers are not finite" if broken else "far from the exact result of the same numbers",
        place=Place(sentence=sentence, query=query),
        advice="hide with minus infinity through masked_fill; 0 · (-1e9) overflows to 0 · inf = NaN",
    )


def _exactly(half: Subject, inputs: Tensor, allowed: Tensor) -> Tensor:
    """What the same numbers give in float64, or in float32 where there is no float64."""
    with torch.no_grad():
        try:
            return half.in_dtype(torch.float64)(inputs.double(), allowed)
        except AdapterError:
            return half.in_dtype(torch.float32)(inputs.float(), allowed).double()


def _refused(name: str, error: Exception, half: Subject) -> Finding:
    """An overflow is the fault looked for; a plain function may just not be made for this type."""
    if half.is_module or "overflow" in str(error):
        advice = "hide with minus infinity; -1e9 is no float16"
        return Finding(name, "fail", f"forward failed: {error}", advice=advice)
    return Finding(name, "skip", f"forward does not compute both in {name} and in a finer type: {error}")
