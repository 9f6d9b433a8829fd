"""The doctor for anyone's attention: each planted fault is found by its check, and what is intact passes."""

import math

import pytest
import torch
from torch import Tensor, nn

from regard.attention import Diagnosis, doctor
from regard.errors import InputError, ShapeError

DIM, HEADS = 8, 2
BROKEN_BY_NAN = {"blind rows", "NaN at padding"}


class Attention(nn.Module):
    """Multi-head self-attention without a fault; subclasses plant one."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.project = nn.Linear(DIM, 3 * DIM)
        self.output = nn.Linear(DIM, DIM)
        self.dropout = nn.Dropout(0.5)

    def forward(self, inputs: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
        batch, length, _ = inputs.shape
        parts = self.project(inputs).view(batch, length, 3, HEADS, DIM // HEADS).permute(2, 0, 3, 1, 4)
        queries, keys, values = parts[0][:, :, -allowed.shape[2] :], parts[1], parts[2]
        allowed = self.seen(allowed).expand(batch, HEADS, -1, -1)
        unseen = ~allowed.any(-2)[..., None]
        keys, values = self.blank(keys, unseen), self.blank(values, unseen)
        weights = self.weigh(queries @ keys.transpose(-2, -1) / math.sqrt(DIM // HEADS), allowed)
        context = self.dropout(weights) @ values
        return self.finish(self.output(context.transpose(1, 2).flatten(2))), weights

    def seen(self, allowed: Tensor) -> Tensor:
        return allowed

    def blank(self, vectors: Tensor, unseen: Tensor) -> Tensor:
        return vectors.masked_fill(unseen, 0)

    def weigh(self, scores: Tensor, allowed: Tensor) -> Tensor:
        blind = ~allowed.any(-1, keepdim=True)
        return scores.masked_fill(~allowed, -torch.inf).masked_fill(blind, 0).softmax(-1).masked_fill(blind, 0)

    def finish(self, output: Tensor) -> Tensor:
        return output


def passing(diagnosis: Diagnosis) -> set[str]:
    return {finding.name for finding in diagnosis.findings if finding.verdict == "pass"}


def failing(diagnosis: Diagnosis) -> set[str]:
    return {finding.name for finding in diagnosis.failed}


def test_an_attention_without_a_fault_passes_every_check() -> None:
    diagnosis = doctor(Attention(), model_dim=DIM, last_queries=True)
    assert len(passing(diagnosis)) == len(diagnosis.findings) == 13
    assert diagnosis.ok
    assert "FAIL" not in str(diagnosis)


class Inverted(Attention):
    def seen(self, allowed: Tensor) -> Tensor:
        return ~allowed


class Deaf(Attention):
    def seen(self, allowed: Tensor) -> Tensor:
        return torch.ones_like(allowed)


class FutureInOneHead(Attention):
    """Head 1 sees everything before the last visible key."""

    def seen(self, allowed: Tensor) -> Tensor:
        keys = allowed.any(-2, keepdim=True).expand_as(allowed)
        return torch.cat((allowed, keys), dim=1)


class Shifted(Attention):
    """A triangle that goes one cell too far."""

    def seen(self, allowed: Tensor) -> Tensor:
        ones = torch.ones(allowed.shape[-2:], dtype=torch.bool)
        return ones.tril(1).expand_as(allowed) if torch.equal(allowed[0, 0], ones.tril()) else allowed


class StrictTriangle(Attention):
    """A triangle without its diagonal on top of the given mask."""

    def seen(self, allowed: Tensor) -> Tensor:
        return allowed & torch.ones(allowed.shape[-2:], dtype=torch.bool).tril(allowed.shape[-1] - 2)


class MaskOfTheFirstSentence(Attention):
    def seen(self, allowed: Tensor) -> Tensor:
        return allowed[:1].expand_as(allowed)


class MaskInEvaluationOnly(Attention):
    def seen(self, allowed: Tensor) -> Tensor:
        return torch.ones_like(allowed) if self.training else allowed


class PaddingInHeadOne(Attention):
    """Head 1 looks at padding: it honours a mask only where it depends on the query."""

    def seen(self, allowed: Tensor) -> Tensor:
        same = (allowed == allowed[:, :, :1]).all(-1, keepdim=True).all(-2, keepdim=True)
        return torch.cat((allowed, allowed | same), dim=1)


class TopLeft(Attention):
    """A triangle of its own that begins in the first corner, as is_causal does."""

    def seen(self, allowed: Tensor) -> Tensor:
        return torch.ones(allowed.shape[-2:], dtype=torch.bool).tril() & allowed


class LargeNegative(Attention):
    fill = -1e9

    def weigh(self, scores: Tensor, allowed: Tensor) -> Tensor:
        return scores.masked_fill(~allowed, self.fill).softmax(-1)


class SmallNegative(LargeNegative):
    fill = -100.0


class OverflowingProduct(Attention):
    """0 · (-1e9) in half precision is 0 · -inf."""

    def weigh(self, scores: Tensor, allowed: Tensor) -> Tensor:
        hidden = (~allowed).to(scores.dtype)
        return super().weigh(scores + hidden * torch.tensor(-1e9).to(scores.dtype), allowed)


class SmallestNumber(Attention):
    def weigh(self, scores: Tensor, allowed: Tensor) -> Tensor:
        return scores.masked_fill(~allowed, torch.finfo(scores.dtype).min).softmax(-1)


class MinusInfinity(Attention):
    def weigh(self, scores: Tensor, allowed: Tensor) -> Tensor:
        return scores.masked_fill(~allowed, -torch.inf).softmax(-1)


class NanInTheGradientOnly(Attention):
    """Adds minus infinity, and clears the NaN after the softmax: the gradient has it still."""

    def weigh(self, scores: Tensor, allowed: Tensor) -> Tensor:
        weights = (scores + torch.zeros_like(scores).masked_fill(~allowed, -torch.inf)).softmax(-1)
        return torch.where(allowed.any(-1, keepdim=True), weights, torch.zeros_like(weights))


class MaskAfterSoftmax(Attention):
    def weigh(self, scores: Tensor, allowed: Tensor) -> Tensor:
        return scores.softmax(-1) * allowed


class NanLeaks(Attention):
    def blank(self, vectors: Tensor, unseen: Tensor) -> Tensor:
        return vectors


class MeanOverTheRow(Attention):
    def finish(self, output: Tensor) -> Tensor:
        return output - output.mean(dim=1, keepdim=True)


class NormOverTheBatch(Attention):
    def finish(self, output: Tensor) -> Tensor:
        return output - output.mean(dim=0, keepdim=True)


class BatchNorm(Attention):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(DIM)

    def finish(self, output: Tensor) -> Tensor:
        return self.norm(output.transpose(1, 2)).transpose(1, 2)


FAULTS: list[tuple[type[Attention], str, str]] = [
    (Inverted, "polarity", "True hides here"),
    (Deaf, "polarity", "the mask changes nothing"),
    (FutureInOneHead, "future leak", "depends on input"),
    (FutureInOneHead, "weights", "a key that is hidden"),
    (Shifted, "future leak", "one key too far"),
    (StrictTriangle, "visible keys", "hides too much"),
    (MaskOfTheFirstSentence, "batch = alone", "comes out differently among others"),
    (MaskInEvaluationOnly, "train = eval", "something else than evaluation mode"),
    (PaddingInHeadOne, "padding leak", "depends on the padding"),
    (TopLeft, "last queries", "queries alone give something else"),
    (LargeNegative, "float16", "overflow"),
    (LargeNegative, "blind rows", "uniform"),
    (SmallNegative, "future leak", "depends on input"),
    (SmallNegative, "weights", "a key that is hidden"),
    (OverflowingProduct, "float16", "not finite"),
    (SmallestNumber, "blind rows", "uniform"),
    (MinusInfinity, "blind rows", "becomes NaN"),
    (NanInTheGradientOnly, "blind rows", "the gradient holds NaN"),
    (MaskAfterSoftmax, "weights", "do not sum to 1"),
    (MaskAfterSoftmax, "future leak", "depends on input"),
    (NanLeaks, "NaN at padding", "reaches 4 real positions"),
    (MeanOverTheRow, "padding width", "3 cells of padding"),
    (MeanOverTheRow, "padding leak", "depends on the padding"),
    (NormOverTheBatch, "batch = alone", "among others"),
    (BatchNorm, "train = eval", "something else"),
]


@pytest.mark.guarantee(
    "Faults planted into attention of any make are found and named; sound attention passes",
    area="masks",
    control="test_an_attention_without_a_fault_passes_every_check",
)
@pytest.mark.parametrize(("attention", "check", "words"), FAULTS, ids=lambda value: getattr(value, "__name__", value))
def test_a_planted_fault_is_found_by_its_check(attention: type[Attention], check: str, words: str) -> None:
    finding = doctor(attention(), model_dim=DIM, last_queries=attention is TopLeft)[check]
    assert finding.verdict == "fail"
    assert words in finding.explanation
    assert finding.advice


def test_the_head_and_the_cell_of_a_leak_are_named() -> None:
    diagnosis = doctor(FutureInOneHead(), model_dim=DIM)
    for check in ("future leak", "weights"):
        place = diagnosis[check].place
        assert place is not None
        assert place.head == 1
        assert place.query is not None
        assert place.key is not None
        assert place.query < place.key
        assert f"head 1, sentence 0, query {place.query} → key {place.key}" in str(diagnosis)
    assert diagnosis["padding leak"].verdict == "pass"


def test_the_layer_is_named_when_weights_come_by_layer() -> None:
    class Stack(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList([Attention(), FutureInOneHead()])

        def forward(self, inputs: Tensor, allowed: Tensor) -> tuple[Tensor, list[Tensor]]:
            weights = []
            for layer in self.layers:
                found, looked = layer(inputs, allowed)
                inputs = inputs + found
                weights.append(looked)
            return inputs, weights

    place = doctor(Stack(), model_dim=DIM)["future leak"].place
    assert place is not None
    assert (place.part, place.head) == ("layer 1", 1)


def test_behind_a_wrong_polarity_other_faults_are_still_found() -> None:
    class Both(FutureInOneHead):
        def seen(self, allowed: Tensor) -> Tensor:
            return super().seen(~allowed)

    assert failing(doctor(Both(), model_dim=DIM)) >= {"polarity", "future leak"}
    assert failing(doctor(Inverted(), model_dim=DIM)) == {"polarity"}


def test_a_module_that_is_examined_is_not_touched() -> None:
    attention = Attention().train()
    before = {name: weight.clone() for name, weight in attention.state_dict().items()}
    doctor(attention, model_dim=DIM)
    assert attention.training
    assert attention.dropout.p == 0.5
    assert all(torch.equal(weight, before[name]) for name, weight in attention.state_dict().items())
    assert all(weight.grad is None for weight in attention.parameters())


def test_a_function_is_examined_as_it_is() -> None:
    def attend(inputs: Tensor, allowed: Tensor) -> Tensor:
        scores = (inputs @ inputs.transpose(1, 2)).masked_fill(~allowed[:, 0], -torch.inf)
        return scores.softmax(-1) @ inputs

    diagnosis = doctor(attend, model_dim=DIM)
    assert failing(diagnosis) == BROKEN_BY_NAN
    assert diagnosis["train = eval"].verdict == "skip"
    assert diagnosis["weights"].verdict == "skip"
    assert diagnosis["float16"].verdict == "pass"


def test_a_function_of_float32_alone_is_examined_in_float32() -> None:
    attention = Attention().eval()
    diagnosis = doctor(lambda inputs, allowed: attention(inputs, allowed), model_dim=DIM)
    assert diagnosis.ok
    assert {finding.name for finding in diagnosis.findings if finding.verdict == "skip"} == {
        "train = eval",
        "float16",
        "bfloat16",
        "last queries",
    }


def test_the_type_can_be_chosen() -> None:
    diagnosis = doctor(Attention(), model_dim=DIM, dtype=torch.float32)
    assert diagnosis.ok
    assert diagnosis["padding width"].tolerance == 1e-4
    assert doctor(Attention(), model_dim=DIM)["padding width"].tolerance == 1e-9


def test_what_forward_raises_on_the_way_is_a_finding() -> None:
    class Fussy(Attention):
        def seen(self, allowed: Tensor) -> Tensor:
            if not bool(allowed.any(-1).all()):
                raise RuntimeError("no blind rows please")
            return allowed

    finding = doctor(Fussy(), model_dim=DIM)["blind rows"]
    assert finding.verdict == "fail"
    assert finding.explanation == "forward failed: RuntimeError: no blind rows please"


def test_an_adapter_that_does_not_answer_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"must return \(batch, query, features\) .* returned \(2, 8\)"):
        doctor(lambda inputs, allowed: inputs.mean(1), model_dim=DIM)
    with pytest.raises(ShapeError, match=r"must return .* returned NoneType; let the adapter"):
        doctor(lambda inputs, allowed: None, model_dim=DIM)  # type: ignore[arg-type, return-value]
    with pytest.raises(ShapeError, match=r"forward raised ValueError: never; it is called with inputs \(2, 5, 8\)"):
        doctor(never, model_dim=DIM)
    with pytest.raises(InputError, match="masks must be one of any, padding, causal, but is 'future'"):
        doctor(Attention(), model_dim=DIM, masks="future")


def never(inputs: Tensor, allowed: Tensor) -> Tensor:
    raise ValueError("never")
