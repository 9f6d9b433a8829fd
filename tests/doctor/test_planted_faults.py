"""Faults planted in copies of a network: each is found by its check, and followed to the part, head and position."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

from regard.attention import Finding, Place, Steps, View
from regard.batches import Batch
from regard.doctor import Patient
from regard.doctor import loss as loss_checks
from regard.doctor import patient as patients
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
from regard.doctor.padding import memory_padding, nan_at_padding, score, source_padding, target_padding
from regard.doctor.sight import row_sums
from regard.doctor.stages import recorded
from regard.doctor.stored import finite_weights, tied_embeddings, vocabulary
from regard.models import Transformer
from regard.models.embedding import InputEmbedding
from regard.models.layers import Embedding, Linear
from regard.models.multihead import HeadCore, KeyValues
from regard.models.transformer import Memory, TransformerState
from regard.text import PAD, UNK, Tokenizer
from regard.training.loss import smoothed_cross_entropy


def place_of(finding: Finding) -> Place:
    assert finding.verdict == "fail", finding
    assert finding.place is not None
    assert finding.advice
    return finding.place


class OtherSight(HeadCore):
    """Attends as all others do, but sees something else than it is told."""

    def mix(self, queries: Tensor, known: KeyValues, view: View) -> Tensor:
        return super().mix(queries, known, View.of(self.seen(view.allowed.expand(-1, self.num_heads, -1, -1).clone())))

    def seen(self, allowed: Tensor) -> Tensor:
        raise NotImplementedError


class FutureInHeadOne(OtherSight):
    def seen(self, allowed: Tensor) -> Tensor:
        allowed[:, 1] = True
        return allowed


class ShiftedTriangle(OtherSight):
    """Each query sees one key too far."""

    def seen(self, allowed: Tensor) -> Tensor:
        if allowed.shape[2] == allowed.shape[3]:
            allowed |= torch.ones(allowed.shape[2:], dtype=torch.bool).tril(1)
        return allowed


class NoPadding(OtherSight):
    def seen(self, allowed: Tensor) -> Tensor:
        return torch.ones_like(allowed)


class TopLeft(OtherSight):
    """A triangle that begins in the first corner: right in one pass, wrong with a cache."""

    def seen(self, allowed: Tensor) -> Tensor:
        return allowed & torch.ones(allowed.shape[2:], dtype=torch.bool).tril()


class NoDiagonal(OtherSight):
    """Hides a query's own position from it, but for the first."""

    def seen(self, allowed: Tensor) -> Tensor:
        if allowed.shape[2] == allowed.shape[3]:
            own = torch.eye(allowed.shape[2], dtype=torch.bool)
            own[0] = False
            allowed &= ~own
        return allowed


class Naive(HeadCore):
    """The textbook's four steps, without a policy for NaN or for queries with nothing to see."""

    fill = -torch.inf

    def _attend(self, queries: Tensor, known: KeyValues, view: View) -> Steps:
        scores = queries @ known.keys.transpose(-2, -1) * self.scale
        masked = scores.masked_fill(~view.allowed, self.fill)
        weights = masked.softmax(-1)
        return Steps(weights @ known.values, scores, masked, weights)


class LargeNegative(Naive):
    fill = -1e9


class WrongFastPath(HeadCore):
    def _attend(self, queries: Tensor, known: KeyValues, view: View) -> Steps:
        steps = super()._attend(queries, known, view)
        return steps if self.path == "plain" else replace(steps, context=steps.context * 1.001)


