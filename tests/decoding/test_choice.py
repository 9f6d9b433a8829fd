"""From logits to next tokens: precision, what is never chosen, what is not a number."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from regard.decoding.choice import best_next, best_of_group, log_probabilities
from regard.errors import DivergedError
from regard.text.control import BOS, EOS, PAD, UNK


def test_probabilities_are_taken_over_the_whole_vocabulary() -> None:
    log_probs = log_probabilities(torch.tensor([[0.0, 0.0, 0.0, 0.0, 1.0]]))
    assert log_probs[0, 4].item() == pytest.approx(math.log(math.e / (math.e + 4)), abs=1e-6)


@pytest.mark.parametrize(
    ("given_type", "expected"),
    [(torch.bfloat16, torch.float32), (torch.float32, torch.float32), (torch.float64, torch.float64)],
)
def test_probabilities_are_at_least_float32(given_type: torch.dtype, expected: torch.dtype) -> None:
    logits = torch.linspace(-3, 3, 50, dtype=given_type)[None]
    log_probs = log_probabilities(logits)
    assert log_probs.dtype == expected
    assert torch.equal(log_probs, torch.log_softmax(logits.to(expected), dim=1))


@pytest.mark.parametrize("count", [1, 2, 5, 100])
def test_control_tokens_are_never_chosen_even_if_most_probable(count: int) -> None:
    logits = torch.zeros(2, 9)
    logits[:, [PAD, UNK, BOS]] = 50.0
    _, ids = best_next(log_probabilities(logits), count)
    assert ids.shape[1] == min(count, 6)
    assert not {PAD, UNK, BOS} & set(ids.flatten().tolist())


def test_forbidding_does_not_change_the_other_probabilities() -> None:
    logits = torch.tensor([[9.0, 0.0, 0.0, 1.0, 2.0]], dtype=torch.float64)
    values, ids = best_next(log_probabilities(logits), 1)
    expected = 2 - math.log(math.exp(9) + 2 + math.e + math.exp(2))
    assert (ids.item(), values.item()) == (4, pytest.approx(expected, abs=1e-12))


def test_eos_may_be_chosen() -> None:
    assert best_next(torch.tensor([[-9.0, -9.0, -9.0, -0.1, -5.0]]), 1)[1].item() == EOS


def test_of_equal_tokens_the_lowest_id_is_chosen() -> None:
    assert best_next(torch.tensor([[-1.0, -1.0, -1.0, -5.0, -2.0, -2.0]]), 1)[1].item() == 4


@given(
    logits=st.lists(st.lists(st.floats(-20, 20), min_size=12, max_size=12), min_size=1, max_size=4),
    count=st.integers(2, 12),
)
def test_the_best_are_those_of_a_full_sort(logits: list[list[float]], count: int) -> None:
    log_probs = log_probabilities(torch.tensor(logits, dtype=torch.float64))
    values, ids = best_next(log_probs, count)
    assert torch.equal(values, log_probs[:, EOS:].sort(dim=1, descending=True).values[:, :count])
    assert torch.equal(values, log_probs.gather(1, ids))


@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_logits_that_are_not_finite_are_refused(bad: float, count: int) -> None:
    logits = torch.zeros(3, 9)
    logits[1, 6] = bad
    with pytest.raises(DivergedError, match=r"logits that are not finite.*use an earlier checkpoint, or .* float32"):
        best_next(log_probabilities(logits), count)


def test_rows_of_minus_infinity_are_refused_but_a_single_one_is_only_impossible() -> None:
    logits = torch.zeros(1, 9)
    logits[0, 6] = -math.inf
    assert 6 not in best_next(log_probabilities(logits), 5)[1]
    with pytest.raises(DivergedError, match="not finite"):
        best_next(log_probabilities(torch.full((1, 9), -math.inf)), 1)


@pytest.mark.parametrize("vocab", [256, 257, 319, 1000])
@pytest.mark.parametrize("count", [1, 2, 10])
def test_searching_block_by_block_finds_what_a_full_sort_finds(
    monkeypatch: pytest.MonkeyPatch, vocab: int, count: int
) -> None:
    monkeypatch.setattr("regard.decoding.choice._FEW_CELLS", 0)
    torch.manual_seed(vocab)
    log_probs = torch.randn(7, 5, vocab, dtype=torch.float64).log_softmax(2)
    log_probs[:, :, [PAD, UNK, BOS]] = 1.0
    values, ids = best_next(log_probs[:, 0], count)
    expected = log_probs[:, 0, EOS:].topk(count, dim=1)
    assert torch.equal(values, expected.values)
    assert torch.equal(ids, expected.indices + EOS)
    before = torch.randn(7, 5, dtype=torch.float64)
    before[3, 1:] = -math.inf
    totals, parents, tokens = best_of_group(log_probs, before, count)
    together = (log_probs[:, :, EOS:] + before[:, :, None]).flatten(1).topk(count, dim=1)
    assert torch.equal(totals, together.values)
    assert torch.equal(parents * (vocab - EOS) + tokens - EOS, together.indices)


def test_of_equal_tokens_in_different_blocks_the_lowest_id_is_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regard.decoding.choice._FEW_CELLS", 0)
    log_probs = torch.full((1, 300), -9.0)
    log_probs[0, [70, 75, 200]] = -1.0
    assert best_next(log_probs, 1)[1].item() == 70


def test_a_number_that_is_none_is_found_in_any_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regard.decoding.choice._FEW_CELLS", 0)
    logits = torch.zeros(2, 2, 300)
    logits[1, 0, 290] = math.nan
    with pytest.raises(DivergedError, match="not finite"):
        best_of_group(torch.log_softmax(logits, 2), torch.zeros(2, 2), 3)
