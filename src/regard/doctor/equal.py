"""Different ways to compute the same thing: they agree."""

from typing import Final

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from regard.attention import AttentionPath, Finding, Place
from regard.attention.diagnosis import judged, largest, severity
from regard.batches import Batch, make_batch
from regard.doctor.padding import TOLERANCE, score
from regard.doctor.patient import Patient
from regard.doctor.sight import Sentences, forbidden_weight
from regard.doctor.stages import Recording, first_difference, recorded
from regard.errors import ShapeError
from regard.models import AnyModel, Transformer
from regard.models.noise import Dropout

_PACKED: Final = 3
_PATHS: Final[tuple[AttentionPath, ...]] = ("fused", "auto")


def _real(batch: Batch) -> Bool[Tensor, "batch target_position 1"]:
    return batch.target_layout.real()[..., None]


def cached_equals_full(patient: Patient) -> Finding:
    """Word by word, with remembered keys and values, gives what one pass over the whole sentence gives.

    Halfway the rows change places, as hypotheses of a beam do.
    """
    batch, model = patient.batch, patient.model
    full = score(model, batch)
    size, index = largest(_steps(model, batch, swap=True) - full, _real(batch).expand_as(full))
    if size <= TOLERANCE:
        good = "step by step, rows reordered on the way, as in one pass"
        return Finding("cached = full", "pass", good, size, TOLERANCE)
    bad = f"step {index[1]} gives other logits than one pass over the whole sentence"
    advice = "step t must use row t of the full mask, position t, and keys of all steps before"
    return Finding("cached = full", "fail", bad, size, TOLERANCE, _where_steps_differ(patient, index), advice)


def _steps(model: AnyModel, batch: Batch, *, swap: bool) -> Tensor:
    """Logits step by step; with ``swap``, the rows are turned round before the middle step and back at the end."""
    rows, width = batch.target_in.shape
    turned = torch.arange(rows - 1, -1, -1)
    found = []
    with torch.no_grad():
        state = model.start(model.encode(batch.source, batch.source_layout))
        for step, tokens in enumerate(batch.target_in.unbind(1)):
            if swap and step == width // 2:
                state = state.select(turned)
            is_turned = swap and step >= width // 2
            logits, state = model.step(state, tokens[turned] if is_turned else tokens)
            found.append(logits[turned] if is_turned else logits)
    return torch.stack(found, dim=1)


def _where_steps_differ(patient: Patient, index: tuple[int, ...]) -> Place:
    batch = patient.alone(index[0])
    with recorded(patient.model) as whole:
        score(patient.model, batch)
    with recorded(patient.model) as stepwise:
        _steps(patient.model, batch, swap=False)
    decoder = Recording([stage for stage in whole.stages if stage.vectors.shape[2] == batch.target_in.shape[1]])
    place = first_difference(decoder, stepwise.joined(), tolerance=TOLERANCE)
    return place or Place("select (rows reordered)", sentence=index[0], query=index[1])


def batch_equals_alone(patient: Patient) -> Finding:
    """A sentence gives the same alone as among others."""
    logits = score(patient.model, patient.batch)
    worst, sentence, position = 0.0, 0, 0
    for row in range(len(patient.pairs)):
        alone = score(patient.model, patient.alone(row))[0]
        size, index = largest(logits[row, : len(alone)] - alone)
        if severity(size) > severity(worst):
            worst, sentence, position = size, row, index[0]
    place = Place(sentence=sentence, query=position)
    return judged(
        "batch = alone",
        measured=worst,
        tolerance=TOLERANCE,
        good=f"{len(patient.pairs)} sentences, each alone as among the others",
        bad=f"sentence {sentence} comes out differently among others than alone",
        place=place if worst <= TOLERANCE else _where_others_matter(patient, sentence) or place,
        advice="see the padding checks; else look for a part that mixes sentences, such as batch norm",
    )


