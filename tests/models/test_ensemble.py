"""Several networks that translate as one."""

import pytest
import torch
from torch import Tensor

from regard.batches import rectangle
from regard.decoding import score_ids, translate_ids
from regard.errors import SettingsError
from regard.models import AnyModel, Ensemble, build_model
from regard.models.ensemble import mean_probability
from regard.settings import DecodingSettings
from regard.settings.model import ModelSettings

VOCAB_SIZE = 24
SOURCES = [[5, 6, 7, 8], [9], [10, 11]]
GREEDY = DecodingSettings(beam_size=1, max_length=7)
BEAM = DecodingSettings(beam_size=4, num_hypotheses=4, max_length=7)


def network(seed: int, *, kind: str = "transformer", vocab_size: int = VOCAB_SIZE, **changes: object) -> AnyModel:
    torch.manual_seed(seed)
    shape = {"model_dim": 8 * (seed + 1), "num_heads": 2, "feedforward_dim": 16}
    if kind == "recurrent":
        shape = {"model_dim": 8, "num_heads": 2, "state_dim": 16}
    layers = {"encoder_layers": 1, "decoder_layers": 1, "output_bias": True, "kind": kind}
    model = build_model(ModelSettings.model_validate({**shape, **layers, **changes}), vocab_size)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.4)
    return model.double().eval()


def test_the_mean_is_one_of_probabilities() -> None:
    probabilities = torch.tensor([[[0.9, 0.1]], [[0.2, 0.8]]], dtype=torch.float64)
    expected = torch.tensor([[0.55, 0.45]], dtype=torch.float64)
    assert torch.allclose(mean_probability(list(probabilities.log())).exp(), expected, atol=1e-12)


def test_logits_are_widened_before_they_are_averaged() -> None:
    found = mean_probability([torch.zeros(1, 3, dtype=torch.bfloat16), torch.zeros(1, 3)])
    assert found.dtype == torch.float32
    assert torch.allclose(found.exp(), torch.full((1, 3), 1 / 3))


@pytest.mark.parametrize("search", [GREEDY, BEAM], ids=["greedy", "beam"])
def test_a_network_with_itself_is_that_network(search: DecodingSettings) -> None:
    alone = network(1)
    found = translate_ids(Ensemble([alone, alone]), SOURCES, search)
    for pair in zip(found, translate_ids(alone, SOURCES, search), strict=True):
        for each, expected in zip(*pair, strict=True):
            assert each.ids == expected.ids
            assert each.token_log_probabilities == pytest.approx(expected.token_log_probabilities, abs=1e-10)


@pytest.mark.parametrize("search", [GREEDY, BEAM], ids=["greedy", "beam"])
def test_scores_are_reproduced_by_forced_decoding(search: DecodingSettings) -> None:
    ensemble = Ensemble([network(1), network(2, kind="recurrent")])
    for source, found in zip(SOURCES, translate_ids(ensemble, SOURCES, search), strict=True):
        again = score_ids(ensemble, [source] * len(found), [each.ids for each in found], search)
        for each, forced in zip(found, again, strict=True):
            scored = forced.token_log_probabilities[: len(each.token_log_probabilities)]
            assert each.token_log_probabilities == pytest.approx(scored, abs=1e-10)
        alone = [translate_ids(each, [source], search)[0] for each in ensemble.members]  # type: ignore[arg-type]
        assert found not in alone


def test_one_full_pass_is_the_mean_of_the_networks() -> None:
    members = [network(1), network(2)]
    given = *rectangle([[5, 6, 3]]), *rectangle([[2, 7, 8]])
    passes: list[Tensor] = [member.score(*given).softmax(-1) for member in members]
    assert torch.allclose(Ensemble(members).score(*given).exp(), (passes[0] + passes[1]) / 2, atol=1e-12)


def test_the_shortest_table_of_positions_is_the_limit() -> None:
    limited = network(1, positions="learned", max_length=5)
    assert Ensemble([network(1), limited]).max_positions == 5
    assert Ensemble([network(1)]).max_positions is None


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"networks of one vocabulary, but 2 are given with \[24, 25\] pieces"):
        Ensemble([network(1), network(1, vocab_size=25)])
    with pytest.raises(SettingsError, match="but 0 are given"):
        Ensemble([])


def test_it_is_not_trained() -> None:
    ensemble = Ensemble([network(1)])
    with pytest.raises(SettingsError, match="train its networks one by one"):
        ensemble.features()
    with pytest.raises(SettingsError, match="no output layer of its own"):
        ensemble.logits(None)
