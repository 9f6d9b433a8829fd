"""The examination: every check, in an order in which the first failure tends to be the cause of later ones."""

from collections.abc import Callable
from typing import Final

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

CHECKS: Final[tuple[Callable[[Patient], Finding], ...]] = (
    finite_weights,
    vocabulary,
    tied_embeddings,
    finite_logits,
    masks,
    weights,
    future_leak,
    nan_in_the_future,
    source_padding,
    memory_padding,
    target_padding,
    nan_at_padding,
    empty_source,
    pad_ids,
    loss_without_pads,
    cached_equals_full,
    batch_equals_alone,
    packed_equals_alone,
    train_equals_eval,
    paths_agree,
    source_is_read,
    different_answers,
)


def examine(patient: Patient) -> Diagnosis:
    """Runs every check. The patient is not changed; nothing is trained, and nothing is written."""
    return Diagnosis(tuple(check(patient) for check in CHECKS))
