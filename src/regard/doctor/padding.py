"""Padding: neither more of it, nor what stands in it, nor a NaN in it changes anything."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any, Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.attention import Finding, Place
from regard.attention.diagnosis import largest, severity
from regard.batches import Batch
from regard.doctor.patient import MORE_PADDING, Patient
from regard.doctor.planting import Leaf, embedded, with_nan
from regard.doctor.sight import Sentences, forbidden_weight
from regard.doctor.stages import Recording, first_difference, recorded
from regard.layout import Layout
from regard.models import AnyModel
from regard.text import PAD

TOLERANCE: Final = 1e-9
"""Two orders of adding up the same float64 numbers differ by less."""


def source_padding(patient: Patient) -> Finding:
    """A sentence gives the same logits with padding behind its source as without, whatever ids stand there."""
    batch = patient.alone(patient.shortest)
    return _compared(patient, "padding: source", batch, [_wider(batch, ids, "source") for ids in _fillings(patient)])


def target_padding(patient: Patient) -> Finding:
    """The same for padding behind the target."""
    batch = patient.alone(patient.shortest)
    return _compared(patient, "padding: target", batch, [_wider(batch, ids, "target") for ids in _fillings(patient)])


def _fillings(patient: Patient) -> list[Int[Tensor, "1 position"]]:
    """What may stand in the padding: PAD, and the last ids of the vocabulary."""
    last = patient.model.vocab_size - 1
    return [torch.full((1, MORE_PADDING), PAD), torch.arange(last, last - MORE_PADDING, -1)[None]]


def _wider(batch: Batch, filling: Tensor, side: str) -> Batch:
    def longer(ids: Tensor) -> Tensor:
        return torch.cat((ids, filling), dim=1)

    def around(layout: Layout) -> Layout:
        return Layout(layout.lengths, layout.width + MORE_PADDING)

    if side == "source":
        return replace(batch, source=longer(batch.source), source_layout=around(batch.source_layout))
    target_in, target_out = longer(batch.target_in), longer(batch.target_out)
    return replace(batch, target_in=target_in, target_out=target_out, target_layout=around(batch.target_layout))


def _compared(patient: Patient, name: str, batch: Batch, padded: list[Batch]) -> Finding:
    plain = score(patient.model, batch)
    differences = [largest(score(patient.model, each)[:, : plain.shape[1]] - plain) for each in padded]
    worst = max(range(len(padded)), key=lambda number: severity(differences[number][0]))
    size, (_, position, _) = differences[worst]
    if size <= TOLERANCE:
        good = f"{MORE_PADDING} more cells, filled with PAD or with other ids, change no logit"
        return Finding(name, "pass", good, size, TOLERANCE)
    bad = f"{MORE_PADDING} cells of padding change the logits at target position {position}"
    place = _accused(patient.model, batch, padded[worst]) or Place(query=position)
    return Finding(name, "fail", bad, size, TOLERANCE, place, advice(patient))


def advice(patient: Patient) -> str:
    """What to do when padding is looked at."""
    if not patient.settings.model.padding_mask:
        return "model.padding_mask is off in this model's settings (for experiments); train it with the mask"
    return "see that every attention is given Padding(layout) of the sequence its keys come from"


def score(model: AnyModel, batch: Batch) -> Float[Tensor, "batch target_position vocab"]:
    """All logits of a batch, without gradients."""
    with torch.no_grad():
        return model.score(batch.source, batch.source_layout, batch.target_in, batch.target_layout)


def _accused(model: AnyModel, batch: Batch, padded: Batch) -> Place | None:
    """The first attention that looks at padding; if none does, the first stage that comes out differently."""
    with recorded(model) as before:
        score(model, batch)
    with recorded(model) as after:
        score(model, padded)
    _, place = forbidden_weight(after, Sentences(padded.source_layout, padded.target_layout))
    return place or first_difference(before, after, tolerance=TOLERANCE)


def memory_padding(patient: Patient) -> Finding:
    """No step of decoding looks at padding of the source: it has weight 0, and other vectors or NaN there are nothing.

    Steps have a mask of their own, so this does not follow from one pass over all positions.
    """
    name = "padding: memory"
    batch = _wider(patient.alone(patient.shortest), _fillings(patient)[0], "source")
    plain, recording = _decoded(patient.model, batch, _at_padding(batch, 0.0))
    size, place = forbidden_weight(recording, Sentences(batch.source_layout, batch.target_layout))
    if place is not None:
        bad = f"a step of decoding gives padding of the source a weight of {size:.2g}"
        return Finding(name, "fail", bad, size, 0, place, advice(patient))
    for number, what in ((9.0, "other numbers"), (torch.nan, "NaN")):
        size, (step, _) = largest(_decoded(patient.model, batch, _at_padding(batch, number))[0] - plain)
        if size != 0:
            bad = f"{what} at padding of the encoder's output change the logits of step {step}"
            return Finding(name, "fail", bad, size, 0, Place("decoder", query=step), advice(patient))
    if broken := _broken_gradients(patient.model, batch, _at_padding(batch, torch.nan)):
        bad = "a NaN at padding of the encoder's output leaves the logits finite, but not their gradient"
        return Finding(name, "fail", bad, broken, 0, Place("decoder"), advice(patient))
    return Finding(name, "pass", "steps give it weight 0, and other vectors or a NaN there change nothing", 0.0, 0)


def _at_padding(batch: Batch, number: float) -> Callable[[Tensor], Tensor]:
    """Fills the vectors of the source's padding with a number."""
    padding = torch.arange(batch.source_layout.lengths[0], batch.source_layout.width)
    return lambda vectors: vectors.index_fill(1, padding, number)


