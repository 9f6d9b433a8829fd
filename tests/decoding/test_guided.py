"""Search as somebody asks for it, over the toy network: each feature alone, off, and together with others."""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.decoding import Demands, Hypothesis, guided_ids, score_ids, translate_ids
from regard.decoding.phrases import Cut, RequiredPhrase, Seams, num_missing
from regard.settings import DecodingSettings

VOCAB_SIZE = 14
SOURCES = [[5, 6, 7], [4], [], [8, 9, 10, 11], [5, 6, 7, 8]]
MakeToy = Callable[..., Any]

GREEDY: dict[str, object] = {"beam_size": 1, "max_length": 9}
BEAM: dict[str, object] = {"beam_size": 4, "num_hypotheses": 4, "max_length": 9}
SEARCHES = pytest.mark.parametrize("search", [GREEDY, BEAM], ids=["greedy", "beam"])

FEATURES: dict[str, dict[str, object]] = {
    "no-repeat": {"no_repeat_ngram": 2},
    "min-length": {"min_length_ratio": 1.5},
    "max-length": {"max_length_ratio": 1.0},
    "groups": {"beam_size": 4, "diverse_groups": 2, "diversity": 1.0},
    "samples": {"samples": 4, "temperature": 0.7, "top_k": 6, "top_p": 0.9},
    "all": {"no_repeat_ngram": 1, "min_length_ratio": 1.0, "max_length_ratio": 2.0, "samples": 4},
}
# Token 13 goes on with the word before it; token 12 ends with an apostrophe.
SEAMS = Seams(joins=torch.arange(VOCAB_SIZE) == 13, opens=torch.arange(VOCAB_SIZE) == 12)


def how(search: dict[str, object], **changes: object) -> DecodingSettings:
    return DecodingSettings.model_validate({**search, **changes})


def phrase(*cuts: tuple[int, ...]) -> RequiredPhrase:
    return RequiredPhrase(tuple(Cut(ids) for ids in cuts))


def required(*phrases: RequiredPhrase) -> Demands:
    return Demands(required=tuple(phrases for _ in SOURCES), seams=SEAMS)


@SEARCHES
def test_nothing_asked_is_the_ordinary_search(make_toy: MakeToy, search: dict[str, object]) -> None:
    toy = make_toy(VOCAB_SIZE, ending=1.0)
    assert guided_ids(toy, SOURCES, how(search)) == translate_ids(toy, SOURCES, how(search))


@SEARCHES
def test_a_feature_that_changes_nothing_changes_nothing(make_toy: MakeToy, search: dict[str, object]) -> None:
    """The guided way with restrictions that never apply: what it costs is time alone."""
    toy = make_toy(VOCAB_SIZE, ending=1.0)
    asked = how(search, no_repeat_ngram=50, deadline_seconds=1e6)
    demands = Demands(cancel=lambda _: False)
    assert guided_ids(toy, SOURCES, asked, demands) == translate_ids(toy, SOURCES, how(search))


@pytest.mark.parametrize("feature", FEATURES)
def test_neighbours_and_order_change_nothing(make_toy: MakeToy, feature: str) -> None:
    toy, asked = make_toy(VOCAB_SIZE, ending=1.0), how(BEAM, **FEATURES[feature])
    alone = [guided_ids(toy, [source], asked)[0] for source in SOURCES]
    assert guided_ids(toy, SOURCES, asked) == alone
    assert guided_ids(toy, SOURCES[::-1], asked)[::-1] == alone
    assert guided_ids(toy, SOURCES, asked.model_copy(update={"batch_tokens": 1})) == alone


@pytest.mark.guarantee(
    "With every search feature, hypotheses are distinct, sorted, and scored as forced decoding scores them",
    area="decoding",
    control="test_a_wrong_score_would_be_seen",
)
@pytest.mark.parametrize("feature", FEATURES)
def test_hypotheses_are_distinct_sorted_and_scored_by_the_model(make_toy: MakeToy, feature: str) -> None:
    toy, asked = make_toy(VOCAB_SIZE, ending=1.0), how(BEAM, **FEATURES[feature])
    for source, found in zip(SOURCES, guided_ids(toy, SOURCES, asked), strict=True):
        assert_consistent(toy, source, found, asked)
        assert 1 <= len(found) <= asked.num_hypotheses


def test_required_phrases_leave_hypotheses_consistent(make_toy: MakeToy) -> None:
    toy, asked = make_toy(VOCAB_SIZE, ending=1.0), how(BEAM)
    for source, found in zip(SOURCES, guided_ids(toy, SOURCES, asked, required(phrase((9, 4), (7,)))), strict=True):
        assert_consistent(toy, source, found, asked)


