"""The model as it is stored: finite weights, tied where it says so, as wide as its vocabulary."""

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from regard.attention import Finding, Place
from regard.attention.diagnosis import judged, largest, severity
from regard.doctor.patient import Patient
from regard.models.layers import Embedding
from regard.text import BOS, EOS, PAD, UNK

_TYING: Final = {"all": 1, "target": 2, "none": 2}
"""How many tables of word vectors there are, by ``model.tied_embeddings``."""


def finite_weights(patient: Patient) -> Finding:
    """No stored weight is NaN or infinite."""
    count, first = 0, None
    weights = _each_once(patient.stored)
    for name, weight in weights.items():
        broken = ~weight.isfinite()
        count += int(broken.sum())
        if first is None and bool(broken.any()):
            first = Place(f"{name}{broken.nonzero()[0].tolist()}")
    return judged(
        "finite weights",
        measured=count,
        tolerance=0,
        good=f"all {sum(weight.numel() for weight in weights.values()):,} weights are finite",
        bad=f"{count:,} weights are NaN or infinite",
        place=first,
        advice="training diverged: take an earlier checkpoint, or train with a lower training.learning_rate",
    )


def _each_once(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights that several names share, under the first of them."""
    kept: dict[int, tuple[str, Tensor]] = {}
    for name, weight in stored.items():
        kept.setdefault(weight.data_ptr(), (name, weight))
    return dict(kept.values())


def vocabulary(patient: Patient) -> Finding:
    """Tokenizer, tables of word vectors and output have one size, and sentences survive the tokenizer."""
    size = patient.tokenizer.vocab_size
    tables = {name: module.weight for name, module in patient.model.named_modules() if isinstance(module, Embedding)}
    wrong = [name for name, weight in tables.items() if weight.shape[0] != size]
    with torch.no_grad():
        if (
            patient.model.logits(torch.zeros(1, patient.settings.model.model_dim, dtype=torch.float64)).shape[-1]
            != size
        ):
            wrong.append("output")
    if wrong:
        return Finding(
            "vocabulary",
            "fail",
            f"the tokenizer has {size:,} pieces, but {', '.join(wrong)} of the network has another size",
            len(wrong),
            0,
            Place(wrong[0]),
            "this tokenizer does not belong to these weights; take both from one folder",
        )
    return _no_controls(patient)


def _no_controls(patient: Patient) -> Finding:
    """No sentence holds a control token: text never becomes one.

    Vocabularies learned elsewhere have no bytes, and one piece for all they do not know.
    """
    controls = {PAD, BOS, EOS} | (set() if patient.tokenizer.vocabulary.adopted else {UNK})
    for side in (patient.pairs.source, patient.pairs.target):
        for sentence in range(len(side)):
            for position, token in enumerate(side[sentence].tolist()):
                if token in controls:
                    bad = f"{patient.spelled(token)} stands in a sentence, but text must not become a control token"
                    place = Place("tokenizer", sentence=sentence, query=position)
                    return Finding("vocabulary", "fail", bad, 1, 0, place, "take the tokenizer of the run's folder")
    return Finding("vocabulary", "pass", f"{patient.tokenizer.vocab_size:,} pieces, in tokenizer and network", 0, 0)


def tied_embeddings(patient: Patient) -> Finding:
    """Tables that are said to be one are one: in the network, in the file, and where logits are made."""
    tying = patient.settings.model.tied_embeddings
    tables = [module for module in patient.model.modules() if isinstance(module, Embedding)]
    stored = {name: weight for name, weight in patient.stored.items() if name.endswith("tokens.weight")}
    apart = _apart(stored) if tying == "all" else 0.0
    off = _off_the_table(patient) if tying != "none" else 0.0
    wrong = 0 if len(tables) == _TYING[tying] else abs(len(tables) - _TYING[tying])
    return judged(
        "tied embeddings",
        measured=max(apart, off, wrong, key=severity),
        tolerance=1e-9,
        good=f"model.tied_embeddings = {tying}: {len(tables)} table{'s' if len(tables) > 1 else ''} of word vectors",
        bad=f"model.tied_embeddings is {tying}, but the tables it names are not one",
        place=Place(next(iter(stored), "word vectors") if apart else "output" if off else "word vectors"),
        advice="save the model again from training; the file's tables must be shared or equal",
    )


def _apart(stored: dict[str, Tensor]) -> float:
    """How far stored tables that should be one are from each other."""
    first, *others = stored.values()
    return max((largest(other - first)[0] for other in others), default=0.0, key=severity)


def _off_the_table(patient: Patient) -> float:
    """How far logits are from the dot products with the vectors of target words."""
    tables = [module.weight for module in patient.model.modules() if isinstance(module, Embedding)]
    vectors = torch.eye(patient.settings.model.model_dim, dtype=torch.float64)
    with torch.no_grad():
        logits = patient.model.logits(vectors) - patient.model.logits(torch.zeros_like(vectors))
        return min((largest(logits - table.t())[0] for table in tables), key=severity)
