"""Many sentences: grouping as a pure function, order restored, limits before work."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.decoding import Hypothesis, beam_search, greedy_search, plan_batches, translate_ids
from regard.errors import TokenLimitError
from regard.settings import DecodingSettings

lengths_strategy = st.lists(st.integers(0, 40), max_size=60)


@given(lengths=lengths_strategy, budget=st.integers(1, 200))
def test_every_sentence_with_tokens_is_in_exactly_one_group(lengths: list[int], budget: int) -> None:
    placed = sorted(sentence for batch in plan_batches(lengths, budget) for sentence in batch)
    assert placed == [sentence for sentence, length in enumerate(lengths) if length]


@given(lengths=lengths_strategy, budget=st.integers(1, 200))
def test_no_group_is_over_the_budget_unless_it_is_one_long_sentence(lengths: list[int], budget: int) -> None:
    for batch in plan_batches(lengths, budget):
        width = 1 + max(lengths[sentence] for sentence in batch)
        assert len(batch) * width <= budget or len(batch) == 1


@given(lengths=lengths_strategy, budget=st.integers(1, 200))
def test_groups_are_sorted_and_as_full_as_they_can_be(lengths: list[int], budget: int) -> None:
    batches = plan_batches(lengths, budget)
    flat = [lengths[sentence] for batch in batches for sentence in batch]
    assert flat == sorted(flat, reverse=True)
    for batch in batches[:-1]:
        assert (len(batch) + 1) * (lengths[batch[0]] + 1) > budget


def test_sentences_of_one_length_keep_their_order() -> None:
    assert plan_batches([3, 2, 3, 0, 2], 8) == [[0, 2], [1, 4]]


@pytest.mark.guarantee(
    "Translations come back in the order of their sources, and do not depend on it",
    area="decoding",
    control="test_the_order_test_can_fail",
)
@given(
    sources=st.lists(st.lists(st.integers(4, 9), max_size=5), max_size=8),
    beam_size=st.integers(1, 3),
    budget=st.integers(1, 40),
)
@settings(max_examples=40)
def test_translations_come_back_in_the_order_of_the_sources(make_toy, sources, beam_size, budget) -> None:
    toy = make_toy(10, ending=1.0)
    search = DecodingSettings(beam_size=beam_size, batch_tokens=budget)
    alone = [beam_search(toy, [source], search)[0] if source else [Hypothesis.empty()] for source in sources]
    assert translate_ids(toy, sources, search) == alone


def test_the_order_test_can_fail(make_toy) -> None:
    toy = make_toy(10, ending=1.0)
    sources = [[5], [6, 7], [8]]
    found = translate_ids(toy, sources, DecodingSettings(beam_size=2))
    assert found != [found[place] for place in (1, 0, 2)]


def test_the_budget_counts_every_beam(make_toy) -> None:
    for beam_size, expected in ((1, [(4, 3)]), (2, [(2, 3), (2, 3)]), (4, [(1, 3)] * 4)):
        toy = make_toy(10)
        search = DecodingSettings(beam_size=beam_size, batch_tokens=12, max_length=1)
        translate_ids(toy, [[5, 6]] * 4, search)
        assert toy.encoded == expected


def test_a_beam_of_one_is_served_by_greedy_search(make_toy) -> None:
    toy = make_toy(10, ending=1.0)
    search = DecodingSettings(beam_size=1)
    assert translate_ids(toy, [[5], [6]], search) == [[each] for each in greedy_search(toy, [[5], [6]], search)]


@pytest.mark.parametrize("beam_size", [1, 3])
def test_an_empty_source_has_an_empty_translation_and_the_model_is_not_asked(make_toy, beam_size) -> None:
    toy = make_toy(10)
    search = DecodingSettings(beam_size=beam_size)
    assert translate_ids(toy, [[], []], search) == [[Hypothesis.empty()]] * 2
    assert translate_ids(toy, [], search) == []
    assert toy.encoded == []


def test_a_long_source_is_refused_before_any_work(make_toy) -> None:
    toy = make_toy(10)
    with pytest.raises(TokenLimitError, match="sentence 2 has 9 tokens, but at most 8 are allowed"):
        translate_ids(toy, [[5], [5] * 9], DecodingSettings(max_source_tokens=8))
    assert toy.encoded == []