def assert_consistent(toy: Any, source: list[int], found: list[Hypothesis], asked: DecodingSettings) -> None:
    assert len({each.ids for each in found}) == len(found)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    again = score_ids(toy, [source] * len(found), [each.ids for each in found], asked)
    for each, forced in zip(found, again, strict=True):
        values = forced.token_log_probabilities[: len(each.token_log_probabilities)]
        assert each.token_log_probabilities == pytest.approx(values, abs=1e-12)


def test_a_wrong_score_would_be_seen(make_toy: MakeToy) -> None:
    toy, other = make_toy(VOCAB_SIZE, ending=1.0), make_toy(VOCAB_SIZE, ending=1.5)
    found = guided_ids(toy, [SOURCES[0]], how(BEAM))[0]
    with pytest.raises(AssertionError):
        assert_consistent(other, SOURCES[0], found, how(BEAM))


@SEARCHES
@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_run_of_tokens_comes_twice(make_toy: MakeToy, search: dict[str, object], size: int) -> None:
    toy = make_toy(8, ending=-9.0, spread=3.0)
    asked = how(search, max_length=14, no_repeat_ngram=size)
    free = guided_ids(toy, SOURCES[:1], how(search, max_length=14))[0][0]
    runs = list(zip(*(free.ids[place:] for place in range(size)), strict=False))
    assert size == 3 or len(set(runs)) < len(runs), "the toy must repeat itself"
    for found in itertools.chain(*guided_ids(toy, SOURCES, asked)):
        runs = list(zip(*(found.ids[place:] for place in range(size)), strict=False))
        assert len(set(runs)) == len(runs)


@SEARCHES
def test_a_translation_is_not_shorter_or_longer_than_asked(make_toy: MakeToy, search: dict[str, object]) -> None:
    toy = make_toy(VOCAB_SIZE, ending=3.0)
    assert sum(len(found[0].ids) for found in guided_ids(toy, SOURCES, how(search))) < len(SOURCES)
    for source, found in zip(SOURCES, guided_ids(toy, SOURCES, how(search, min_length_ratio=1.4)), strict=True):
        assert all(len(each.ids) >= 1.4 * len(source) for each in found)
    toy = make_toy(VOCAB_SIZE, ending=-9.0)
    for source, found in zip(SOURCES, guided_ids(toy, SOURCES, how(search, max_length_ratio=1.4)), strict=True):
        assert all(len(each.token_log_probabilities) <= max(1, 1.4 * len(source)) for each in found)


@SEARCHES
def test_a_prefix(make_toy: MakeToy, search: dict[str, object]) -> None:
    for found in guided_ids(make_toy(VOCAB_SIZE), SOURCES[:2], how(search), Demands(prefixes=((7, 5),) * 2)):
        assert all(each.ids[:2] == (7, 5) for each in found)


@SEARCHES
def test_a_prefix_of_one_sentence_alone(make_toy: MakeToy, search: dict[str, object]) -> None:
    toy = make_toy(VOCAB_SIZE)
    first, second = guided_ids(toy, SOURCES[:2], how(search), Demands(prefixes=((7, 5), ())))
    assert all(each.ids[:2] == (7, 5) for each in first)
    assert second == translate_ids(toy, SOURCES[1:2], how(search))[0]


def test_the_first_group_is_an_ordinary_beam_and_others_differ(make_toy: MakeToy) -> None:
    toy = make_toy(VOCAB_SIZE, ending=1.0)
    together = guided_ids(toy, SOURCES, how(BEAM, diverse_groups=2, diversity=2.0))
    ordinary = translate_ids(toy, SOURCES, how(BEAM, beam_size=2, num_hypotheses=2))
    for found, usual in zip(together, ordinary, strict=True):
        assert set(usual) <= set(found)
    assert together != translate_ids(toy, SOURCES, how(BEAM))


def test_groups_that_avoid_each_other_strongly_begin_differently(make_toy: MakeToy) -> None:
    toy = make_toy(VOCAB_SIZE, ending=-9.0, spread=4.0)
    for found in guided_ids(toy, SOURCES[:2], how(BEAM, diverse_groups=4, diversity=100.0)):
        assert len({each.ids[0] for each in found}) == 4
    wide = translate_ids(toy, SOURCES[:2], how(BEAM))
    assert all(len({each.ids[0] for each in found}) < 4 for found in wide)


def test_groups_without_diversity_are_all_the_same(make_toy: MakeToy) -> None:
    toy = make_toy(VOCAB_SIZE, ending=1.0)
    found = guided_ids(toy, SOURCES, how(BEAM, diverse_groups=2, diversity=0.0))
    assert found == translate_ids(toy, SOURCES, how(BEAM, beam_size=2, num_hypotheses=2))


