"""The claims that need no training hold, and each fails when what it is about is broken: its control is taken away."""

from collections.abc import Callable

import pytest
import torch

from regard.lab import Bench, blind, linear, mask, padding, registry, scale, sinusoidal
from regard.lab.claim import Claim
from regard.positions import sinusoidal as sinusoidal_table
from regard.tracing.toy import ToyMask, worked_example


@pytest.fixture
def bench(tmp_path) -> Bench:  # type: ignore[no-untyped-def]
    return Bench(tmp_path)


@pytest.mark.parametrize("name", ["mask", "padding", "blind", "scale", "sinusoidal", "linear"])
def test_it_holds(name: str, bench: Bench) -> None:
    (experiment,) = registry.find_experiments([name])
    for claim in experiment.run(bench):
        assert claim.holds, claim.measured
        assert claim.expected
        assert claim.tables


def _unmasked() -> Claim:
    example = worked_example(mask.SENTENCE)
    return mask.claim(example, example)


def _mask_without_control() -> Claim:
    example = worked_example(mask.SENTENCE, ToyMask(causal=True))
    return mask.claim(example, example)


def _padding_looked_at() -> Claim:
    model = padding.network(padding_mask=False)
    return padding.claim(model, model)


def _padding_without_control() -> Claim:
    model = padding.network(padding_mask=True)
    return padding.claim(model, model)


def _blind_as_in_tutorials() -> Claim:
    return blind.claim({"-inf": blind.filled_with(float("-inf")), "ours": blind.filled_with(-1e9)})


def _blind_without_control() -> Claim:
    return blind.claim({"-1e9": blind.ours, "ours": blind.ours})


def _never_scaled() -> Claim:
    found = [scale.softmax_of(dim, 1.0) for dim in (4, 16, 64, 256, 1024)]
    return scale.claim(found, found)


def _always_scaled() -> Claim:
    found = [scale.softmax_of(dim, dim**-0.5) for dim in (4, 16, 64, 256, 1024)]
    return scale.claim(found, found)


def _positions_without_difference() -> Claim:
    return sinusoidal.unique(sinusoidal_table(1, 64).repeat(2000, 1))


def _positions_at_random() -> Claim:
    return sinusoidal.unique(torch.randn(2000, 64, dtype=torch.float64))


def _random_is_not_linear() -> Claim:
    table = torch.randn(2000, 64, dtype=torch.float64)
    return sinusoidal.linear(table, table)


def _linear_without_control() -> Claim:
    table = sinusoidal_table(2000, 64)
    return sinusoidal.linear(table, table)


def _attention_with_free_weights() -> Claim:
    head = linear.attention(torch.randn(3, 32, 32, dtype=torch.float64))
    return linear.claim(head, head, head)


def _network_that_adds_nothing() -> Claim:
    return linear.claim(lambda vectors: vectors, lambda vectors: vectors, lambda vectors: 2 * vectors)


BROKEN = [
    _unmasked,
    _mask_without_control,
    _padding_looked_at,
    _padding_without_control,
    _blind_as_in_tutorials,
    _blind_without_control,
    _never_scaled,
    _always_scaled,
    _positions_without_difference,
    _positions_at_random,
    _random_is_not_linear,
    _linear_without_control,
    _attention_with_free_weights,
    _network_that_adds_nothing,
]


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__.strip("_"))
def test_it_fails_when_broken(broken: Callable[[], Claim]) -> None:
    assert not broken().holds


def test_the_loose_sentences_are_refuted(bench: Bench) -> None:
    told = {
        name: [claim.told for claim in registry.find_experiments([name])[0].run(bench) if claim.told]
        for name in ("blind", "sinusoidal", "linear")
    }
    assert {name: [one.holds for one in found] for name, found in told.items()} == {name: [False] for name in told}


def test_a_loose_sentence_can_hold() -> None:
    identity = linear.claim(lambda vectors: vectors, lambda vectors: vectors, torch.relu)
    assert identity.told is not None
    assert identity.told.holds
