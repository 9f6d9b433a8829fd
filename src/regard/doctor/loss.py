"""Padding in batches and in the loss: one id for it everywhere, and none of it counts."""

from dataclasses import replace
from typing import Final

import torch
from torch import Tensor

from regard.attention import Finding, Place
from regard.attention.diagnosis import judged, largest, severity
from regard.batches import Batch
from regard.doctor.patient import Patient
from regard.layout import Layout
from regard.models import AnyModel
from regard.text import PAD
from regard.training import batch_loss

_RELATIVE: Final = 1e-9


def pad_ids(patient: Patient) -> Finding:
    """In a batch as training makes it, cells that are not real hold PAD, on every side, and real cells never do."""
    batch = patient.batch
    sides = {
        "source": (batch.source, batch.source_layout),
        "target inputs": (batch.target_in, batch.target_layout),
        "target outputs": (batch.target_out, batch.target_layout),
    }
    count, first = 0, None
    for name, (ids, layout) in sides.items():
        wrong = (ids == PAD) == layout.real()
        count += int(wrong.sum())
        if first is None and bool(wrong.any()):
            sentence, position = wrong.nonzero()[0].tolist()
            first = Place(name, sentence=sentence, query=position)
    return judged(
        "pad ids",
        measured=count,
        tolerance=0,
        good=f"source and target are filled up with the same id, {PAD}, and no word has it",
        bad=f"{count} cells hold the id of padding ({PAD}) but are real, or are padding and hold another id",
        place=first,
        advice="fill every rectangle through batches.rectangle, with the tokenizer this model was trained with",
    )


def loss_without_pads(patient: Patient) -> Finding:
    """The loss of a batch is the sum of the losses of its sentences, and no gradient comes from padding."""
    model = patient.copy().requires_grad_(True)
    batch = patient.batch
    together, gradient = _loss_and_gradient(model, _with_padding(batch))
    alone = [_loss_and_gradient(model, patient.alone(row)) for row in range(len(patient.pairs))]
    by_sentence = sum(loss for loss, _ in alone)
    off = abs(together - by_sentence) / abs(by_sentence)
    expected = {name: sum((each[name] for _, each in alone), torch.zeros(())) for name in gradient}
    scale = max((largest(each)[0] for each in expected.values()), key=severity) or 1.0
    sizes = {name: largest(gradient[name] - expected[name])[0] / scale for name in gradient}
    worst = max(sizes, key=lambda name: severity(sizes[name]))
    return judged(
        "loss without pads",
        measured=max(off, sizes[worst], key=severity),
        tolerance=_RELATIVE,
        good="loss and gradients of a padded batch are the sums over its sentences alone",
        bad=f"the loss of a padded batch is {together:.6g} nats, but its sentences alone sum to {by_sentence:.6g}",
        place=Place("loss" if not off <= _RELATIVE else worst),
        advice="leave padding out of the loss, and divide by real target tokens",
    )


def _with_padding(batch: Batch) -> Batch:
    """The batch with a cell of padding behind its longest target too: there is some in every row."""
    layout = Layout(batch.target_layout.lengths, batch.target_layout.width + 1)
    more = torch.full((batch.target_in.shape[0], 1), PAD)
    target_in, target_out = (torch.cat((ids, more), dim=1) for ids in (batch.target_in, batch.target_out))
    return replace(batch, target_in=target_in, target_out=target_out, target_layout=layout)


def _loss_and_gradient(model: AnyModel, batch: Batch) -> tuple[float, dict[str, Tensor]]:
    model.zero_grad()
    loss = batch_loss(model, batch, smoothing=0.1)
    loss.backward()  # type: ignore[no-untyped-call]
    named = model.named_parameters()
    return float(loss.detach()), {name: weight.grad.clone() for name, weight in named if weight.grad is not None}