@SEARCHES
def test_time_that_is_up_gives_the_best_so_far(make_toy: MakeToy, search: dict[str, object]) -> None:
    toy = make_toy(VOCAB_SIZE, ending=-9.0)
    for source, found in zip(SOURCES, guided_ids(toy, SOURCES, how(search, deadline_seconds=1e-9)), strict=True):
        assert found
        assert all(each.flags == (("deadline",) if source else ()) for each in found)


@SEARCHES
def test_a_search_that_is_cancelled_stops_at_the_next_step(make_toy: MakeToy, search: dict[str, object]) -> None:
    toy = make_toy(VOCAB_SIZE, ending=-9.0)
    demands = Demands(cancel=lambda _: len(toy.rows_per_step) >= 3)
    found = guided_ids(toy, SOURCES, how(search, batch_tokens=1), demands)
    assert len(toy.rows_per_step) == 3
    assert len(found[3][0].ids) == 2  # the longest sentence is searched first; the third step chose nothing
    assert [each[0].flags for each in found] == [("cancelled",)] * 2 + [()] + [("cancelled",)] * 2
    assert [each[0].ids for each in found if each is not found[3]] == [()] * 4


def test_what_is_left_when_better_ones_were_still_written_says_so(make_toy: MakeToy) -> None:
    """Wherever a search is stopped, also where something is finished already."""
    toy, early = make_toy(VOCAB_SIZE, ending=1.0), 0
    whole = guided_ids(toy, SOURCES[3:4], how(BEAM), Demands(cancel=lambda _: False))[0]
    assert all(not each.flags for each in whole)
    for steps in range(1, len(toy.rows_per_step) + 1):
        toy.rows_per_step.clear()
        demands = Demands(cancel=lambda _, steps=steps: len(toy.rows_per_step) >= steps)
        found = guided_ids(toy, SOURCES[3:4], how(BEAM), demands)[0]
        assert all(each.flags == ("cancelled",) for each in found)
        early += found[0].finished
    assert early


def test_nobody_asks_about_a_sentence_that_is_complete(make_toy: MakeToy) -> None:
    """It stays in the batch until an eighth of it is complete."""
    toy, asked = make_toy(VOCAB_SIZE, ending=-9.0), list[int]()
    sources = [[4], *([5, 6, 7, 8 + place % 4] for place in range(9))]

    def cancel(source: int) -> bool:
        asked.append(source)
        return len(toy.rows_per_step) >= 6

    found = guided_ids(toy, sources, how(GREEDY, max_length=None, max_length_ratio=2.0), Demands(cancel=cancel))
    assert (len(found[0][0].ids), found[0][0].finished, found[0][0].flags) == (2, False, ())
    assert asked.count(0) < asked.count(1)
    assert all(each[0].flags == ("cancelled",) for each in found[1:])


@SEARCHES
def test_a_sentence_that_is_cancelled_leaves_the_others_alone(make_toy: MakeToy, search: dict[str, object]) -> None:
    toy = make_toy(VOCAB_SIZE, ending=-9.0)
    undisturbed = guided_ids(toy, SOURCES, how(search), Demands(cancel=lambda _: False))
    rows = toy.rows_per_step[0]
    asked: list[int] = []

    def cancel(source: int) -> bool:
        asked.append(source)
        return source == 3 and len(toy.rows_per_step) >= 2

    toy.rows_per_step.clear()
    found = guided_ids(toy, SOURCES, how(search), Demands(cancel=cancel))
    assert toy.rows_per_step[0] == toy.rows_per_step[1] == rows
    assert toy.rows_per_step[2] == rows * 3 // 4  # no step was taken for it after the one that was under way
    assert found[3][0].flags == ("cancelled",)
    assert [*found[:3], found[4]] == [*undisturbed[:3], undisturbed[4]]
    assert asked.count(3) == 3  # before the first step and after each of two; then never again


@SEARCHES
def test_required_phrases_are_there(make_toy: MakeToy, search: dict[str, object]) -> None:
    toy = make_toy(VOCAB_SIZE, ending=2.0)
    demands = required(phrase((9, 4, 9)), phrase((6,), (10, 11)))
    for source, found in zip(SOURCES, guided_ids(toy, SOURCES, how(search), demands), strict=True):
        for each in found:
            text = f" {' '.join(map(str, each.ids))} "
            assert not source or (" 9 4 9 " in text and (" 6 " in text or " 10 11 " in text))
            assert each.flags == ()