SIGHTS: list[tuple[type[HeadCore], str, Callable[[Patient], Finding], int | None]] = [
    (FutureInHeadOne, "decoder.1.self", future_leak, 1),
    (FutureInHeadOne, "decoder.1.self", weights, 1),
    (FutureInHeadOne, "decoder.1.self", masks, 1),
    (FutureInHeadOne, "decoder.1.self", cached_equals_full, 1),
    (ShiftedTriangle, "decoder.0.self", future_leak, None),
    (ShiftedTriangle, "decoder.0.self", weights, None),
    (NoPadding, "decoder.1.cross", source_padding, None),
    (NoPadding, "decoder.1.cross", memory_padding, None),
    (NoPadding, "decoder.1.cross", weights, None),
    (NoPadding, "decoder.1.cross", masks, 0),
    (NoPadding, "decoder.1.cross", batch_equals_alone, None),
    (NoPadding, "encoder.1.self", source_padding, None),
    (NoPadding, "encoder.1.self", batch_equals_alone, None),
    (NoPadding, "encoder.1.self", nan_at_padding, None),
    (NoPadding, "encoder.1.self", packed_equals_alone, None),
    (NoPadding, "decoder.0.cross", packed_equals_alone, None),
    (TopLeft, "decoder.1.self", cached_equals_full, None),
    (NoDiagonal, "decoder.0.self", masks, 0),
    (Naive, "encoder.0.self", nan_at_padding, None),
    (Naive, "encoder.0.self", empty_source, None),
    (LargeNegative, "decoder.0.cross", empty_source, None),
    (WrongFastPath, "decoder.0.self", paths_agree, None),
]


@pytest.mark.guarantee(
    "A broken promise of a trained model is followed to the part, the head and the position where it breaks",
    area="masks",
    control="test_other_ways_to_say_the_same_accuse_nobody",
)
@pytest.mark.parametrize(
    ("fault", "name", "check", "head"), SIGHTS, ids=[f"{one[0].__name__}-{one[1]}-{one[2].__name__}" for one in SIGHTS]
)
def test_a_fault_in_one_attention_is_found_there(
    patient: Patient, fault: type[HeadCore], name: str, check: Callable[[Patient], Finding], head: int | None
) -> None:
    assert check(patient).verdict == "pass"
    patient.model.attentions()[name].__class__ = fault
    place = place_of(check(patient))
    if fault is not WrongFastPath:
        assert place.part == name
    if head is not None:
        assert place.head == head


class SameSight(OtherSight):
    """Says what may be seen in another way."""

    def seen(self, allowed: Tensor) -> Tensor:
        return allowed


def test_other_ways_to_say_the_same_accuse_nobody(patient: Patient) -> None:
    for core in patient.model.attentions().values():
        core.__class__ = SameSight
    checks = {check for _, _, check, _ in SIGHTS}
    assert {check(patient).verdict for check in checks} == {"pass"}


def test_a_leak_names_the_words_and_the_cell(patient: Patient) -> None:
    patient.model.attentions()["decoder.1.self"].__class__ = FutureInHeadOne
    finding = future_leak(patient)
    place = place_of(finding)
    assert place.query is not None
    assert place.key is not None
    assert place.query < place.key
    batch = patient.alone(patient.shortest)
    assert batch.target_in.shape[1] > place.key
    assert "is predicted knowing" in finding.explanation
    assert f"query {place.query} → key {place.key}" in "\n".join(finding.lines())


@settings(max_examples=15)
@given(data=st.data())
def test_a_single_cell_of_a_single_head_is_found(make_patient: Callable[..., Patient], data: st.DataObject) -> None:
    """Whatever head of whatever layer, and whatever cell: the doctor names exactly that one."""
    patient = make_patient()
    layer, head = data.draw(st.integers(0, 1)), data.draw(st.integers(0, 1))
    length = patient.alone(patient.shortest).target_in.shape[1]
    query = data.draw(st.integers(0, length - 2))
    key = data.draw(st.integers(query + 1, length - 1))

    class OneCell(OtherSight):
        def seen(self, allowed: Tensor) -> Tensor:
            if allowed.shape[2] == allowed.shape[3] == length:
                allowed[:, head, query, key] = True
            return allowed

    patient.model.attentions()[f"decoder.{layer}.self"].__class__ = OneCell
    place = place_of(future_leak(patient))
    assert (place.part, place.head, place.query, place.key) == (f"decoder.{layer}.self", head, query, key)


