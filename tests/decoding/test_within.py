"""Search within a shortlist: what a sentence may hold, how it is normalised, and that neighbours do not matter."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from regard.decoding import Demands, Hypothesis, Steering, Within, guided_ids, search, stream_ids, translate_ids
from regard.decoding.choice import log_probabilities
from regard.models import Transformer, build_model
from regard.settings import DecodingSettings, ModelSettings
from regard.text.control import EOS
from regard.text.shortlist import Shortlist

VOCAB = 60
SOURCES = [[7, 8, 9, 10], [5], [21, 22, 23], [13, 14, 15, 16, 17], [30, 31]]
GREEDY = DecodingSettings(beam_size=1, max_length=10)
BEAM = DecodingSettings(beam_size=3, num_hypotheses=3, max_length=10)
SETTINGS = pytest.mark.parametrize("settings", [GREEDY, BEAM], ids=["greedy", "beam"])


@pytest.fixture(scope="module")
def shortlist() -> Shortlist:
    """Of each piece six others, of no system."""
    draw = np.random.default_rng(4)
    return Shortlist(np.array([4, 6]), 6 * np.arange(VOCAB + 1), draw.integers(EOS + 1, VOCAB, 6 * VOCAB))


@pytest.fixture(scope="module")
def model() -> Transformer:
    torch.manual_seed(3)
    small = {"model_dim": 16, "num_heads": 2, "feedforward_dim": 32, "encoder_layers": 1, "decoder_layers": 2}
    network = build_model(ModelSettings.model_validate(small | {"output_bias": True}), VOCAB).eval()
    assert isinstance(network, Transformer)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
        assert network.output_bias is not None
        network.output_bias[EOS] = 2.0
    return network.double()


def everything() -> Shortlist:
    return Shortlist(np.arange(VOCAB), np.zeros(VOCAB + 1, np.int64), np.empty(0, np.int64))


def ids_of(found: list[list[Hypothesis]]) -> list[list[tuple[int, ...]]]:
    return [[each.ids for each in group] for group in found]


def scores_of(found: list[list[Hypothesis]]) -> list[float]:
    return [value for group in found for each in group for value in each.token_log_probabilities]


@SETTINGS
def test_a_shortlist_of_everything_changes_nothing(model: Transformer, settings: DecodingSettings) -> None:
    free, within = (translate_ids(model, SOURCES, settings, each) for each in (None, everything()))
    assert ids_of(free) == ids_of(within)
    assert scores_of(free) == pytest.approx(scores_of(within), abs=1e-12)


@SETTINGS
def test_translations_hold_what_is_allowed_alone(
    model: Transformer, shortlist: Shortlist, settings: DecodingSettings
) -> None:
    allowed = shortlist.allowed(SOURCES)
    within, free = (translate_ids(model, SOURCES, settings, each) for each in (shortlist, None))
    for row, group in zip(allowed, within, strict=True):
        assert all(row[list(each.ids)].all() for each in group)
        assert len({each.ids for each in group}) == len(group)
    assert not all(row[list(each.ids)].all() for row, group in zip(allowed, free, strict=True) for each in group)


@pytest.mark.guarantee(
    "a translation within a shortlist does not depend on what is translated beside it",
    area="decoding",
    control="test_candidates_of_the_whole_batch_would_depend_on_neighbours",
    reported="padding changes the translation",
)
@SETTINGS
def test_neighbours_do_not_matter(model: Transformer, shortlist: Shortlist, settings: DecodingSettings) -> None:
    together = translate_ids(model, SOURCES, settings, shortlist)
    alone = [translate_ids(model, [source], settings, shortlist)[0] for source in SOURCES]
    assert ids_of(together) == ids_of(alone)
    assert scores_of(together) == pytest.approx(scores_of(alone), abs=1e-10)


def test_candidates_of_the_whole_batch_would_depend_on_neighbours(model: Transformer, shortlist: Shortlist) -> None:
    """A control: what other toolkits do, one list for all sentences of a batch."""
    every = sorted({piece for source in SOURCES for piece in source})
    own, shared = Within.of(shortlist, SOURCES), Within.of(shortlist, [every] * len(SOURCES))
    found = [search(model, SOURCES, BEAM, Steering(within=each)) for each in (own, shared)]
    assert ids_of(found[0]) != ids_of(found[1])


@SETTINGS
def test_a_steered_search_finds_the_same(model: Transformer, shortlist: Shortlist, settings: DecodingSettings) -> None:
    """An ordinary search has a small vocabulary, a steered one the whole: the same pieces, the same numbers."""
    few = translate_ids(model, SOURCES, settings, shortlist)
    demands = Demands(shortlist=shortlist, cancel=lambda _: False)
    steered = guided_ids(model, SOURCES, settings, demands)
    assert ids_of(few) == ids_of(steered)
    assert scores_of(few) == pytest.approx(scores_of(steered), abs=1e-10)


def test_a_stream_gives_what_greedy_search_gives(model: Transformer, shortlist: Shortlist) -> None:
    for source in SOURCES:
        [[best]] = translate_ids(model, [source], GREEDY, shortlist)
        tokens = [each.id for each in stream_ids(model, source, GREEDY, shortlist=shortlist)]
        assert tokens[: len(best.ids)] == list(best.ids)
        assert len(tokens) == len(best.ids) + best.finished


def test_log_probabilities_are_normalised_over_what_is_allowed(model: Transformer, shortlist: Shortlist) -> None:
    logits = torch.randn(3, VOCAB, dtype=torch.float64)
    within = Within.of(shortlist, SOURCES)
    found = within.normalised(log_probabilities(logits), [3, 0, 0])
    allowed = torch.from_numpy(shortlist.allowed(SOURCES))[[3, 0, 0]]
    expected = logits.masked_fill(~allowed, float("-inf")).log_softmax(1)
    assert torch.allclose(found, expected)
    assert torch.allclose(found.exp().sum(1), torch.ones(3, dtype=torch.float64))


def test_what_is_asked_for_may_occur_though_no_piece_of_the_source_gives_it(
    model: Transformer, shortlist: Shortlist
) -> None:
    source = SOURCES[1]
    outside = int((~shortlist.allowed([source])[0]).nonzero()[0][-1])
    [[found, *_]] = guided_ids(model, [source], BEAM, Demands(prefixes=((outside,),), shortlist=shortlist))
    assert found.ids[0] == outside
    assert np.isfinite(found.score)


def test_a_model_without_such_a_step_keeps_to_the_shortlist_too(
    make_toy: Callable[..., Any], shortlist: Shortlist
) -> None:
    found = translate_ids(make_toy(VOCAB), SOURCES, BEAM, shortlist)
    allowed = shortlist.allowed(SOURCES)
    assert all(row[list(each.ids)].all() for row, group in zip(allowed, found, strict=True) for each in group)
