"""The examination: every check, in an order in which the first failure tends to be the cause of later ones."""

from collections.abc import Callable, Mapping
from typing import Final

import torch

from regard.attention import Diagnosis, Finding
from regard.doctor.answers import different_answers, finite_logits, source_is_read
from regard.doctor.attending import masks, weights
from regard.doctor.blind import empty_source
from regard.doctor.equal import (
    batch_equals_alone,
    cached_equals_full,
    packed_equals_alone,
    paths_agree,
    train_equals_eval,
)
from regard.doctor.future import future_leak, nan_in_the_future
from regard.doctor.loss import loss_without_pads, pad_ids
from regard.doctor.padding import memory_padding, nan_at_padding, source_padding, target_padding
from regard.doctor.patient import Patient
from regard.doctor.stored import finite_weights, tied_embeddings, vocabulary
from regard.errors import is_out_of_memory

CHECKS: Final[Mapping[str, Callable[[Patient], Finding]]] = {
    "finite weights": finite_weights,
    "vocabulary": vocabulary,
    "tied embeddings": tied_embeddings,
    "finite logits": finite_logits,
    "masks": masks,
    "weights": weights,
    "future leak": future_leak,
    "NaN in the future": nan_in_the_future,
    "padding: source": source_padding,
    "padding: memory": memory_padding,
    "padding: target": target_padding,
    "NaN at padding": nan_at_padding,
    "empty source": empty_source,
    "pad ids": pad_ids,
    "loss without pads": loss_without_pads,
    "cached = full": cached_equals_full,
    "batch = alone": batch_equals_alone,
    "packed = alone": packed_equals_alone,
    "train = eval": train_equals_eval,
    "paths agree": paths_agree,
    "source is read": source_is_read,
    "different answers": different_answers,
}


def examine(patient: Patient) -> Diagnosis:
    """Runs every check. The patient is not changed; nothing is trained, and nothing is written.

    It may be asked for under ``torch.no_grad()`` or ``torch.inference_mode()``, though some checks need gradients.
    """
    with torch.inference_mode(False), torch.enable_grad():
        return Diagnosis(tuple(_made(name, check, patient) for name, check in CHECKS.items()))


def _made(name: str, check: Callable[[Patient], Finding], patient: Patient) -> Finding:
    """What a check finds; one that a fault found before makes impossible does not hide that fault."""
    try:
        return check(patient)
    except (RuntimeError, IndexError) as error:
        if is_out_of_memory(error):
            raise
        told = f"the check could not be made: {error}"
        return Finding(name, "fail", told, advice="see to the failures above first; they are the likely cause")