class MixesPositions(nn.Module):
    """A norm that subtracts the mean of all positions."""

    def forward(self, vectors: Tensor) -> Tensor:
        return vectors - vectors.mean(1, keepdim=True)


class MixesSentences(nn.Module):
    """Batch norm."""

    def forward(self, vectors: Tensor) -> Tensor:
        return vectors - vectors.mean(0, keepdim=True)


class MixesSentencesInTraining(MixesSentences):
    def forward(self, vectors: Tensor) -> Tensor:
        return super().forward(vectors) if self.training else vectors


def test_a_look_into_the_future_outside_of_attention_is_found(patient: Patient) -> None:
    patient.model.get_submodule("decoder.1.around_feedforward").norm = MixesPositions()
    finding = future_leak(patient)
    assert place_of(finding).part == "decoder.1.around_feedforward.norm"
    assert place_of(finding).head is None
    assert weights(patient).verdict == "pass"


def test_padding_that_counts_outside_of_attention_is_found(patient: Patient) -> None:
    patient.model.get_submodule("encoder.0.around_feedforward").norm = MixesPositions()
    assert place_of(source_padding(patient)).part == "encoder.0.around_feedforward.norm"
    patient.model.get_submodule("decoder.0.around_feedforward").norm = MixesPositions()
    assert place_of(target_padding(patient)).part == "decoder.0.around_feedforward.norm"


def test_batch_norm_is_found(patient: Patient) -> None:
    patient.model.get_submodule("encoder.1.around_feedforward").norm = MixesSentences()
    assert place_of(batch_equals_alone(patient)).part == "encoder.1.around_feedforward.norm"
    assert train_equals_eval(patient).verdict == "pass"


def test_what_training_mode_alone_does_is_found(patient: Patient) -> None:
    patient.model.get_submodule("encoder.1.around_feedforward").norm = MixesSentencesInTraining().eval()
    assert batch_equals_alone(patient).verdict == "pass"
    assert place_of(train_equals_eval(patient)).part == "encoder.1.around_feedforward.norm"


class OneTooFar(InputEmbedding):
    """Positions off by one once decoding goes step by step."""

    def forward(self, ids: Tensor, *, first: int = 0, **others: Any) -> Tensor:
        return super().forward(ids, first=first + (first > 0), **others)


def test_positions_off_by_one_in_step_are_found(patient: Patient) -> None:
    patient.model.get_submodule("target_embedding").__class__ = OneTooFar
    place = place_of(cached_equals_full(patient))
    assert place.part is not None
    assert place.part.startswith("target_embedding")
    assert place.query == 1
    assert source_padding(patient).verdict == "pass"


class ForgetfulStart(Transformer):
    """Decoding starts without the padding mask of the source."""

    def start(self, memory: Memory, *, copies: int = 1) -> TransformerState:
        state = super().start(memory, copies=copies)
        return replace(state, memory_view=View.of(torch.ones_like(state.memory_view.allowed)))


def test_padding_forgotten_in_decoding_alone_is_found(patient: Patient) -> None:
    patient.model.__class__ = ForgetfulStart
    place = place_of(memory_padding(patient))
    assert place.part == "decoder.0.cross"
    assert source_padding(patient).verdict == "pass"
    assert cached_equals_full(patient).verdict == "fail"


@dataclass(frozen=True, eq=False)
class StubbornState(TransformerState):
    def select(self, rows: Tensor) -> "StubbornState":
        return self


class NeverReorders(Transformer):
    def start(self, memory: Memory, *, copies: int = 1) -> TransformerState:
        return StubbornState(**vars(super().start(memory, copies=copies)))

    def step(self, state: TransformerState, tokens: Tensor) -> tuple[Tensor, TransformerState]:
        logits, following = super().step(state, tokens)
        return logits, StubbornState(**vars(following))


def test_rows_that_are_not_reordered_are_found(patient: Patient) -> None:
    patient.model.__class__ = NeverReorders
    assert place_of(cached_equals_full(patient)).part == "select (rows reordered)"


