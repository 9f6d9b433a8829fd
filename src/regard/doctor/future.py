"""The future: no output depends on a later input, and a NaN that stands there is noticed where it stands."""

from typing import Final

import torch
from jaxtyping import Float
from torch import Tensor

from regard.attention import Finding, Place
from regard.attention.diagnosis import judged, largest
from regard.batches import Batch
from regard.doctor.patient import Patient
from regard.doctor.planting import Leaf, embedded, with_nan
from regard.doctor.sight import Sentences, forbidden_weight
from regard.doctor.stages import Recording, Stage, first_non_finite, recorded
from regard.models import AnyModel

_LEAK: Final = "future leak"
_NOTICED: Final = "NaN in the future"


def future_leak(patient: Patient) -> Finding:
    """∂ output_t / ∂ input_{>t} is exactly 0 in one pass over all target positions (teacher forcing)."""
    batch = patient.alone(patient.shortest)
    moved = _influence(patient.model, batch)
    leak, (query, key) = largest(moved, torch.ones_like(moved, dtype=torch.bool).triu(1))
    if leak == 0:
        good = f"∂ output / ∂ later input is 0 at all {moved.numel()} pairs of target positions"
        return Finding(_LEAK, "pass", good, leak, 0)
    tokens = [patient.spelled(token) for token in batch.target_in[0].tolist()]
    bad = f"what follows {tokens[query]} (position {query}) is predicted knowing {tokens[key]} (position {key})"
    place = _accused(patient.model, batch) or Place(query=query, key=key)
    return Finding(_LEAK, "fail", bad, leak, 0, place, _advice(patient))


def _advice(patient: Patient) -> str:
    if not patient.settings.model.future_mask:
        return "model.future_mask is off in this model's settings (for experiments); train it with the mask"
    return "see that the decoder attends to itself under Causal() in every layer and head"


def _influence(model: AnyModel, batch: Batch) -> Float[Tensor, "query key"]:
    """Norms of the gradients of each position's logits with respect to each target input."""
    leaf = Leaf()
    with torch.enable_grad(), embedded(model, batch.target_in, leaf):
        logits = model.score(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
    return torch.stack([_gradient(logits[0, query], leaf) for query in range(logits.shape[1])])


def _gradient(vector: Tensor, leaf: Leaf) -> Float[Tensor, " key"]:
    """How strongly a vector, reduced to a number by a fixed random direction, depends on each position."""
    direction = torch.randn(vector.shape, generator=torch.Generator().manual_seed(1), dtype=vector.dtype)
    number = (vector * direction).sum()
    (gradient,) = torch.autograd.grad(number, leaf.vectors, retain_graph=True, materialize_grads=True)
    sizes: Tensor = torch.linalg.vector_norm(gradient[0], dim=-1)
    return sizes


def _accused(model: AnyModel, batch: Batch) -> Place | None:
    """The first attention that looks ahead; if none does, the first stage that depends on the future."""
    leaf = Leaf()
    with torch.enable_grad(), embedded(model, batch.target_in, leaf), recorded(model) as recording:
        model.score(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
    _, place = forbidden_weight(recording, Sentences(batch.source_layout, batch.target_layout))
    return place or _first_dependent(recording, leaf)


def _first_dependent(recording: Recording, leaf: Leaf) -> Place | None:
    width = leaf.vectors.shape[1]
    for stage in recording.stages:
        if stage.vectors.requires_grad and stage.vectors.shape[2] == width:
            place = _dependent(stage, leaf)
            if place is not None:
                return place
    return None


def _dependent(stage: Stage, leaf: Leaf) -> Place | None:
    for head in range(stage.vectors.shape[1]):
        for query in range(stage.vectors.shape[2] - 1):
            later = _gradient(stage.vectors[0, head, query], leaf)[query + 1 :]
            size, (ahead,) = largest(later)
            if size != 0:
                place = stage.place((head, query))
                return Place(place.part, place.head, query=query, key=query + 1 + ahead)
    return None


def nan_in_the_future(patient: Patient) -> Finding:
    """A NaN at the last target position is found there. It does reach earlier ones: 0 · NaN is NaN.

    Zeros cannot be put in its place as they are for padding, because later queries may look at it. So it must not go
    unnoticed: this check plants one in a copy and sees that the doctor names the position.
    """
    batch = patient.alone(patient.shortest)
    last = batch.target_in.shape[1] - 1
    planted = embedded(patient.model, batch.target_in, with_nan(row=0, first=last))
    with torch.no_grad(), planted, recorded(patient.model) as recording:
        logits = patient.model.score(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
    place = first_non_finite(recording)
    reached = int((~logits[0].isfinite().all(-1))[:last].sum())
    return judged(
        _NOTICED,
        measured=0 if place is not None and place.query == last else 1,
        tolerance=0,
        good=f"planted at position {last}, found there; 0 · NaN takes it to {reached} earlier ones",
        bad=f"a NaN planted at target position {last} is not found there",
        place=place,
        advice="see that no part before the first attention mixes positions",
    )