def _broken_gradients(model: AnyModel, batch: Batch, change: Callable[[Tensor], Tensor]) -> int:
    """How many numbers are not finite in the gradient that the logits of all steps give the encoder's output."""
    leaf = Leaf()
    with torch.no_grad():
        memory = model.encode(batch.source, batch.source_layout)
    with torch.enable_grad():
        state, total = model.start(_changed(memory, lambda vectors: change(leaf(vectors)))), torch.zeros(())
        for tokens in batch.target_in.unbind(1):
            logits, state = model.step(state, tokens)
            total = total + logits.square().sum()
    (gradient,) = torch.autograd.grad(total, leaf.vectors)
    return int((~gradient.isfinite()).sum())


def _decoded(model: AnyModel, batch: Batch, change: Callable[[Tensor], Tensor]) -> tuple[Tensor, Recording]:
    """Logits step by step over a memory whose vectors were changed, and how they came about."""
    with torch.no_grad():
        state = model.start(_changed(model.encode(batch.source, batch.source_layout), change))
        rows = []
        with recorded(model) as recording:
            for tokens in batch.target_in.unbind(1):
                logits, state = model.step(state, tokens)
                rows.append(logits[0])
    return torch.stack(rows), recording


def _changed(memory: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """A memory is a dataclass; its vectors are the field that is a tensor."""
    vectors = next(field.name for field in fields(memory) if isinstance(getattr(memory, field.name), Tensor))
    return replace(memory, **{vectors: change(getattr(memory, vectors))})


def nan_at_padding(patient: Patient) -> Finding:
    """A NaN in the vectors of padding tokens, source or target, reaches no real logit."""
    name = "NaN at padding"
    for side in ("source", "target"):
        batch = _wider(patient.alone(patient.shortest), _fillings(patient)[0], side)
        ids, layout = (
            (batch.source, batch.source_layout) if side == "source" else (batch.target_in, batch.target_layout)
        )
        length, real = layout.lengths[0], batch.target_layout.lengths[0]
        with embedded(patient.model, ids, with_nan(row=0, first=length)), recorded(patient.model) as recording:
            logits = score(patient.model, batch)[0, :real]
        count = int((~logits.isfinite().all(-1)).sum())
        if count:
            bad = f"a NaN at {side} position {length}, which is padding, reaches {count} real target positions"
            place = _touched(recording, batch) or Place(key=length)
            return Finding(name, "fail", bad, count, 0, place, advice(patient))
    return Finding(name, "pass", "a NaN in the padding of source or target reaches no real position", 0, 0)


def _touched(recording: Recording, batch: Batch) -> Place | None:
    """The first attention in which a real query becomes NaN."""
    sentences = Sentences(batch.source_layout, batch.target_layout)
    for look in recording.looks:
        broken = ~look.attended.steps.context.isfinite().all(-1) & sentences.read(look)[..., 0]
        if bool(broken.any()):
            _, head, query = broken.nonzero()[0].tolist()
            return Place(look.name, head, query=look.first + query)
    return None
