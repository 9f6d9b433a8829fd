"""Queries that may look at nothing: an empty source, beside one that is not."""

from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from regard.attention import Finding, Place
from regard.attention.diagnosis import largest
from regard.batches import Batch
from regard.doctor.padding import TOLERANCE, advice, score
from regard.doctor.patient import Patient
from regard.doctor.planting import Leaf, embedded
from regard.doctor.sight import Sentences, forbidden_weight
from regard.doctor.stages import first_non_finite, recorded
from regard.layout import Layout
from regard.models import AnyModel

_NAME: Final = "empty source"


def empty_source(patient: Patient) -> Finding:
    """A source without a token gives finite logits and gradients, is read by nobody, and disturbs no other row."""
    full = patient.alone(patient.shortest)
    batch = _beside_an_empty_one(full)
    logits = score(patient.model, batch)
    if broken := int((~logits.isfinite()).sum()):
        return _failure(patient, "an empty source makes logits NaN", broken, _where_broken(patient.model, batch))
    if broken := _broken_gradients(patient.model, batch):
        return _failure(patient, "an empty source makes gradients NaN", broken, _where_broken(patient.model, batch))
    disturbed, (_, position, _) = largest(logits[:1] - score(patient.model, full))
    if not disturbed <= TOLERANCE:
        return _failure(patient, "an empty source disturbs its neighbour", disturbed, Place(sentence=0, query=position))
    changed = replace(batch, source=torch.where(torch.tensor([[False], [True]]), batch.source.flip(1), batch.source))
    size, (_, position, _) = largest(score(patient.model, changed)[1:] - logits[1:])
    if size != 0:
        place = _reader(patient.model, batch) or Place(sentence=1, query=position)
        return _failure(patient, "a source without a token is read all the same", size, place)
    return Finding(_NAME, "pass", "finite, read by nobody, and without effect on its neighbour", 0.0, TOLERANCE)


def _where_broken(model: AnyModel, batch: Batch) -> Place | None:
    with recorded(model) as recording:
        score(model, batch)
    return first_non_finite(recording)


def _reader(model: AnyModel, batch: Batch) -> Place | None:
    """The first attention that looks at the source that has no tokens."""
    with recorded(model) as recording:
        score(model, batch)
    return forbidden_weight(recording, Sentences(batch.source_layout, batch.target_layout))[1]


def _failure(patient: Patient, explanation: str, measured: float | int, place: Place | None) -> Finding:
    return Finding(_NAME, "fail", explanation, measured, TOLERANCE, place, advice(patient))


def _beside_an_empty_one(full: Batch) -> Batch:
    """Two sentences: the given one, and one whose cells are filled but of which none counts as a token."""
    layout = full.source_layout
    return Batch(
        source=full.source.repeat(2, 1),
        source_layout=Layout((layout.lengths[0], 0), layout.width),
        target_in=full.target_in.repeat(2, 1),
        target_out=full.target_out.repeat(2, 1),
        target_layout=Layout(full.target_layout.lengths * 2, full.target_layout.width),
    )


def _broken_gradients(model: AnyModel, batch: Batch) -> int:
    """How many numbers in the gradient with respect to the words of source and target are not finite."""
    source, target = Leaf(), Leaf()
    with torch.enable_grad(), embedded(model, batch.source, source), embedded(model, batch.target_in, target):
        logits = model.score(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
        total: Tensor = logits.square().sum()
    gradients = torch.autograd.grad(total, [source.vectors, target.vectors], materialize_grads=True)
    return sum(int((~gradient.isfinite()).sum()) for gradient in gradients)
