"""The doctor for anyone's attention, handed adapters that are sound but unusual: it examines them like any other."""

import re
import threading
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from regard.attention import Diagnosis, doctor
from regard.errors import InputError

DIM, HEADS = 8, 2


class Sound(nn.Module):
    """Attention of one head without a fault; subclasses do something unusual with it."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.project = nn.Linear(DIM, 3 * DIM)

    def attend(self, inputs: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
        queries, keys, values = self.project(inputs).chunk(3, dim=-1)
        unseen, blind = ~allowed.any(-2)[:, 0, :, None], ~allowed[:, 0].any(-1, keepdim=True)
        scores = queries @ keys.masked_fill(unseen, 0).transpose(1, 2)
        scores = scores.masked_fill(~allowed[:, 0], -torch.inf).masked_fill(blind, 0)
        weights = scores.softmax(-1).masked_fill(blind, 0)
        return weights @ values.masked_fill(unseen, 0), weights

    def forward(self, inputs: Tensor, allowed: Tensor) -> Any:
        return self.attend(inputs, allowed)[0]


def verdicts(diagnosis: Diagnosis, verdict: str) -> set[str]:
    return {finding.name for finding in diagnosis.findings if finding.verdict == verdict}


class Seen:
    """An object of somebody's own that holds a tensor."""

    weights: Tensor | None = None


