"""Search as asked over real networks, of both kinds and of several together, in float64: exactly."""

import pytest
import torch

from regard.decoding import Demands, Hypothesis, Steering, guided_ids, score_ids, search
from regard.decoding.phrases import Cut, RequiredPhrase, Seams
from regard.decoding.restrictions import NoRepeat
from regard.models import AnyModel, Ensemble, build_model
from regard.settings import DecodingSettings, ModelSettings

VOCAB_SIZE = 30
SOURCES = [[7, 8, 9, 10, 11, 12], [5], [21, 22], [13, 14, 15]]
BASE: dict[str, object] = {"beam_size": 4, "num_hypotheses": 3, "max_length": 8}
FEATURES: dict[str, dict[str, object]] = {
    "no-repeat": {"no_repeat_ngram": 1},
    "bounds": {"min_length_ratio": 0.8, "max_length_ratio": 3.0},
    "groups": {"diverse_groups": 2, "diversity": 1.5},
    "samples": {"samples": 3, "top_p": 0.9},
    "required": {},
}
SEAMS = Seams(joins=torch.zeros(VOCAB_SIZE, dtype=torch.bool), opens=torch.zeros(VOCAB_SIZE, dtype=torch.bool))


def network(kind: str, seed: int = 1) -> AnyModel:
    torch.manual_seed(seed)
    if kind == "ensemble":
        return Ensemble([network("transformer", 3), network("recurrent", 4)])
    shape: dict[str, object] = {"model_dim": 16, "num_heads": 2, "encoder_layers": 1, "decoder_layers": 1}
    shape |= {"feedforward_dim": 32} if kind == "transformer" else {"state_dim": 16}
    model = build_model(ModelSettings.model_validate({"kind": kind, "output_bias": True, **shape}), VOCAB_SIZE)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.4)
    return model.double().eval()


def demands_of(feature: str, sentences: list[int]) -> Demands:
    if feature != "required":
        return Demands()
    phrases = [(RequiredPhrase((Cut((20 + place, 6)), Cut((19,)))),) for place in range(len(SOURCES))]
    return Demands(required=tuple(phrases[each] for each in sentences), seams=SEAMS)


@pytest.mark.parametrize("kind", ["transformer", "recurrent", "ensemble"])
@pytest.mark.parametrize("feature", FEATURES)
def test_alone_as_together_and_scored_as_forced_decoding_scores(kind: str, feature: str) -> None:
    model = network(kind)
    asked = DecodingSettings.model_validate({**BASE, **FEATURES[feature]})
    everything = list(range(len(SOURCES)))
    together = guided_ids(model, SOURCES, asked, demands_of(feature, everything))
    backwards = guided_ids(model, SOURCES[::-1], asked, demands_of(feature, everything[::-1]))[::-1]
    for place, source in enumerate(SOURCES):
        (alone,) = guided_ids(model, [source], asked, demands_of(feature, [place]))
        assert_same(together[place], alone)
        assert_same(backwards[place], alone)
        forced = score_ids(model, [source] * len(alone), [each.ids for each in alone], asked)
        for each, again in zip(alone, forced, strict=True):
            values = again.token_log_probabilities[: len(each.token_log_probabilities)]
            assert each.token_log_probabilities == pytest.approx(values, abs=1e-10)
            if feature == "required":
                assert 19 in each.ids or 20 + place in each.ids
                assert each.flags == ()


def assert_same(found: list[Hypothesis], expected: list[Hypothesis]) -> None:
    assert [each.ids for each in found] == [each.ids for each in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.token_log_probabilities == pytest.approx(other.token_log_probabilities, abs=1e-10)


class Ear:
    """Hears every step and does nothing."""

    def __init__(self) -> None:
        self.steps = 0

    def opened(self) -> None:
        self.steps = 0

    def stepped(self, prefixes: list[list[int]], log_probabilities: torch.Tensor) -> None:
        self.steps += 1


@pytest.mark.parametrize("kind", ["transformer", "recurrent"])
@pytest.mark.parametrize("beam_size", [1, 3])
def test_being_watched_changes_nothing_with_features_on(kind: str, beam_size: int) -> None:
    model, ear = network(kind), Ear()
    asked = DecodingSettings(beam_size=beam_size, max_length=8)
    steered = {"prefixes": ((9,),) * len(SOURCES), "adjusters": (NoRepeat(1),)}
    watched = search(model, SOURCES, asked, Steering(listener=ear, **steered))  # type: ignore[arg-type]
    assert watched == search(model, SOURCES, asked, Steering(**steered))  # type: ignore[arg-type]
    assert ear.steps > 2
    assert all(len(set(group[0].ids)) == len(group[0].ids) for group in watched)
