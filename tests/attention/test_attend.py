"""The four steps follow from each other; what does not fit is refused."""

import pytest
import torch
from torch import Tensor

from regard.attention import AttentionPath, Causal, Everything, Padding, attend
from regard.attention.core import _check_shapes
from regard.errors import AttentionError, ShapeError
from regard.layout import Layout

PATHS: tuple[AttentionPath, ...] = ("auto", "plain", "fused", "flex")


def vectors(batch: int, length: int, *, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, 2, length, 8, generator=generator, dtype=torch.float64).to(dtype)


def test_the_four_steps_follow_from_each_other() -> None:
    q, k, v = (vectors(2, 5, seed=seed) for seed in range(3))
    mask = Causal() & Padding(Layout((3, 5), 5))
    allowed = mask.allowed(5, 5).expand(2, 2, 5, 5)
    steps = attend(q, k, v, mask, path="plain")
    assert steps.scores is not None
    assert steps.masked_scores is not None
    assert steps.weights is not None
    assert torch.equal(steps.masked_scores[allowed], steps.scores[allowed])
    assert bool((steps.masked_scores[~allowed] == -torch.inf).all())
    assert bool((steps.weights[~allowed] == 0).all())
    torch.testing.assert_close(steps.weights.sum(-1), torch.ones(2, 2, 5, dtype=torch.float64))
    torch.testing.assert_close(steps.context, steps.weights @ v)


@pytest.mark.parametrize("path", PATHS)
def test_nan_where_somebody_looks_is_not_hidden(path: AttentionPath) -> None:
    q, k, v = (vectors(1, 3, seed=seed) for seed in range(3))
    v[0, :, 1] = torch.nan
    assert bool(attend(q, k, v, Everything(), path=path).context.isnan().any())


def test_only_plain_asked_for_by_name_gives_the_steps() -> None:
    q, k, v = (vectors(1, 3, seed=seed) for seed in range(3))
    for path in PATHS:
        steps = attend(q, k, v, Causal(), path=path)
        given = [step is not None for step in (steps.scores, steps.masked_scores, steps.weights)]
        assert given == [path == "plain"] * 3


@pytest.mark.parametrize("path", ["plain", "auto"])
def test_dropout_acts_on_the_weights_on_their_way_to_the_values(path: AttentionPath) -> None:
    q, k, v = (vectors(1, 3, seed=seed) for seed in range(3))
    steps = attend(q, k, v, Causal(), path=path, dropout=lambda weights: weights * 2)
    torch.testing.assert_close(steps.context, 2 * attend(q, k, v, Causal()).context)
    assert (steps.weights is not None) is (path == "plain")


@pytest.mark.parametrize("path", ["fused", "flex"])
def test_dropout_without_weights_is_refused(path: AttentionPath) -> None:
    q, k, v = (vectors(1, 3, seed=seed) for seed in range(3))
    with pytest.raises(AttentionError, match=f"path '{path}' never holds the weights that dropout is for; use"):
        attend(q, k, v, Causal(), path=path, dropout=lambda weights: weights)


def test_what_does_not_fit_is_refused() -> None:
    q, k = torch.randn(2, 2, 3, 8), torch.randn(2, 2, 4, 8)
    with pytest.raises(ShapeError, match=r"the mask is for .* but queries and keys need \(2, 2, 3, 4\)"):
        attend(q, k, k, Causal().view(3, 3))
    # Under test, shapes in signatures are checked before our own words are; without that check, ours are said.
    with pytest.raises(ShapeError, match="keys and values share all but the last axis"):
        _check_shapes(q, k, torch.randn(2, 2, 5, 8), Everything().view(3, 4))
