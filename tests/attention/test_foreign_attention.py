"""The doctor on attention of other makes, as they are shipped and with faults planted in copies of them.

Each adapter is what docs/doctor.md shows. Shipped modules show only what is known of them: a query that may look at
nothing, and NaN in the padding.
"""

import math

import pytest
import torch
from torch import Tensor, nn

from regard.attention import Diagnosis, doctor

DIM, HEADS = 8, 2


def failing(diagnosis: Diagnosis) -> set[str]:
    return {finding.name for finding in diagnosis.failed}


class Multihead(nn.Module):
    """``nn.MultiheadAttention``: True hides, and the mask is (batch · heads, query, key)."""

    batch_first = True

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.attention = nn.MultiheadAttention(DIM, HEADS, dropout=0.1, batch_first=self.batch_first)

    def forward(self, inputs: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
        queries = inputs[:, -allowed.shape[2] :]
        return self.attention(queries, inputs, inputs, attn_mask=self.mask(allowed), average_attn_weights=False)

    def mask(self, allowed: Tensor) -> Tensor:
        return ~allowed.expand(-1, HEADS, -1, -1).flatten(0, 1)


class KeepsWhatItShouldHide(Multihead):
    def mask(self, allowed: Tensor) -> Tensor:
        return ~super().mask(allowed)


class RepeatsTheMaskInTheWrongOrder(Multihead):
    """(heads · batch) in place of (batch · heads): sentences get each other's masks."""

    def mask(self, allowed: Tensor) -> Tensor:
        return ~allowed[:, 0].repeat(HEADS, 1, 1)


class ForgetsBatchFirst(Multihead):
    batch_first = False

    def mask(self, allowed: Tensor) -> Tensor:
        batch, _, length, _ = allowed.shape
        return torch.zeros(length * HEADS, batch, batch, dtype=torch.bool)


class CausalFlag(Multihead):
    """is_causal begins its triangle in the first corner, whatever the number of queries."""

    def mask(self, allowed: Tensor) -> Tensor:
        return torch.ones(allowed.shape[2:], dtype=torch.bool).triu(1)


def test_multihead_attention_shows_what_is_known_of_it() -> None:
    diagnosis = doctor(Multihead(), model_dim=DIM, last_queries=True)
    assert failing(diagnosis) == {"blind rows", "NaN at padding"}
    assert "becomes NaN" in diagnosis["blind rows"].explanation
    assert "0 · NaN" in diagnosis["NaN at padding"].explanation
    assert {finding.verdict for finding in diagnosis.findings} == {"pass", "fail"}


def test_faults_in_copies_of_multihead_attention_are_found() -> None:
    assert "True hides here" in doctor(KeepsWhatItShouldHide(), model_dim=DIM)["polarity"].explanation
    swapped = doctor(RepeatsTheMaskInTheWrongOrder(), model_dim=DIM)
    assert swapped["polarity"].verdict == "pass"
    assert swapped["batch = alone"].verdict == "fail"
    assert swapped["padding leak"].verdict == "fail"
    mixed = doctor(ForgetsBatchFirst(), model_dim=DIM)
    assert "the mask changes nothing" in mixed["polarity"].explanation
    assert mixed["batch = alone"].verdict == "fail"
    flag = doctor(CausalFlag(), model_dim=DIM, masks="causal", last_queries=True)
    assert "is_causal begins in the first" in flag["last queries"].advice
    assert flag["last queries"].verdict == "fail"
    assert flag["future leak"].verdict == "pass"


class Encoder(nn.Module):
    """``nn.TransformerEncoder`` with a padding mask: True hides."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        layer = nn.TransformerEncoderLayer(DIM, HEADS, 16, batch_first=True)
        self.layers = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        return self.layers(inputs, src_key_padding_mask=~allowed[:, 0].any(1))


def test_the_transformer_encoder_shows_what_is_known_of_it() -> None:
    diagnosis = doctor(Encoder(), model_dim=DIM, masks="padding")
    assert failing(diagnosis) <= {"blind rows", "NaN at padding"}
    assert "NaN at padding" in failing(diagnosis)
    assert diagnosis["future leak"].verdict == "skip"


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_the_fast_path_that_cuts_off_trailing_padding_is_found() -> None:
    """With nested tensors, evaluation mode returns fewer positions if every sentence ends in padding."""
    encoder = Encoder()
    encoder.layers.enable_nested_tensor = encoder.layers.use_nested_tensor = True
    finding = doctor(encoder, model_dim=DIM, masks="padding")["padding width"]
    assert finding.verdict == "pass" or "must return (batch, query, features)" in finding.explanation


class Decoder(nn.Module):
    """``nn.Transformer``: what is examined is the target, over a source that stays as it is."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.both = nn.Transformer(DIM, HEADS, 1, 2, 16, batch_first=True)
        self.register_buffer("source", torch.randn(1, 5, DIM))

    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        source = self.get_buffer("source").expand(len(inputs), -1, -1)
        return self.both(source, inputs, tgt_mask=self.mask(allowed))

    def mask(self, allowed: Tensor) -> Tensor:
        return ~allowed.expand(-1, HEADS, -1, -1).flatten(0, 1)


class SeesTheFuture(Decoder):
    def mask(self, allowed: Tensor) -> Tensor:
        return super().mask(allowed.any(-2, keepdim=True).expand_as(allowed))


class OneTooFar(Decoder):
    def mask(self, allowed: Tensor) -> Tensor:
        wider = allowed | torch.cat((allowed[..., :1], allowed[..., :-1]), dim=-1)
        return super().mask(wider & allowed.any(-2, keepdim=True))


def test_the_transformers_decoder_and_faults_in_copies_of_it() -> None:
    assert failing(doctor(Decoder(), model_dim=DIM)) <= {"blind rows", "NaN at padding"}
    leak = doctor(SeesTheFuture(), model_dim=DIM)["future leak"]
    assert "all of the future is visible" in leak.explanation
    shifted = doctor(OneTooFar(), model_dim=DIM)["future leak"]
    assert shifted.verdict == "fail"
    assert "cells leak" in shifted.explanation  # two layers carry it two keys too far


class Source(nn.Module):
    """``nn.Transformer`` once more: now the source is examined, under a target that stays as it is."""

    def __init__(self, *, forgets_memory: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.forgets_memory = forgets_memory
        self.both = nn.Transformer(DIM, HEADS, 1, 1, 16, batch_first=True)
        self.both.encoder.enable_nested_tensor = self.both.encoder.use_nested_tensor = False
        self.register_buffer("target", torch.randn(1, 16, DIM))

    def forward(self, inputs: Tensor, allowed: Tensor) -> Tensor:
        hidden, length = ~allowed[:, 0].any(1), inputs.shape[1]
        target = self.get_buffer("target")[:, :length].expand(len(inputs), -1, -1)
        future = torch.ones(length, length, dtype=torch.bool).triu(1)
        memory_mask = None if self.forgets_memory else hidden
        return self.both(
            inputs, target, tgt_mask=future, src_key_padding_mask=hidden, memory_key_padding_mask=memory_mask
        )


def test_a_forgotten_memory_padding_mask_is_found() -> None:
    assert failing(doctor(Source(), model_dim=DIM, masks="padding")) <= {"blind rows", "NaN at padding"}
    found = failing(doctor(Source(forgets_memory=True), model_dim=DIM, masks="padding"))
    assert {"polarity", "padding leak", "padding width"} <= found


class CausalModel(nn.Module):
    """The calling convention of Hugging Face's decoders: 1 keeps, 0 hides, the future is hidden without being asked.

    The two masks become one, of 0 and the least number of the type, which is added to the scores.
    """

    hidden_is = 0

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.project = nn.ModuleList(nn.Linear(DIM, 3 * DIM) for _ in range(2))
        self.output = nn.ModuleList(nn.Linear(DIM, DIM) for _ in range(2))

    def forward(self, inputs: Tensor, attention_mask: Tensor) -> tuple[Tensor, list[Tensor]]:
        mask, attentions = self.four_dimensional(attention_mask, inputs.dtype), []
        for layer, (project, output) in enumerate(zip(self.project, self.output, strict=True)):
            cut = project(inputs).unflatten(-1, (3, HEADS, DIM // HEADS)).permute(2, 0, 3, 1, 4)
            scores = cut[0] @ cut[1].transpose(-2, -1) / math.sqrt(DIM // HEADS)
            weights = (scores + self.of_layer(mask, layer)).softmax(-1)
            inputs = inputs + output((weights @ cut[2]).transpose(1, 2).flatten(2))
            attentions.append(weights)
        return inputs, attentions

    def four_dimensional(self, attention_mask: Tensor, dtype: torch.dtype) -> Tensor:
        length = attention_mask.shape[1]
        visible = (attention_mask[:, None, None, :] != self.hidden_is) & self.triangle(length)
        return torch.zeros(visible.shape, dtype=dtype).masked_fill(~visible, torch.finfo(dtype).min)

    def triangle(self, length: int) -> Tensor:
        return torch.ones(length, length, dtype=torch.bool).tril()

    def of_layer(self, mask: Tensor, layer: int) -> Tensor:
        return mask


class Ones(CausalModel):
    hidden_is = 1


class NoTriangle(CausalModel):
    def triangle(self, length: int) -> Tensor:
        return torch.ones(length, length, dtype=torch.bool)


class ShiftedTriangle(CausalModel):
    def triangle(self, length: int) -> Tensor:
        return torch.ones(length, length, dtype=torch.bool).tril(1)


class DeafSecondLayer(CausalModel):
    def of_layer(self, mask: Tensor, layer: int) -> Tensor:
        return torch.zeros_like(mask) if layer == 1 else mask


class DeafSecondHead(CausalModel):
    """Padding is hidden from head 0 of layer 1, and not from head 1."""

    def of_layer(self, mask: Tensor, layer: int) -> Tensor:
        by_head = mask.repeat(1, HEADS, 1, 1)
        if layer == 1:
            by_head[:, 1] = torch.zeros_like(mask[:, 0]).masked_fill(
                ~self.triangle(mask.shape[-1]), torch.finfo(mask.dtype).min
            )
        return by_head


class FromAllowed(nn.Module):
    """The adapter: one row of ``allowed`` says which keys are real."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor, allowed: Tensor) -> tuple[Tensor, list[Tensor]]:
        return self.model(inputs, attention_mask=allowed[:, 0].any(1).long())


def examined(model: nn.Module) -> Diagnosis:
    return doctor(FromAllowed(model), model_dim=DIM, masks="causal")


def test_the_convention_of_hugging_face_shows_what_is_known_of_it() -> None:
    diagnosis = examined(CausalModel())
    assert failing(diagnosis) == {"blind rows", "NaN at padding"}
    assert "its weights became uniform" in diagnosis["blind rows"].explanation


def test_faults_in_copies_of_that_convention_are_found_with_layer_and_head() -> None:
    assert "True hides here" in examined(Ones())["polarity"].explanation
    assert "all of the future is visible" in examined(NoTriangle())["future leak"].explanation
    assert examined(ShiftedTriangle())["future leak"].verdict == "fail"
    deaf = examined(DeafSecondLayer())
    assert deaf["future leak"].place is not None
    assert deaf["future leak"].place.part == "layer 1"
    head = examined(DeafSecondHead())
    assert head["future leak"].verdict == "pass"
    assert head["padding leak"].place is not None
    assert (head["padding leak"].place.part, head["padding leak"].place.head) == ("layer 1", 1)
