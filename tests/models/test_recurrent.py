"""The recurrent translator: steps equal the full pass, padding and neighbours change nothing, every score is masked."""

import pytest
import torch
from torch import Tensor

from regard.batches import rectangle
from regard.errors import SettingsError
from regard.layout import Layout
from regard.models import RecurrentTranslator, build_model
from regard.models.recurrent_layers import backwards
from regard.settings import load_settings
from regard.settings.model import ModelSettings

SOURCE = [[5, 6, 7, 3], [8, 3]]
TARGET = [[2, 9, 10, 11], [2, 12]]
SCORES = ["additive", "dot", "general"]


def model_of(**changes: object) -> RecurrentTranslator:
    torch.manual_seed(0)
    shape = {"model_dim": 12, "state_dim": 16, "num_heads": 2, "encoder_layers": 2, "decoder_layers": 2, "dropout": 0.0}
    settings = ModelSettings(**{"kind": "recurrent", **shape, **changes})  # type: ignore[arg-type]
    model = build_model(settings, 20).double().eval()
    assert isinstance(model, RecurrentTranslator)
    return model


def scores(model: RecurrentTranslator, source: list[list[int]], target: list[list[int]], **width: int) -> Tensor:
    return model.score(*rectangle(source, **width), *rectangle(target))


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("attention_score", SCORES)
@pytest.mark.parametrize("input_feeding", [False, True])
def test_steps_equal_the_full_pass(cell: str, attention_score: str, input_feeding: bool) -> None:
    model = model_of(cell=cell, attention_score=attention_score, input_feeding=input_feeding)
    target = torch.tensor([row + [13] * (4 - len(row)) for row in TARGET])
    full = scores(model, SOURCE, target.tolist())
    state = model.start(model.encode(*rectangle(SOURCE)))
    for step in range(4):
        logits, state = model.step(state, target[:, step])
        torch.testing.assert_close(logits, full[:, step], atol=1e-12, rtol=0)


@pytest.mark.parametrize("attention_score", SCORES)
def test_padding_and_neighbours_change_nothing(attention_score: str) -> None:
    model = model_of(attention_score=attention_score)
    together, alone = scores(model, SOURCE, TARGET), scores(model, SOURCE[1:], TARGET[1:])
    torch.testing.assert_close(together[1, :2], alone[0], atol=1e-12, rtol=0)
    torch.testing.assert_close(together[0], scores(model, SOURCE, TARGET, width=9)[0], atol=1e-12, rtol=0)


@pytest.mark.parametrize("input_feeding", [False, True])
@pytest.mark.parametrize(
    ("source", "target", "shape"),
    [(SOURCE, [[], []], (2, 0, 20)), ([[], []], TARGET, (2, 4, 20)), ([], [], (0, 0, 20))],
    ids=["no target", "no source", "no rows"],
)
def test_empty_rectangles_have_empty_scores(
    input_feeding: bool, source: list[list[int]], target: list[list[int]], shape: tuple[int, ...]
) -> None:
    found = scores(model_of(input_feeding=input_feeding), source, target)
    assert found.shape == shape
    assert found.isfinite().all()


def test_without_the_padding_mask_padding_does_change_it() -> None:
    model = model_of(padding_mask=False)
    assert (scores(model, SOURCE, TARGET)[1, :2] - scores(model, SOURCE[1:], TARGET[1:])[0]).abs().max() > 1e-3


def test_rows_of_a_state_can_be_picked_and_copied() -> None:
    model = model_of(input_feeding=True)
    memory = model.encode(*rectangle(SOURCE))
    single, double = model.start(memory), model.start(memory, copies=2)
    one, _ = model.step(single, torch.tensor([2, 2]))
    two, _ = model.step(double, torch.tensor([2, 2, 2, 2]))
    torch.testing.assert_close(two, one.repeat_interleave(2, 0))
    turned = double.follow(torch.tensor([[1, 1], [0, 0]])).select(torch.tensor([1, 0]))
    picked, _ = model.step(turned, torch.tensor([2, 2, 2, 2]))
    torch.testing.assert_close(picked, one.flip(0).repeat_interleave(2, 0))


def test_no_prediction_depends_on_the_future() -> None:
    model = model_of()
    changed = [[2, 9, 10, 15], [2, 12]]
    before, after = scores(model, SOURCE, TARGET), scores(model, SOURCE, changed)
    assert torch.equal(before[0, :3], after[0, :3])
    assert not torch.equal(before[0, 3], after[0, 3])


def test_reading_backwards_twice_gives_the_sentence() -> None:
    places = backwards(Layout((3, 0, 4), 4))
    assert places.tolist() == [[2, 1, 0, 3], [0, 1, 2, 3], [3, 2, 1, 0]]
    assert torch.equal(places.gather(1, places), torch.arange(4).expand(3, 4))


def test_every_weight_is_trained() -> None:
    for changes in ({"attention_score": "additive"}, {"cell": "lstm", "attention_score": "general"}):
        model = model_of(**changes).train()
        scores(model, SOURCE, TARGET).square().sum().backward()
        idle = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
        assert idle == []


def test_keys_of_the_other_kind_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"positions means nothing for a model of kind 'recurrent'; leave it out"):
        load_settings(None, ["model.kind=recurrent", "model.positions=rotary"])
    with pytest.raises(SettingsError, match=r"cell means nothing for a model of kind 'transformer'"):
        load_settings(None, ["model.cell=lstm"])
    with pytest.raises(SettingsError, match=r"state_dim must be a multiple of twice num_heads, but it is 10 with 4"):
        load_settings(None, ["model.kind=recurrent", "model.state_dim=10"])


def test_the_preset_is_about_as_large_as_small() -> None:
    models = [build_model(load_settings(None, preset=name).model, 8000) for name in ("recurrent", "small")]
    sizes = [sum(weight.numel() for weight in model.parameters()) for model in models]
    assert sizes[0] == pytest.approx(sizes[1], rel=0.05)
