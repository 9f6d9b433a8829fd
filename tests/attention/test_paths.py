"""What each path does on its own: which kernel it calls, and what it refuses."""

from typing import Any

import pytest
import torch
from torch import Tensor

import regard.attention.fused
from regard.attention import Causal, Everything, Mask, Padding, Window, attend
from regard.attention.flex import _refuse_what_it_cannot
from regard.errors import AttentionError
from regard.layout import Layout

FULL = Padding(Layout((4, 4), 4))
PARTLY = Padding(Layout((4, 2), 4))


def vectors(rows: int, queries: int, keys: int) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(queries)
    q = torch.randn(rows, 2, queries, 8, generator=generator, dtype=torch.float64)
    k, v = torch.randn(2, rows, 2, keys, 8, generator=generator, dtype=torch.float64)
    return q, k, v


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The options the fused kernel was called with."""
    kernel, calls = regard.attention.fused.scaled_dot_product_attention, []

    def spy(*tensors: Tensor, **options: Any) -> Tensor:
        calls.append(options)
        return kernel(*tensors, **options)

    monkeypatch.setattr(regard.attention.fused, "scaled_dot_product_attention", spy)
    return calls


@pytest.mark.parametrize("mask", [Causal(), Causal() & FULL])
def test_the_causal_kernel_is_for_the_causal_mask_alone(mask: Mask, asked: list[dict[str, Any]]) -> None:
    q, k, v = vectors(2, 4, 4)
    fused = attend(q, k, v, mask, path="fused").context
    torch.testing.assert_close(fused, attend(q, k, v, mask, path="plain").context)
    assert asked == [{"is_causal": True, "scale": 8**-0.5}]


@pytest.mark.parametrize("mask", [Causal() & PARTLY, Window(2, 0), FULL & Causal() & Window(1, 0)])
def test_any_other_mask_is_given_as_a_mask(mask: Mask, asked: list[dict[str, Any]]) -> None:
    attend(*vectors(2, 4, 4), mask, path="fused")
    assert "is_causal" not in asked[0]
    assert asked[0]["attn_mask"].dtype == torch.bool


@pytest.mark.parametrize(("queries", "keys", "first"), [(1, 4, 3), (2, 4, 2), (4, 4, 1), (3, 4, 0)])
def test_the_causal_kernel_is_not_used_where_lengths_or_places_differ(
    queries: int, keys: int, first: int, asked: list[dict[str, Any]]
) -> None:
    q, k, v = vectors(2, queries, keys)
    view = Causal().view(queries, keys, first_query=first)
    fused, plain = (attend(q, k, v, view, path=path).context for path in ("fused", "plain"))
    torch.testing.assert_close(fused, plain)
    assert not asked[0].get("is_causal")


def test_the_causal_kernel_would_be_wrong_with_a_cache() -> None:
    q, k, v = vectors(1, 2, 4)
    wrong = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    right = attend(q, k, v, Causal().view(2, 4, first_query=2), path="fused").context
    assert not torch.allclose(wrong, right)


@pytest.mark.parametrize("length", [*range(1, 300, 23), 127, 128, 129, 255, 256, 257, 300])
def test_flex_is_right_at_lengths_that_do_not_fill_its_blocks(length: int) -> None:
    q, k, v = vectors(2, length, length)
    for mask in (Causal() & Padding(Layout((length, length // 2), length)), Window(3, 1)):
        expected = attend(q, k, v, mask, path="plain").context
        torch.testing.assert_close(attend(q, k, v, mask, path="flex").context, expected, atol=1e-12, rtol=0)


def test_flex_takes_fewer_queries_than_keys_and_masks_per_head() -> None:
    q, k, v = vectors(2, 3, 130)
    per_head = torch.rand(1, 2, 3, 130, generator=torch.Generator().manual_seed(0)) > 0.5
    views = [Causal().view(3, 130, first_query=127), Everything().view(3, 130), regard.attention.View.of(per_head)]
    for view in views:
        flex, plain = (attend(q, k, v, view, path=path).context for path in ("flex", "plain"))
        torch.testing.assert_close(flex, plain, atol=1e-12, rtol=0)


def test_flex_on_a_cpu_refuses_a_gradient() -> None:
    q, k, v = vectors(2, 4, 4)
    v.requires_grad_()
    with pytest.raises(AttentionError, match="asked for a gradient on a CPU, where FlexAttention has none; compute"):
        attend(q, k, v, Causal(), path="flex")
    with torch.no_grad():
        assert attend(q, k, v, Causal(), path="flex").context.shape == q.shape


def test_flex_elsewhere_refuses_float64() -> None:
    with pytest.raises(AttentionError, match=r"float64 on meta, where .* use one of these, or path 'plain'"):
        _refuse_what_it_cannot(torch.empty(1, dtype=torch.float64, device="meta"))
    _refuse_what_it_cannot(torch.empty(1, dtype=torch.bfloat16, device="meta"))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="FlexAttention has gradients on a GPU only, and none is here")
def test_flex_on_a_gpu_has_the_gradient_of_plain() -> None:
    for length in (5, 128, 200):
        mask = Causal() & Padding(Layout((length, length // 2), length))
        gradients = []
        for path in ("flex", "plain"):
            tensors = [one.float().cuda().requires_grad_() for one in vectors(2, length, length)]
            attend(*tensors, mask, path=path).context.square().sum().backward()
            gradients.append([tensor.grad for tensor in tensors])
        for mine, its in zip(*gradients, strict=True):
            torch.testing.assert_close(mine, its, atol=1e-4, rtol=1e-3)
