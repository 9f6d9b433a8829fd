"""The four steps against a reference written out in NumPy, and the promises about what nobody may see."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from regard.attention import AttentionPath, Causal, Everything, Mask, Padding, attend
from regard.attention.core import _check_shapes
from regard.errors import AttentionError, ShapeError
from regard.layout import Layout

PATHS: tuple[AttentionPath, ...] = ("auto", "plain", "fused", "flex")
PATHS_WITH_GRADIENT = PATHS[:3]  # FlexAttention has none on a CPU
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5, torch.bfloat16: 2e-2}


def vectors(batch: int, length: int, *, seed: int, dtype: torch.dtype = torch.float64) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, 2, length, 8, generator=generator, dtype=torch.float64).to(dtype)


def reference(queries: Tensor, keys: Tensor, values: Tensor, allowed: Tensor) -> np.ndarray:
    """Query by query, with the keys it may see picked out: no mask value is involved."""
    q, k, v = (tensor.double().numpy() for tensor in (queries, keys, values))
    seen = allowed.expand(q.shape[0], q.shape[1], q.shape[2], k.shape[2]).numpy()
    context = np.zeros((*q.shape[:3], v.shape[-1]))
    for b, h, i in np.ndindex(*q.shape[:3]):
        picked = seen[b, h, i]
        if picked.any():
            scores = k[b, h, picked] @ q[b, h, i] / np.sqrt(q.shape[-1])
            weights = np.exp(scores - scores.max())
            context[b, h, i] = weights / weights.sum() @ v[b, h, picked]
    return context


def mask_of(kind: str, lengths: tuple[int, ...], width: int) -> Mask:
    padding = Padding(Layout(lengths, width))
    return {"all": Everything(), "causal": Causal(), "padding": padding, "both": Causal() & padding}[kind]


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(["all", "causal", "padding", "both"]),
    st.lists(st.integers(0, 12), min_size=1, max_size=4),
    st.sampled_from(PATHS),
    st.sampled_from(list(TOLERANCE)),
)
def test_every_path_agrees_with_the_reference(
    kind: str, lengths: list[int], path: AttentionPath, dtype: torch.dtype
) -> None:
    width = max(lengths)
    mask = mask_of(kind, tuple(lengths), width)
    q, k, v = (vectors(len(lengths), width, seed=seed, dtype=dtype) for seed in range(3))
    context = attend(q, k, v, mask, path=path).context
    expected = reference(q, k, v, mask.allowed(width, width))
    assert context.dtype == dtype
    np.testing.assert_allclose(context.double().numpy(), expected, atol=TOLERANCE[dtype])


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
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_a_query_with_nothing_to_see_gets_zeros(path: AttentionPath, dtype: torch.dtype) -> None:
    q, k, v = (vectors(2, 4, seed=seed, dtype=dtype) for seed in range(3))
    context = attend(q, k, v, Padding(Layout((0, 4), 4)), path=path).context
    assert bool((context[0] == 0).all())
    assert bool((context[1] != 0).all())


@pytest.mark.parametrize("path", PATHS_WITH_GRADIENT)
@pytest.mark.parametrize("dtype", TOLERANCE)
def test_a_query_with_nothing_to_see_gets_zeros_and_gives_zero_gradients(
    path: AttentionPath, dtype: torch.dtype
) -> None:
    q, k, v = (vectors(2, 4, seed=seed, dtype=dtype).requires_grad_() for seed in range(3))
    context = attend(q, k, v, Padding(Layout((0, 4), 4)), path=path).context
    context.float().square().sum().backward()
    assert bool((context[0] == 0).all())
    for tensor in (q, k, v):
        assert tensor.grad is not None
        assert bool((tensor.grad[0] == 0).all())
        assert bool(tensor.grad.isfinite().all())
        assert bool((tensor.grad[1] != 0).any())


def test_softmax_alone_would_give_nan_there() -> None:
    assert bool(torch.full((1, 3), -torch.inf).softmax(-1).isnan().all())


@pytest.mark.parametrize("path", PATHS)
def test_nan_where_nobody_may_look_reaches_no_context(path: AttentionPath) -> None:
    mask = Causal() & Padding(Layout((2, 4), 4))
    q, k, v = (vectors(2, 4, seed=seed) for seed in range(3))
    clean = attend(q, k, v, mask, path=path).context
    k[0, :, 2:] = v[0, :, 2:] = torch.nan
    assert torch.equal(attend(q, k, v, mask, path=path).context, clean)


@pytest.mark.parametrize("path", PATHS_WITH_GRADIENT)
def test_nan_where_nobody_may_look_reaches_nothing(path: AttentionPath) -> None:
    mask = Causal() & Padding(Layout((2, 4), 4))
    clean = [vectors(2, 4, seed=seed) for seed in range(3)]
    planted = [tensor.clone() for tensor in clean]
    planted[1][0, :, 2:] = planted[2][0, :, 2:] = torch.nan
    outputs = []
    for tensors in (clean, planted):
        q, k, v = (tensor.requires_grad_() for tensor in tensors)
        context = attend(q, k, v, mask, path=path).context
        context.sum().backward()
        outputs.append((context, q.grad, k.grad, v.grad))
    for expected, found in zip(*outputs, strict=True):
        assert torch.equal(expected, found)


@pytest.mark.parametrize("path", PATHS)
def test_nan_where_somebody_looks_is_not_hidden(path: AttentionPath) -> None:
    q, k, v = (vectors(1, 3, seed=seed) for seed in range(3))
    v[0, :, 1] = torch.nan
    assert bool(attend(q, k, v, Everything(), path=path).context.isnan().any())


@pytest.mark.parametrize(("queries", "keys"), [(0, 3), (3, 0), (0, 0)])
def test_length_zero_gives_an_empty_or_zero_context(queries: int, keys: int) -> None:
    q, k = torch.randn(2, 2, queries, 8), torch.randn(2, 2, keys, 8)
    for path in PATHS:
        assert torch.equal(attend(q, k, k, Everything(), path=path).context, torch.zeros(2, 2, queries, 8))


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