def test_a_nan_in_the_weights_is_found_by_name_and_by_the_position_it_reaches(patient: Patient) -> None:
    token = int(patient.batch.target_in[1, 2])
    assert token not in patient.batch.source
    with torch.no_grad():
        patient.model.get_submodule("target_embedding.tokens").weight[token, 5] = torch.nan
    name = "target_embedding.tokens.weight"
    stored = {**patient.stored, name: patient.model.get_submodule("target_embedding.tokens").weight}
    broken = replace(patient, stored=stored)
    assert place_of(finite_weights(broken)).part == f"{name}[{token}, 5]"
    place = place_of(finite_logits(broken))
    assert place.part is not None
    assert place.part.startswith("target_embedding")
    assert (place.sentence, place.query) == (1, 2)


@pytest.mark.guarantee(
    "A NaN that is hidden from earlier queries alone still reaches them (0 · NaN): reported, with its position",
    area="masks",
    control="test_a_nan_that_is_spread_before_attention_is_not_found_where_it_stands",
    reported="pytorch #101967",
)
def test_a_nan_in_the_future_is_found_where_it_stands(patient: Patient) -> None:
    finding = nan_in_the_future(patient)
    last = patient.alone(patient.shortest).target_in.shape[1] - 1
    assert finding.verdict == "pass"
    assert f"planted at position {last}, found there; 0 · NaN takes it to {last} earlier ones" in finding.explanation


def test_a_nan_that_is_spread_before_attention_is_not_found_where_it_stands(patient: Patient) -> None:
    patient.model.get_submodule("target_embedding").dropout = MixesPositions()
    finding = nan_in_the_future(patient)
    assert "is not found there" in finding.explanation
    assert place_of(finding).query == 0


