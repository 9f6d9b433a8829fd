"""A place beside every attention: it is asked for the view, told what happened, and otherwise not noticed."""

from typing import Any

import pytest
import torch

from regard.attention import Cell, SwitchedOff
from regard.batches import rectangle
from regard.models import AnyModel, build_model
from regard.models.witness import Attended, Witness
from regard.settings import ModelSettings
from regard.text.control import BOS, EOS

SMALL = {"model_dim": 16, "num_heads": 2, "encoder_layers": 2, "decoder_layers": 1}
KINDS: dict[str, dict[str, Any]] = {
    "transformer": {},
    "additive": {"kind": "recurrent"},
    "general": {"kind": "recurrent", "attention_score": "general"},
}
NAMES = {
    "transformer": ["encoder.0.self", "encoder.1.self", "decoder.0.self", "decoder.0.cross"],
    "additive": ["decoder.0.cross"],
    "general": ["decoder.0.cross"],
}
SOURCE, LAYOUT = rectangle([[7, 8, EOS], [9, EOS]])
TARGET, TARGET_LAYOUT = rectangle([[BOS, 5], [BOS, 6]])


class Notes:
    """Keeps what it is shown; hides the first key, if told to."""

    def __init__(self, *, hides: bool = False) -> None:
        self.hides = hides
        self.seen: list[Attended] = []

    def admit(self, view: Any) -> Any:
        if not self.hides:
            return view
        num_queries, num_keys = view.allowed.shape[-2:]
        return SwitchedOff([Cell(key=0)], 2).view(num_queries, num_keys)

    def saw(self, attended: Attended) -> None:
        self.seen.append(attended)


def make(kind: str) -> AnyModel:
    torch.manual_seed(0)
    return build_model(ModelSettings.model_validate(SMALL | KINDS[kind]), 40).eval()


@torch.inference_mode()
def score(model: AnyModel) -> torch.Tensor:
    return model.score(SOURCE, LAYOUT, TARGET, TARGET_LAYOUT)


@pytest.mark.parametrize("kind", KINDS)
def test_every_attention_has_its_name(kind: str) -> None:
    model = make(kind)
    assert list(model.attentions()) == NAMES[kind]
    assert all(core.witness is None for core in model.attentions().values())
    assert {core.score for core in model.attentions().values()} == {"additive" if kind == "additive" else "dot"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_witness_sees_all_steps_and_changes_nothing(kind: str) -> None:
    model = make(kind)
    for core in model.attentions().values():
        core.path = "plain"
    before = score(model)
    notes = {}
    for name, core in model.attentions().items():
        core.witness = notes[name] = Notes()
        assert isinstance(notes[name], Witness)
    assert torch.equal(score(model), before)
    for name, note in notes.items():
        (attended,) = note.seen
        core = model.attentions()[name]
        num_queries = 3 if name.startswith("encoder") else 2
        num_keys = 2 if name == "decoder.0.self" else 3
        assert attended.queries.shape == (2, 2, num_queries, core.head_dim)
        assert attended.keys.shape == attended.values.shape == (2, 2, num_keys, core.head_dim)
        assert attended.steps.weights is not None
        assert attended.steps.weights.shape == (2, 2, num_queries, num_keys)


@pytest.mark.parametrize("kind", KINDS)
def test_the_view_it_admits_is_the_view_that_is_used(kind: str) -> None:
    model = make(kind)
    before, notes = score(model), Notes(hides=True)
    core = model.attentions()["decoder.0.cross"]
    core.path, core.witness = "plain", notes
    assert not torch.allclose(score(model), before)
    weights = notes.seen[0].steps.weights
    assert weights is not None
    assert not weights[..., 0].any()
    assert weights[..., 1:].sum(-1) == pytest.approx(torch.ones(2, 2, 2))


def test_another_path_shows_only_the_context() -> None:
    model, notes = make("transformer"), Notes()
    core = model.attentions()["encoder.0.self"]
    core.path, core.witness = "fused", notes
    score(model)
    assert notes.seen[0].steps.weights is None
    assert notes.seen[0].steps.context.shape == (2, 2, 3, 8)
