"""A model without a fault passes, whatever it is made of; one that was trained without a mask fails, at the place."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
import torch
from torch import nn

from regard.attention import Diagnosis, Finding
from regard.bundle import BundleFacts, load_bundle, save_bundle
from regard.corpus import Origin, Pair
from regard.doctor import Patient, examine
from regard.doctor.answers import different_answers
from regard.doctor.examine import CHECKS
from regard.errors import BundleError, InputError
from regard.models import Transformer, build_model
from regard.text import Tokenizer
from regard.translator import Translator

PAIRS = [Pair("the old cat sleeps", "le vieux chat dort", Origin("tests", line)) for line in (1, 2)]

# What only training can achieve is asked of the trained model.
STRUCTURE = tuple(check for check in CHECKS.values() if check is not different_answers)


def structure(patient: Patient) -> Diagnosis:
    return Diagnosis(tuple(check(patient) for check in STRUCTURE))


def test_a_trained_model_passes_every_check(trained: Patient) -> None:
    diagnosis = examine(trained)
    assert [finding.name for finding in diagnosis.failed] == []
    assert {finding.verdict for finding in diagnosis.findings} == {"pass"}
    assert [finding.name for finding in diagnosis.findings] == list(CHECKS)
    assert len(CHECKS) == 22


@pytest.mark.parametrize(
    "model",
    [
        {"norm": "post", "positions": "learned", "max_length": 40, "tied_embeddings": "target"},
        {"norm": "pre", "positions": "rotary", "tied_embeddings": "none", "output_bias": True},
        {"norm": "pre", "positions": "sinusoidal-halves", "feedforward": "swiglu", "embedding_norm": True},
        {"norm": "post", "positions": "none", "feedforward": "none", "dropout": 0.3, "attention_dropout": 0.2},
        {"decoder_layer_drop": 0.9},
    ],
    ids=["post-learned", "pre-rotary", "pre-halves", "post-none", "layer-drop"],
)
def test_every_kind_of_network_passes(make_patient, model: dict[str, object]) -> None:
    assert [str(finding) for finding in structure(make_patient(**model)).failed] == []


@pytest.mark.parametrize(
    "recurrent", [{}, {"cell": "lstm", "attention_score": "dot", "input_feeding": True}], ids=["gru", "lstm"]
)
def test_a_recurrent_network_passes(make_patient, recurrent: dict[str, object]) -> None:
    diagnosis = structure(make_patient(kind="recurrent", state_dim=16, **recurrent))
    assert [str(finding) for finding in diagnosis.failed] == []


def failures(diagnosis: Diagnosis) -> dict[str, Finding]:
    return {finding.name: finding for finding in diagnosis.failed}


def part(finding: Finding) -> str | None:
    assert finding.place is not None
    return finding.place.part


def test_a_model_trained_without_the_future_mask_fails_at_its_first_attention(make_patient) -> None:
    found = failures(structure(make_patient(future_mask=False)))
    assert found.keys() == {"masks", "weights", "future leak", "cached = full"}
    assert part(found["future leak"]) == part(found["weights"]) == part(found["cached = full"]) == "decoder.0.self"
    assert "model.future_mask is off" in found["future leak"].advice
    place = found["future leak"].place
    assert place is not None
    assert place.head is not None
    assert place.query is not None
    assert place.key is not None
    assert place.query < place.key


def test_a_model_trained_without_the_padding_mask_fails_at_its_first_attention(make_patient) -> None:
    found = failures(structure(make_patient(padding_mask=False)))
    expected = {"masks", "weights", "padding: source", "padding: memory", "NaN at padding", "empty source"}
    assert found.keys() == expected | {"loss without pads", "batch = alone"}
    assert part(found["padding: source"]) == part(found["weights"]) == part(found["batch = alone"]) == "encoder.0.self"
    assert part(found["padding: memory"]) == "decoder.0.cross"
    assert "model.padding_mask is off" in found["padding: source"].advice


def test_bfloat16_weights_are_examined_too(tiny_run: Path, tmp_path: Path) -> None:
    bundle = load_bundle(tiny_run)
    weights = {name: weight.to(torch.bfloat16) for name, weight in bundle.weights().items()}
    save_bundle(
        tmp_path / "half",
        settings=bundle.settings,
        tokenizer=bundle.tokenizer,
        weights=weights,
        facts=BundleFacts(),
    )
    patient = Patient.load(tmp_path / "half")
    assert all(weight.dtype == torch.bfloat16 for weight in patient.stored.values())
    assert examine(patient).ok


def test_the_patient_is_a_copy_and_stays_as_it_is(trained: Patient) -> None:
    before = {name: weight.clone() for name, weight in trained.model.state_dict().items()}
    paths = {name: core.path for name, core in trained.model.attentions().items()}
    examine(trained)
    assert all(torch.equal(weight, before[name]) for name, weight in trained.model.state_dict().items())
    assert {name: core.path for name, core in trained.model.attentions().items()} == paths
    assert all(core.witness is None for core in trained.model.attentions().values())
    assert all(not isinstance(module, nn.Module) or not module._forward_hooks for module in trained.model.modules())
    assert not trained.model.training
    assert isinstance(trained.model, Transformer)


def test_sentences_are_the_models_own_if_they_can_be_read(tiny_run: Path, trained: Patient) -> None:
    assert "numbers.en" in trained.description or "everyday sentences" in trained.description
    assert len(trained.pairs) == 8
    assert len(Patient.load(tiny_run, num_sentences=2).pairs) == 2


def test_one_sentence_is_enough_for_all_but_comparing(tiny_run: Path) -> None:
    diagnosis = examine(Patient.load(tiny_run, num_sentences=1))
    assert diagnosis.ok
    skipped = {finding.name for finding in diagnosis.findings if finding.verdict == "skip"}
    assert skipped == {"source is read", "different answers"}


def test_what_cannot_be_examined_is_refused(tmp_path: Path, make_patient) -> None:
    with pytest.raises(InputError, match="with 1 to 50 sentences at once, but 0 are asked for"):
        Patient.load(tmp_path, num_sentences=0)
    with pytest.raises(BundleError, match="holds no model"):
        Patient.load(tmp_path)
    with pytest.raises(
        InputError, match=r"model\.max_length is 7, but to examine a model with learned positions 8 are"
    ):
        make_patient(positions="learned", max_length=7)
    assert make_patient(positions="learned", max_length=8).batch.target_in.shape[1] <= 8 - 3


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
def test_it_may_be_asked_for_where_gradients_are_off(make_patient, mode: Callable[[], AbstractContextManager]) -> None:
    with mode():
        found = examine(make_patient())
    assert {finding.name for finding in found.failed} <= {"different answers"}


def test_what_one_fault_makes_impossible_does_not_hide_it(patient: Patient, tokenizer: Tokenizer) -> None:
    small = build_model(patient.settings.model, tokenizer.vocab_size - 30)
    diagnosis = examine(Patient.of(Translator(small, tokenizer, patient.settings), PAIRS))
    found = failures(diagnosis)
    assert "this tokenizer does not belong to these weights" in found["vocabulary"].advice
    assert "the check could not be made: index out of range" in found["finite logits"].explanation
    assert [finding.name for finding in diagnosis.findings] == list(CHECKS)


def test_weights_that_are_all_nothing_are_examined_to_the_end(patient: Patient) -> None:
    with torch.no_grad():
        for weight in patient.model.parameters():
            weight.zero_()
    assert "source is read" in failures(examine(patient))


def test_memory_that_runs_out_is_no_finding(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(_: Patient) -> Finding:
        raise torch.OutOfMemoryError("of CUDA")

    monkeypatch.setitem(CHECKS, "masks", out_of_memory)
    with pytest.raises(torch.OutOfMemoryError):
        examine(patient)


def test_no_pairs_are_refused(patient: Patient, tokenizer: Tokenizer) -> None:
    with pytest.raises(InputError, match="no pairs were given"):
        Patient.of(Translator(patient.model, tokenizer, patient.settings), [])