def test_pads_in_the_loss_are_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_pads(model: Any, batch: Batch, *, smoothing: float) -> Tensor:
        features = model.features(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
        logits = model.logits(features).flatten(0, 1)
        return smoothed_cross_entropy(logits, batch.target_out.flatten(), smoothing=smoothing)

    assert loss_without_pads(patient).verdict == "pass"
    monkeypatch.setattr(loss_checks, "batch_loss", with_pads)
    assert place_of(loss_without_pads(patient)).part == "loss"


class NanInFirstSentence(nn.Module):
    """As what depends on the place in the batch; all other sentences stay as they are."""

    def forward(self, vectors: Tensor) -> Tensor:
        if len(vectors) == 1:
            return vectors
        return torch.cat((vectors[:1] * torch.nan, vectors[1:]))


def test_a_nan_that_numbers_follow_is_not_forgotten(patient: Patient) -> None:
    with recorded(patient.model) as recording:
        score(patient.model, patient.batch)
    first = recording.looks[0].attended.steps.weights
    assert first is not None
    first[0, 1, 0, 0] = torch.nan
    size, place = row_sums(recording)
    assert math.isnan(size)
    assert place is not None
    assert (place.part, place.head) == (recording.looks[0].name, 1)
    patient.model.get_submodule("decoder.1.around_feedforward").norm = NanInFirstSentence()
    assert place_of(batch_equals_alone(patient)).part == "decoder.1.around_feedforward.norm"


def test_a_gradient_that_padding_makes_nan_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = loss_checks.batch_loss

    def with_nan_gradient(model: Any, batch: Batch, *, smoothing: float) -> Tensor:
        loss = whole(model, batch, smoothing=smoothing)
        if len(batch.source) > 1:
            weight = model.get_parameter("encoder.0.around_feedforward.norm.weight")
            loss = loss + (0 * weight.sum()).sqrt()  # 0, with a slope of 0 times infinity
        return loss

    monkeypatch.setattr(loss_checks, "batch_loss", with_nan_gradient)
    finding = loss_without_pads(patient)
    assert place_of(finding).part == "encoder.0.around_feedforward.norm.weight"
    assert math.isnan(finding.measured or 0)


def test_a_nan_in_a_tied_table_is_found(make_patient: Callable[..., Patient]) -> None:
    patient = make_patient(tied_embeddings="target")
    with torch.no_grad():
        patient.model.get_parameter("target_embedding.tokens.weight")[5, 0] = torch.nan
    assert place_of(tied_embeddings(patient)).part == "output"


def test_another_id_of_padding_on_the_target_side_is_found(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = patients.make_batch

    def filled_with_unk(*given: Any) -> Batch:
        batch = made(*given)
        return replace(batch, target_in=batch.target_in.masked_fill(batch.target_in == PAD, UNK))

    assert pad_ids(patient).verdict == "pass"
    monkeypatch.setattr(patients, "make_batch", filled_with_unk)
    place = place_of(pad_ids(patient))
    assert (place.part, place.sentence) == ("target inputs", 0)


def test_tables_that_are_not_tied_are_found(patient: Patient, make_patient: Callable[..., Patient]) -> None:
    names = ("source_embedding.tokens.weight", "target_embedding.tokens.weight")
    table = patient.stored[names[0]]
    apart = replace(patient, stored={names[0]: table, names[1]: table + 1e-3})
    assert place_of(tied_embeddings(apart)).part == names[0]
    patient.model.output = Linear(16, patient.model.vocab_size, bias=False).double()
    assert place_of(tied_embeddings(patient)).part == "output"
    two = make_patient(tied_embeddings="none")
    said_to_be_one = two.settings.model_copy(update={"model": patient.settings.model})
    assert tied_embeddings(two).verdict == "pass"
    assert tied_embeddings(replace(two, settings=said_to_be_one)).verdict == "fail"


def test_a_tokenizer_of_another_model_is_found(patient: Patient) -> None:
    assert vocabulary(patient).verdict == "pass"
    other = Tokenizer.train(["one two three", "un deux trois"], vocab_size=300)
    assert "320" in vocabulary(replace(patient, tokenizer=patient.tokenizer)).explanation
    finding = vocabulary(replace(patient, tokenizer=other))
    assert place_of(finding).part is not None
    assert f"the tokenizer has {other.vocab_size} pieces" in finding.explanation


def test_a_control_token_in_a_sentence_is_found(patient: Patient) -> None:
    patient.pairs.target.ids[2] = PAD
    finding = vocabulary(patient)
    assert place_of(finding).part == "tokenizer"
    assert (place_of(finding).sentence, place_of(finding).query) == (0, 2)


class DeafToTheSource(HeadCore):
    def _attend(self, queries: Tensor, known: KeyValues, view: View) -> Steps:
        steps = super()._attend(queries, known, view)
        return replace(steps, context=torch.zeros_like(steps.context))


def test_a_network_that_reads_its_source_is_not_accused(patient: Patient) -> None:
    assert source_is_read(patient).verdict == "pass"


@pytest.mark.guarantee(
    "A model that has the same words for every sentence is diagnosed",
    area="models",
    control="test_a_network_that_reads_its_source_is_not_accused",
    reported="OpenNMT-py #227, joeynmt #58, hkproj #18",
)
def test_the_same_words_for_every_sentence_are_found(patient: Patient) -> None:
    for name, core in patient.model.attentions().items():
        if name.endswith("cross"):
            core.__class__ = DeafToTheSource
    assert place_of(source_is_read(patient)).part == "cross-attention"
    finding = different_answers(patient)
    assert finding.verdict == "fail"
    assert "3 of 3 sentences are translated alike" in finding.explanation
    assert "train longer" in finding.advice


def test_a_model_that_cannot_translate_says_so(patient: Patient) -> None:
    with torch.no_grad():
        next(module for module in patient.model.modules() if isinstance(module, Embedding)).weight.fill_(torch.inf)
    finding = different_answers(patient)
    assert finding.verdict == "fail"
    assert "there are no translations" in finding.explanation