def test_what_is_not_required_of_a_sentence_is_searched_as_usual(make_toy: MakeToy) -> None:
    toy = make_toy(VOCAB_SIZE, ending=2.0)
    demands = Demands(required=((phrase((9, 4)),), (), (), (phrase((7,)),), ()), seams=SEAMS)
    found = guided_ids(toy, SOURCES, how(BEAM), demands)
    usual = translate_ids(toy, SOURCES, how(BEAM))
    assert [found[place] == usual[place] for place in range(5)] == [False, True, True, False, True]
    alone = guided_ids(toy, [SOURCES[3]], how(BEAM), Demands(required=((phrase((7,)),),), seams=SEAMS))
    assert found[3] == alone[0]


def test_a_phrase_counts_as_words_alone(make_toy: MakeToy) -> None:
    """Token 13 would go on with the phrase; a cut that needs an opening may stand behind token 12 or first."""

    def wants_more(source: Any, prefix: Any) -> Any:
        logits = make_toy(VOCAB_SIZE).logits_of(source, prefix)
        logits[13] += 6.0 * (prefix[-1] == 9)
        return logits

    toy = make_toy(VOCAB_SIZE, logits_of=wants_more)
    opening = RequiredPhrase((Cut((9,), needs_opening=True),))
    for kind in (phrase((9,)), opening):
        for found in itertools.chain(*guided_ids(toy, SOURCES[:2], how(BEAM), required(kind))):
            places = [place for place, token in enumerate(found.ids) if token == 9]
            followed = [found.ids[place + 1] for place in places if place + 1 < len(found.ids)]
            before = [found.ids[place - 1] if place else 12 for place in places]
            assert any(token != 13 for token in followed) or places[-1:] == [len(found.ids) - 1]
            assert kind is not opening or 12 in before


def test_a_cut_for_the_beginning_stands_there(make_toy: MakeToy) -> None:
    first = RequiredPhrase((Cut((6, 8), only_first=True),))
    for found in itertools.chain(*guided_ids(make_toy(VOCAB_SIZE), SOURCES[:2], how(BEAM), required(first))):
        assert found.ids[:2] == (6, 8)


@SEARCHES
def test_a_prefix_may_go_on_with_a_word_that_is_required(make_toy: MakeToy, search: dict[str, object]) -> None:
    """Behind 9 the phrase is no word yet if 13 follows, and nothing but 13 may."""
    demands = Demands(prefixes=((9, 13, 5),), required=((phrase((9,)),),), seams=SEAMS)
    (found,) = guided_ids(make_toy(VOCAB_SIZE), SOURCES[:1], how(search), demands)
    for each in found:
        assert each.ids[:3] == (9, 13, 5)
        assert 9 in each.ids[3:]
        assert each.flags == ()


@SEARCHES
def test_more_phrases_than_room_are_flagged(make_toy: MakeToy, search: dict[str, object]) -> None:
    demands = required(*(phrase((4 + place, 5)) for place in range(6)))
    for source, found in zip(SOURCES, guided_ids(make_toy(VOCAB_SIZE), SOURCES, how(search), demands), strict=True):
        assert found
        assert [each.flags for each in found] == [("unmet",) if source else ()] * len(found)


@given(
    phrases=st.lists(
        st.lists(st.lists(st.integers(4, 13), min_size=1, max_size=3).map(tuple), min_size=1, max_size=2), max_size=3
    ),
    beam_size=st.integers(1, 4),
)
@settings(max_examples=40)
def test_any_phrases_are_met_where_there_is_room(make_toy: MakeToy, phrases: Any, beam_size: int) -> None:
    toy = make_toy(VOCAB_SIZE, ending=1.0)
    wanted = tuple(phrase(*cuts) for cuts in phrases)
    room = sum(each.length for each in wanted) + 6
    asked = DecodingSettings(beam_size=beam_size, max_length=room)
    demands = Demands(required=(wanted,), seams=SEAMS)
    (found,) = guided_ids(toy, [[5, 6]], asked, demands)
    # A phrase that begins with token 13 would go on with the word before it, so it can be impossible.
    possible = not any(cut.ids[0] == 13 for each in wanted for cut in each.cuts)
    assert not possible or num_missing(found[0].ids, wanted, SEAMS) == 0
    assert (num_missing(found[0].ids, wanted, SEAMS) > 0) == ("unmet" in found[0].flags)


def test_forbidding_everything_never_crashes(make_toy: MakeToy) -> None:
    class Nothing:
        def adjust(self, log_probabilities: torch.Tensor, rows: object) -> torch.Tensor:
            return torch.full_like(log_probabilities, float("-inf"))

    for search in (GREEDY, BEAM, {"samples": 3, "beam_size": 1}):
        found = guided_ids(make_toy(VOCAB_SIZE), SOURCES, how(search), Demands(adjusters=(Nothing(),)))
        assert [[each.ids for each in group] for group in found] == [[()]] * len(SOURCES)
        assert [group[0].finished for group in found] == [False, False, True, False, False]
