"""A search that is watched, that begins as it is told, whose source is padded."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from regard.decoding import Steering, search
from regard.decoding.choice import best_next
from regard.decoding.steering import Begin, Rows
from regard.errors import ShapeError
from regard.settings import DecodingSettings
from regard.text.control import BOS, EOS

GREEDY = DecodingSettings(beam_size=1, max_length=6)
BEAM = DecodingSettings(beam_size=3, num_hypotheses=3, max_length=6)
SEARCHES = pytest.mark.parametrize("settings", [GREEDY, BEAM], ids=["greedy", "beam"])
SOURCES = [[5, 6, 7], [4]]


class Ear:
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.opened_after = -1
        self.steps: list[tuple[list[list[int]], torch.Tensor]] = []

    def opened(self) -> None:
        self.opened_after = len(self.steps)

    def stepped(self, prefixes: list[list[int]], log_probabilities: torch.Tensor) -> None:
        self.steps.append((prefixes, log_probabilities.clone()))


@SEARCHES
def test_listening_changes_nothing(make_toy: Callable[..., Any], settings: DecodingSettings) -> None:
    ear = Ear()
    watched = search(make_toy(), SOURCES, settings, Steering(listener=ear))
    assert watched == search(make_toy(), SOURCES, settings)
    assert ear.opened_after == 0


@SEARCHES
def test_the_listener_hears_every_step_and_every_row(make_toy: Callable[..., Any], settings: DecodingSettings) -> None:
    ear, toy = Ear(), make_toy()
    search(toy, SOURCES, settings, Steering(listener=ear))
    assert len(ear.steps) == len(toy.rows_per_step)
    for step, (prefixes, log_probs) in enumerate(ear.steps):
        assert len(prefixes) == len(log_probs) == toy.rows_per_step[step]
        assert all(prefix[0] == BOS and len(prefix) == step + 1 for prefix in prefixes)
        assert log_probs.exp().sum(dim=1).tolist() == pytest.approx([1.0] * len(prefixes))


@SEARCHES
def test_the_winner_is_heard_at_each_of_its_steps(make_toy: Callable[..., Any], settings: DecodingSettings) -> None:
    ear = Ear()
    best = search(make_toy(), [SOURCES[0]], settings, Steering(listener=ear))[0][0]
    for place, value in enumerate(best.token_log_probabilities):
        prefixes, log_probs = ear.steps[place]
        row = prefixes.index([BOS, *best.ids[:place]])
        assert float(log_probs[row, (*best.ids, EOS)[place]]) == value


@SEARCHES
def test_a_forced_beginning(make_toy: Callable[..., Any], settings: DecodingSettings) -> None:
    prefix = (7, 4, 7)
    toy = make_toy()
    for source, hypotheses in zip(
        SOURCES, search(toy, SOURCES, settings, Steering(prefixes=(prefix,) * len(SOURCES))), strict=True
    ):
        assert hypotheses
        for found in hypotheses:
            assert found.ids[:3] == prefix
            for place, value in enumerate(found.token_log_probabilities[:3]):
                logits = torch.tensor(toy.logits_of((*source, EOS), (BOS, *prefix[:place])))
                assert value == pytest.approx(float(logits.log_softmax(0)[prefix[place]]))


@SEARCHES
def test_forcing_what_would_be_chosen_changes_nothing(make_toy: Callable[..., Any], settings: DecodingSettings) -> None:
    free = search(make_toy(), [SOURCES[0]], settings)[0][0]
    forced = search(make_toy(), [SOURCES[0]], settings, Steering(prefixes=(free.ids,)))[0][0]
    assert forced.ids[: len(free.ids)] == free.ids
    assert forced.score >= free.score or forced == free


def test_only_one_token_is_left_to_rows_that_are_still_in_the_prefix() -> None:
    log_probs = torch.tensor([[-1.0, -2.0, -3.0]] * 2)
    rows = Rows((0, 1), lambda: [[BOS], [BOS, 1]], lambda: {0, 1})
    assert Begin(((1,), (1,))).adjust(log_probs, rows).tolist() == [
        [float("-inf"), -2.0, float("-inf")],
        [-1.0, -2.0, -3.0],
    ]
    assert log_probs.tolist() == [[-1.0, -2.0, -3.0]] * 2


class Without:
    """Forbids one token."""

    def __init__(self, token: int) -> None:
        self.token = token
        self.asked: list[tuple[tuple[int, ...], list[list[int]]]] = []

    def adjust(self, log_probabilities: torch.Tensor, rows: Rows) -> torch.Tensor:
        self.asked.append((rows.sentences, rows.prefixes()))
        return log_probabilities.index_fill(1, torch.tensor([self.token]), float("-inf"))


@SEARCHES
def test_what_an_adjuster_forbids_is_never_chosen(make_toy: Callable[..., Any], settings: DecodingSettings) -> None:
    free = search(make_toy(ending=-9.0), SOURCES, settings)
    token = free[0][0].ids[0]
    without = Without(token)
    steered = search(make_toy(ending=-9.0), SOURCES, settings, Steering(adjusters=(without,)))
    assert all(token not in each.ids for found in steered for each in found)
    for sentences, prefixes in without.asked:
        assert len(sentences) == len(prefixes)
        assert set(sentences) <= {0, 1}
        assert list(sentences) == sorted(sentences)


@SEARCHES
def test_where_everything_is_forbidden_the_sentence_is_cut(
    make_toy: Callable[..., Any], settings: DecodingSettings
) -> None:
    class NothingAfterTwo:
        def adjust(self, log_probabilities: torch.Tensor, rows: Rows) -> torch.Tensor:
            stuck = torch.tensor([len(prefix) > 2 for prefix in rows.prefixes()])
            return log_probabilities.masked_fill(stuck[:, None], float("-inf"))

    for found in search(make_toy(ending=-9.0), SOURCES, settings, Steering(adjusters=(NothingAfterTwo(),))):
        assert [len(each.ids) for each in found] == [2] * len(found)
        assert found
        assert not found[0].finished


class SecondBest:
    """Takes the runner-up."""

    def choose(self, log_probabilities: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
        values, ids = best_next(log_probabilities, 2)
        return values[:, 1:], ids[:, 1:]


@SEARCHES
def test_a_chooser_decides_which_tokens_go_on(make_toy: Callable[..., Any], settings: DecodingSettings) -> None:
    toy = make_toy(ending=-9.0)
    found = search(toy, [[5, 6]], settings, Steering(chooser=SecondBest()))[0][0]
    for place, token in enumerate(found.ids):
        logits = torch.tensor(toy.logits_of((5, 6, EOS), (BOS, *found.ids[:place])))
        assert token == int(logits[EOS:].topk(2).indices[1]) + EOS


@SEARCHES
def test_the_source_is_padded_as_wide_as_asked(make_toy: Callable[..., Any], settings: DecodingSettings) -> None:
    toy = make_toy()
    padded = search(toy, SOURCES, settings, Steering(source_width=9))
    assert toy.encoded == [(2, 9)]
    assert padded == search(make_toy(), SOURCES, settings)


def test_a_row_that_is_too_narrow(make_toy: Callable[..., Any]) -> None:
    with pytest.raises(ShapeError, match="must lie between 0 and the width 3, but 4 is given"):
        search(make_toy(), SOURCES, GREEDY, Steering(source_width=3))
