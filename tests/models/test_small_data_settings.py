"""Query-key norm and layer drop do what their papers say, and nothing when they are off."""

import pytest
import torch
from torch import Tensor

from regard.attention import Everything, View
from regard.batches import rectangle
from regard.errors import SettingsError
from regard.models import Transformer, build_model, weights_of
from regard.models.multihead import SelfAttention
from regard.models.noise import Noise
from regard.models.witness import Attended
from regard.settings import load_settings
from regard.settings.model import ModelSettings

SMALL = {"model_dim": 16, "num_heads": 2, "feedforward_dim": 32, "encoder_layers": 2, "decoder_layers": 2}
SOURCE, TARGET = rectangle([[5, 6, 7, 3], [8, 3]]), rectangle([[2, 9, 10, 11], [2, 12]])


def model_of(**changes: object) -> Transformer:
    torch.manual_seed(0)
    model = build_model(ModelSettings(**{"dropout": 0.0, **SMALL, **changes}), 20).double()  # type: ignore[arg-type]
    assert isinstance(model, Transformer)
    return model


class Beside:
    """Remembers what an attention computed."""

    def admit(self, view: View) -> View:
        return view

    def saw(self, attended: Attended) -> None:
        self.attended = attended


def test_query_key_norm_has_a_scale_of_its_own() -> None:
    with pytest.raises(SettingsError, match=r"with qk_norm a learned factor scales the scores; leave scale_scores out"):
        load_settings(None, ["model.qk_norm=true", "model.scale_scores=false"])


@pytest.mark.parametrize("positions", ["sinusoidal", "rotary"])
def test_with_query_key_norm_scores_are_cosines_times_the_factor(positions: str) -> None:
    settings = ModelSettings(qk_norm=True, positions=positions, **SMALL)  # type: ignore[arg-type]
    attention = SelfAttention(settings, Noise(0)).double()
    beside = Beside()
    attention.core.witness, attention.core.path = beside, "plain"
    with torch.no_grad():
        attention.core.factor.fill_(7.0)  # type: ignore[union-attr]
    attention(torch.randn(2, 5, 16, dtype=torch.float64), Everything().view(5, 5))
    queries, keys = (part / part.norm(dim=-1, keepdim=True) for part in (beside.attended.queries, beside.attended.keys))
    torch.testing.assert_close(beside.attended.steps.scores, 7 * queries @ keys.transpose(2, 3))
    torch.testing.assert_close(beside.attended.keys.norm(dim=-1), torch.ones(2, 2, 5, dtype=torch.float64))


def test_with_query_key_norm_long_vectors_do_not_sharpen_attention() -> None:
    def largest_weight(**changes: object) -> Tensor:
        attention = SelfAttention(ModelSettings(**{**SMALL, **changes}), Noise(0))  # type: ignore[arg-type]
        beside = Beside()
        attention.core.witness, attention.core.path = beside, "plain"
        attention(1000 * torch.ones(1, 2, 16) + torch.randn(1, 2, 16), Everything().view(2, 2))
        assert beside.attended.steps.weights is not None
        return beside.attended.steps.scores.abs().max()  # type: ignore[union-attr]

    torch.manual_seed(0)
    assert largest_weight() > 1000
    assert largest_weight(qk_norm=True) <= 10.0001


def test_with_query_key_norm_a_cached_step_gives_what_the_full_pass_gives() -> None:
    model = model_of(qk_norm=True).eval()
    target = rectangle([[2, 9, 10, 11], [2, 12, 4, 4]])
    full = model.score(*SOURCE, *target)
    state = model.start(model.encode(*SOURCE))
    for step in range(4):
        logits, state = model.step(state, target[0][:, step])
        torch.testing.assert_close(logits, full[:, step], atol=1e-12, rtol=0)


def test_off_neither_adds_a_weight_nor_draws_a_number() -> None:
    model = model_of()
    assert not [name for name in weights_of(model) if "factor" in name]
    before = model.noise.state
    model.train().score(*SOURCE, *TARGET)
    assert model.noise.state == before
    assert len([name for name in weights_of(model_of(qk_norm=True)) if name.endswith("core.factor")]) == 6


def test_a_decoder_whose_layers_are_all_left_out_hands_on_its_embeddings() -> None:
    model = model_of(decoder_layer_drop=0.999999).train()
    assert model.decoder_norm is not None
    features = model.features(*SOURCE, *TARGET)
    torch.testing.assert_close(features, model.decoder_norm(model.target_embedding(TARGET[0], dtype=torch.float64)))


def test_layers_are_left_out_as_often_as_asked_and_the_same_ones_from_the_same_state() -> None:
    model = model_of(decoder_layer_drop=0.25).train()
    drawn = [model._leaves_out_a_layer() for _ in range(4000)]
    assert abs(sum(drawn) / 4000 - 0.25) < 0.03
    saved = model.noise.state
    expected = [model._leaves_out_a_layer() for _ in range(50)]
    model.noise.state = saved
    assert [model._leaves_out_a_layer() for _ in range(50)] == expected


def test_translating_never_leaves_out_a_layer() -> None:
    dropping, plain = model_of(decoder_layer_drop=0.999999).eval(), model_of().eval()
    torch.testing.assert_close(dropping.score(*SOURCE, *TARGET), plain.score(*SOURCE, *TARGET), atol=0, rtol=0)
