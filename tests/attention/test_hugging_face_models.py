"""The doctor on models of the transformers library, as shipped and with faults planted in copies of them.

The library is no dependency, not even of tests: it weighs 170 MB and takes long to import. ``make verify
TARGET=hugging-face`` installs it aside and runs this file; elsewhere its calling convention is tested on a model of
ours (test_foreign_attention.py).
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from regard.attention import Diagnosis, doctor

DIM = 16
SHAPE = {"vocab_size": 50, "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 2}
KNOWN = {"blind rows", "NaN at padding"}


@pytest.fixture(scope="module")
def library() -> Any:
    try:
        import transformers
    except ImportError:
        pytest.skip("transformers is not installed; `make verify TARGET=hugging-face` runs this")
    return transformers


class FromAllowed(nn.Module):
    """The adapter: vectors in place of ids, and 1 where a key is real."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, inputs: Tensor, allowed: Tensor) -> tuple[Tensor, list[Tensor]]:
        found = self.model(
            inputs_embeds=inputs, attention_mask=allowed[:, 0].any(1).long(), output_attentions=True, use_cache=False
        )
        return found.last_hidden_state, list(found.attentions)


def bert(library: Any) -> nn.Module:
    shape = {"hidden_size": DIM, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    return library.BertModel(library.BertConfig(**SHAPE, **shape, attn_implementation="eager"))


def gpt2(library: Any) -> nn.Module:
    shape = {"n_embd": DIM, "n_layer": 2, "n_head": 2, "n_positions": 32}
    return library.GPT2Model(library.GPT2Config(**SHAPE, **shape, attn_implementation="eager"))


def llama(library: Any) -> nn.Module:
    shape = {"hidden_size": DIM, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    return library.LlamaModel(library.LlamaConfig(**SHAPE, **shape, attn_implementation="eager"))


def examined(model: nn.Module, masks: str) -> Diagnosis:
    # In float32, as they are used: with a softmax that is always in float32, the least number of float64 would be
    # minus infinity.
    torch.manual_seed(0)
    return doctor(FromAllowed(model), model_dim=DIM, masks=masks, dtype=torch.float32)


@pytest.mark.parametrize(("build", "masks"), [(bert, "padding"), (gpt2, "causal"), (llama, "causal")])
def test_shipped_models_show_what_is_known_of_them(library: Any, build: Callable[[Any], nn.Module], masks: str) -> None:
    diagnosis = examined(build(library), masks)
    assert {finding.name for finding in diagnosis.failed} <= KNOWN, str(diagnosis)
    assert "NaN at padding" in {finding.name for finding in diagnosis.failed}
    assert diagnosis["weights"].verdict == "pass"


def with_mask(attention: nn.Module, change: Callable[[Tensor], Tensor]) -> None:
    """Changes the additive mask that one attention of a copy is handed."""

    def replaced(_module: nn.Module, args: Any, kwargs: dict[str, Any]) -> Any:
        found = [isinstance(value, Tensor) and value.ndim == 4 for value in args]
        args = tuple(change(value) if is_mask else value for value, is_mask in zip(args, found, strict=True))
        if isinstance(kwargs.get("attention_mask"), Tensor):
            kwargs = {**kwargs, "attention_mask": change(kwargs["attention_mask"])}
        return args, kwargs

    attention.register_forward_pre_hook(replaced, with_kwargs=True)


def test_a_layer_that_forgets_the_padding_is_found(library: Any) -> None:
    model = bert(library)
    with_mask(model.get_submodule("encoder.layer.1.attention"), torch.zeros_like)
    finding = examined(model, "padding")["padding leak"]
    assert finding.verdict == "fail"
    assert finding.place is not None
    assert finding.place.part == "layer 1"


def test_a_layer_that_sees_one_key_too_far_is_found(library: Any) -> None:
    model = gpt2(library)

    def shifted(mask: Tensor) -> Tensor:
        return torch.cat((mask[:, :, 1:], mask[:, :, -1:]), dim=2)

    with_mask(model.get_submodule("h.1.attn"), shifted)
    finding = examined(model, "causal")["future leak"]
    assert "one key too far" in finding.explanation
    assert finding.place is not None
    assert finding.place.part == "layer 1"


def test_a_head_that_sees_the_future_is_found(library: Any) -> None:
    model = llama(library)

    def open_second_head(mask: Tensor) -> Tensor:
        by_head = mask.expand(-1, 2, -1, -1).clone()
        by_head[:, 1] = 0
        return by_head

    with_mask(model.get_submodule("layers.0.self_attn"), open_second_head)
    finding = examined(model, "causal")["future leak"]
    assert finding.verdict == "fail"
    assert finding.place is not None
    assert (finding.place.part, finding.place.head) == ("layer 0", 1)
