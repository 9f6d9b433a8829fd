"""Who moves whom: is True kept or hidden, does the future leak, is what may be seen really seen."""

from dataclasses import dataclass
from typing import Final, final

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from regard.attention.diagnosis.finding import Finding, Place, judged
from regard.attention.diagnosis.influence import influence, largest
from regard.attention.diagnosis.patterns import open_to_all, padded, two_blocks
from regard.attention.diagnosis.subject import Subject
from regard.attention.diagnosis.weights import accused

_LENGTH: Final = 7
_REAL: Final = 4


@final
@dataclass(frozen=True)
class _Effect:
    """What a mask achieved: the strongest influence of a hidden key, and the weakest of a visible one."""

    leak: float
    live: float
    cell: tuple[int, ...]

    @property
    def works(self) -> bool:
        """Nothing hidden is read, everything visible is."""
        return self.leak == 0 and self.live > 0  # False for NaN


def polarity(subject: Subject) -> tuple[Finding, Subject]:
    """Whether True means *may look*; also the subject with its masks turned round, if it means the opposite."""
    asked, turned = _effect(subject), _effect(subject.upside_down())
    if asked.works:
        return Finding("polarity", "pass", "True means: this key may be looked at", asked.leak, 0.0), subject
    if turned.works:
        explanation = "True hides here: with the opposite mask all is well. The checks below hand over the opposite"
        advice = "give your attention ~allowed"
        return _failed(asked, explanation, advice), subject.upside_down()
    if _is_deaf(subject):
        return _failed(asked, "the mask changes nothing", "hand `allowed` on to where the softmax is"), subject
    explanation = "hidden keys are read with this mask, and with its opposite too; see the other checks"
    return _failed(asked, explanation, "find out which cells the softmax really sees"), subject


def _failed(effect: _Effect, explanation: str, advice: str) -> Finding:
    query, key = effect.cell
    return Finding("polarity", "fail", explanation, effect.leak, 0.0, Place(query=query, key=key), advice)


def _effect(subject: Subject) -> _Effect:
    allowed, rows = _dividing(subject)
    moved = influence(subject, subject.inputs(1, _LENGTH), allowed)[rows]
    visible = allowed[0, 0, rows]
    others = visible & ~torch.eye(_LENGTH, dtype=torch.bool)[rows]
    leak, cell = largest(moved, ~visible)
    return _Effect(leak, float(moved[others].min()), cell)


def _dividing(subject: Subject) -> tuple[Bool[Tensor, "1 1 query key"], slice]:
    """A mask whose opposite leaves nobody blind, and the queries that count."""
    if subject.masks == "any":
        return two_blocks(_LENGTH), slice(None)
    return padded(subject.masks, (_REAL,), _LENGTH), slice(_REAL)


def _is_deaf(subject: Subject) -> bool:
    inputs = subject.inputs(1, _LENGTH)
    with torch.no_grad():
        masked = subject(inputs, _dividing(subject)[0])
        return torch.equal(masked, subject(inputs, open_to_all(subject.masks, 1, _LENGTH)))


def visible_keys(subject: Subject) -> Finding:
    """Every key that may be seen moves the query that may see it: a mask can also hide too much."""
    moved, visible = _everywhere(subject)
    missing = visible & ~(moved > 0)
    count = int(missing.sum())
    place = Place(query=int(missing.nonzero()[0, 0]), key=int(missing.nonzero()[0, 1])) if count else None
    return judged(
        "visible keys",
        measured=count,
        tolerance=0,
        good=f"each of {int(visible.sum())} visible cells counts",
        bad=f"{count} of {int(visible.sum())} visible cells count for nothing: the mask hides too much",
        place=place,
        advice="look for a second mask, or a triangle without its diagonal",
    )


def _everywhere(subject: Subject) -> tuple[Float[Tensor, "query key"], Bool[Tensor, "query key"]]:
    allowed = open_to_all(subject.masks, 1, _LENGTH)
    return influence(subject, subject.inputs(1, _LENGTH), allowed), allowed[0, 0]


def future_leak(subject: Subject) -> Finding:
    """Under a causal mask, ∂ output_t / ∂ input_{>t} is exactly 0."""
    if subject.masks == "padding":
        return Finding("future leak", "skip", "forward honours padding only, so it cannot be asked to hide the future")
    inputs, allowed = subject.inputs(1, _LENGTH), open_to_all("causal", 1, _LENGTH)
    moved = influence(subject, inputs, allowed)
    leak, (query, key) = largest(moved, ~allowed[0, 0])
    return judged(
        "future leak",
        measured=leak,
        tolerance=0,
        good="no output depends on a later input",
        bad=f"output {query} depends on input {key}, which lies in its future{_pattern(moved)}",
        place=accused(subject, inputs, allowed, (query, key)),
        advice="the target attends to itself under allowed = key <= query; check each layer and head",
    )


def _pattern(moved: Float[Tensor, "query key"]) -> str:
    """Names the usual ways to get a triangle wrong."""
    leaking = (moved != 0).triu(1)
    later = torch.ones_like(leaking).triu(1)
    if torch.equal(leaking, later):
        return "; all of the future is visible: there is no future mask"
    if torch.equal(leaking, later ^ later.triu(2)):
        return "; each query sees one key too far: the triangle is shifted by one"
    return f"; {int(leaking.sum())} cells leak"