class KeepsItsWeights(Sound):
    """As the Annotated Transformer does: after a pass the attribute belongs to a graph, which cannot be copied."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = Seen()
        self.seen_weights: Tensor | None = None

    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        output, self.seen_weights = self.attend(inputs, allowed)
        self.seen.weights = self.seen_weights
        return output


def test_a_module_that_keeps_its_weights_is_examined_fresh_and_after_use() -> None:
    module = KeepsItsWeights()
    assert doctor(module, model_dim=DIM).ok
    module(torch.randn(1, 3, DIM), torch.ones(1, 1, 3, 3, dtype=torch.bool))
    kept = module.seen_weights
    assert doctor(module, model_dim=DIM).ok
    assert module.seen_weights is kept is module.seen.weights
    assert kept is not None
    assert kept.requires_grad


def test_a_module_that_cannot_be_copied_is_refused() -> None:
    module = Sound()
    module.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(InputError, match=r"no copy can be made of Sound: TypeError: .* pass a function that calls it"):
        doctor(module, model_dim=DIM)
    assert doctor(lambda inputs, allowed: module(inputs, allowed), model_dim=DIM).ok


class Silent(Sound):
    """An output projection that begins as zeros."""

    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        return 0 * self.attend(inputs, allowed)[0]


def test_an_attention_that_gives_zeros_has_a_verdict_in_half_precision() -> None:
    diagnosis = doctor(Silent(), model_dim=DIM)
    assert (diagnosis["float16"].verdict, diagnosis["float16"].measured) == ("pass", 0)
    assert (diagnosis["bfloat16"].verdict, diagnosis["bfloat16"].measured) == ("pass", 0)
    assert "the mask changes nothing" in diagnosis["polarity"].explanation


class Choosy(Sound):
    """A kernel for some types only."""

    computes_in: tuple[torch.dtype, ...] = (torch.float32, torch.float16, torch.bfloat16)

    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        if inputs.dtype not in self.computes_in:
            raise TypeError(f"no kernel for {inputs.dtype}")
        return self.attend(inputs, allowed)[0]


class HalfOnly(Choosy):
    computes_in = (torch.float16, torch.bfloat16)


class FlattensInFloat16(Sound):
    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        output = self.attend(inputs, allowed)[0]
        return output.flatten() if inputs.dtype == torch.float16 else output


def test_half_precision_is_compared_with_float32_where_there_is_no_float64() -> None:
    diagnosis = doctor(Choosy(), model_dim=DIM)
    assert diagnosis.ok
    assert {"float16", "bfloat16"} <= verdicts(diagnosis, "pass")


def test_what_is_raised_where_half_precision_is_compared_is_a_finding() -> None:
    module = HalfOnly()
    diagnosis = doctor(module, model_dim=DIM, dtype=torch.bfloat16)
    assert diagnosis["float16"].verdict == "fail"
    assert "no kernel for torch.float32" in diagnosis["float16"].explanation
    module.half()
    finding = doctor(lambda inputs, allowed: module(inputs, allowed), model_dim=DIM, dtype=torch.float16)["float16"]
    assert finding.verdict == "skip"
    assert "both in float16 and in a finer type" in finding.explanation
    flat = doctor(FlattensInFloat16(), model_dim=DIM)
    assert verdicts(flat, "fail") == {"float16"}
    assert "must return (batch, query, features)" in flat["float16"].explanation


class Answers(Sound):
    """Returns what it is told to make of its weights beside its output."""

    def __init__(self, make: Any) -> None:
        super().__init__()
        self.make = make

    def forward(self, inputs: Tensor, allowed: Tensor) -> Any:
        output, weights = self.attend(inputs, allowed)
        return output, self.make(weights)


@pytest.mark.parametrize("make", [lambda weights: None, lambda weights: [None, None], lambda weights: ()])
def test_an_adapter_may_have_no_weights_to_return(make: Any) -> None:
    diagnosis = doctor(Answers(make), model_dim=DIM)
    assert diagnosis.ok
    assert diagnosis["weights"].verdict == "skip"
    assert "forward returns no weights" in diagnosis["weights"].explanation


def by_head(weights: Tensor) -> Tensor:
    return weights[:, None].expand(-1, HEADS, -1, -1)


@pytest.mark.parametrize("make", [lambda weights: weights, by_head, lambda weights: [None, by_head(weights)]])
def test_weights_of_the_heads_of_their_mean_and_of_some_layers_are_read(make: Any) -> None:
    diagnosis = doctor(Answers(make), model_dim=DIM)
    assert diagnosis.ok
    assert diagnosis["weights"].verdict == "pass"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda weights: by_head(weights).flatten(0, 1), r"returned \(4, 7, 7\)"),
        (lambda weights: [None, weights[..., :-1]], r"returned \(2, 7, 6\)"),
        (lambda weights: weights[0], r"returned \(7, 7\)"),
        (lambda weights: {"cache": weights}, "returned dict"),
        (lambda weights: [(weights,)], "returned tuple"),
    ],
)
def test_weights_in_another_form_are_told_and_accuse_nobody(make: Any, words: str) -> None:
    diagnosis = doctor(Answers(make), model_dim=DIM)
    assert diagnosis.ok
    assert diagnosis["weights"].verdict == "skip"
    assert re.search(rf"\(batch, head, query, key\) .*{words}; let the adapter", diagnosis["weights"].explanation)


class LeaksInItsSecondLayer(Sound):
    """Of its two layers only the second returns weights."""

    def forward(self, inputs: Tensor, allowed: Tensor) -> Any:
        middle, _ = self.attend(inputs, allowed)
        output, weights = self.attend(middle, torch.ones_like(allowed))
        return output, [None, weights]


def test_a_layer_keeps_its_number_where_others_return_no_weights() -> None:
    diagnosis = doctor(LeaksInItsSecondLayer(), model_dim=DIM)
    for check in ("future leak", "padding leak", "weights"):
        place = diagnosis[check].place
        assert place is not None
        assert place.part == "layer 1"


def test_attention_is_examined_with_gradients_wherever_it_is_asked_for() -> None:
    for without_gradients in (torch.no_grad, torch.inference_mode):
        with without_gradients():
            module = Sound()
            assert doctor(module, model_dim=DIM).ok
            assert not torch.is_grad_enabled()
        assert doctor(module, model_dim=DIM).ok


class WithoutGradients(Sound):
    @torch.no_grad()
    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        return self.attend(inputs, self.seen(allowed))[0]

    def seen(self, allowed: Tensor) -> Tensor:
        return allowed


class InferenceOnly(WithoutGradients):
    @torch.inference_mode()
    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        return self.attend(inputs, self.seen(allowed))[0]


class CutsItsInputs(WithoutGradients):
    """Its outputs have gradients, of its weights alone."""

    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        return self.attend(inputs.detach(), self.seen(allowed))[0]


@pytest.mark.parametrize("adapter", [WithoutGradients, InferenceOnly, CutsItsInputs])
def test_an_adapter_without_gradients_is_asked_by_changing_its_inputs(adapter: type[WithoutGradients]) -> None:
    class Deaf(adapter):  # type: ignore[misc, valid-type]
        def seen(self, allowed: Tensor) -> Tensor:
            return torch.ones_like(allowed)

    sound = doctor(adapter(), model_dim=DIM)
    assert sound.ok
    assert {"polarity", "visible keys", "future leak"} <= verdicts(sound, "pass")
    deaf = doctor(Deaf(), model_dim=DIM)
    assert {"polarity", "future leak", "padding leak", "blind rows"} <= verdicts(deaf, "fail")
    assert "all of the future is visible" in deaf["future leak"].explanation


class NanInTraining(Sound):
    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        output = self.attend(inputs, allowed)[0]
        return output * torch.nan if self.training else output


class ChanceInTraining(Sound):
    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        output = self.attend(inputs, allowed)[0]
        return output + torch.rand_like(output) if self.training else output


def test_nan_in_training_is_not_taken_for_chance() -> None:
    finding = doctor(NanInTraining(), model_dim=DIM)["train = eval"]
    assert finding.verdict == "fail"
    assert "something else than evaluation mode" in finding.explanation
    assert doctor(ChanceInTraining(), model_dim=DIM)["train = eval"].verdict == "skip"