def _where_others_matter(patient: Patient, sentence: int) -> Place | None:
    with recorded(patient.model) as alone:
        score(patient.model, patient.alone(sentence))
    with recorded(patient.model) as together:
        score(patient.model, patient.batch)
    return first_difference(alone, together, rows=(0, sentence), tolerance=TOLERANCE)


def packed_equals_alone(patient: Patient) -> Finding:
    """Several sentences in one row, as training may pack them, give what each gives alone."""
    name, count = "packed = alone", min(len(patient.pairs), _PACKED)
    alone = [patient.alone(row) for row in range(count)]
    width = sum(max(one.source.shape[1], one.target_in.shape[1]) for one in alone)
    batch = make_batch(patient.pairs, np.arange(count), packed_width=width)
    try:
        logits = score(patient.model, batch)[0]
    except ShapeError:
        return Finding(name, "skip", "a network of this kind reads one sentence per row")
    differences = logits[: batch.target_layout.lengths[0]] - torch.cat([score(patient.model, one)[0] for one in alone])
    size, (position, _) = largest(differences)
    if size <= TOLERANCE:
        return Finding(name, "pass", f"{count} sentences in one row, each as alone in a row", size, TOLERANCE)
    with recorded(patient.model) as recording:
        score(patient.model, batch)
    _, place = forbidden_weight(recording, Sentences(batch.source_layout, batch.target_layout))
    bad = f"with {count} sentences in one row, position {position} comes out differently"
    advice = "see that every attention is given Segments(layout), and that positions begin anew in each sentence"
    return Finding(name, "fail", bad, size, TOLERANCE, place or Place(query=position), advice)


def train_equals_eval(patient: Patient) -> Finding:
    """Training mode with nothing left to chance (dropout, layers left out) computes what evaluation mode computes."""
    quiet = patient.copy()
    if isinstance(quiet, Transformer):
        quiet.settings = quiet.settings.model_copy(update={"decoder_layer_drop": 0.0})
    for module in quiet.modules():
        if isinstance(module, Dropout):
            module.dropped_levels = 0
    size, place = _apart(patient.model, quiet.train(), patient.batch)
    return judged(
        "train = eval",
        measured=size,
        tolerance=TOLERANCE,
        good="training mode without dropout gives what evaluation mode gives",
        bad="training mode without dropout gives something else than evaluation mode",
        place=place,
        advice="look for a part that behaves differently in training, such as batch norm",
    )


def paths_agree(patient: Patient) -> Finding:
    """The fast ways to compute attention give what the plain way gives; so does what is chosen automatically."""
    plain = _on_path(patient, "plain")
    found = {path: _apart(plain, _on_path(patient, path), patient.batch) for path in _PATHS}
    path = max(_PATHS, key=lambda path: severity(found[path][0]))
    size, place = found[path]
    return judged(
        "paths agree",
        measured=size,
        tolerance=TOLERANCE,
        good=f"attention on the paths {' and '.join(_PATHS)} gives what the plain path gives",
        bad=f"attention on the path {path} gives something else than the plain path",
        place=place,
        advice="report it with the versions of Regard and PyTorch; translate with the plain path meanwhile",
    )


def _on_path(patient: Patient, path: AttentionPath) -> AnyModel:
    model = patient.copy()
    for core in model.attentions().values():
        core.path = path
    return model


def _apart(one: AnyModel, other: AnyModel, batch: Batch) -> tuple[float, Place]:
    """How far the logits of two networks are apart, and where they part."""
    expected, found = score(one, batch), score(other, batch)
    size, (sentence, position, _) = largest(found - expected, _real(batch).expand_as(expected))
    place = Place(sentence=sentence, query=position)
    if size <= TOLERANCE:
        return size, place
    with recorded(one) as before, recorded(other) as after:
        score(one, batch)
        score(other, batch)
    return size, first_difference(before, after, rows=(sentence, sentence), tolerance=TOLERANCE) or place
