"""What attention really did on a whole batch: the masks it was given, and the weights it made of them."""

from regard.attention import Finding, Place
from regard.attention.diagnosis import judged
from regard.batches import Batch
from regard.doctor.padding import score
from regard.doctor.patient import Patient
from regard.doctor.sight import Sentences, forbidden_weight, row_sums, wrong_cells
from regard.doctor.stages import Recording, recorded


def _watched(patient: Patient) -> tuple[Recording, Sentences, Batch]:
    batch = patient.batch
    with recorded(patient.model) as recording:
        score(patient.model, batch)
    return recording, Sentences(batch.source_layout, batch.target_layout), batch


def masks(patient: Patient) -> Finding:
    """Every mask allows real keys, no padding and no future: cell by cell what is written down in ``sight``."""
    recording, sentences, _ = _watched(patient)
    count, place = wrong_cells(recording, sentences)
    parts = len({look.name for look in recording.looks})
    return judged(
        "masks",
        measured=count,
        tolerance=0,
        good=f"{parts} attentions allow real keys, no padding and no future",
        bad=f"{count} cells are not as they must be: real keys that are not in the future are visible, others hidden",
        place=place,
        advice="compare the mask this attention is given with Causal() and Padding(layout)",
    )


def weights(patient: Patient) -> Finding:
    """Weights are exactly 0 where a query may not look, and the others sum to 1."""
    recording, sentences, batch = _watched(patient)
    size, place = forbidden_weight(recording, sentences)
    if place is not None:
        bad = f"a weight of {size:.2g} at {_key(patient, batch, place)}, which this query may not look at"
        return Finding("weights", "fail", bad, size, 0, place, "hide the cell before the softmax, in this head too")
    off, place = row_sums(recording)
    return judged(
        "weights",
        measured=off,
        tolerance=1e-12,
        good="0 wherever a query may not look, and they sum to 1",
        bad="the weights of a query do not sum to 1 (or to 0, if it may look at nothing)",
        place=place,
        advice="see that nothing changes the weights after the softmax",
    )


def _key(patient: Patient, batch: Batch, place: Place) -> str:
    part, sentence, key = place.part or "", place.sentence or 0, place.key or 0
    ids = batch.target_in if part.startswith("decoder") and part.endswith("self") else batch.source
    return patient.spelled(int(ids[sentence, key]))
