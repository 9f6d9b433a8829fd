"""What attention promises about cells that may not be seen: each promise, and the same check on a planted fault."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from regard.attention import (
    AttentionPath,
    Causal,
    Cell,
    Everything,
    Mask,
    Padding,
    Segments,
    SwitchedOff,
    View,
    Window,
    attend,
    flex,
)
from regard.layout import Layout

PATHS: tuple[AttentionPath, ...] = ("auto", "plain", "fused", "flex")
PATHS_WITH_GRADIENT = PATHS[:3]  # FlexAttention has none on a CPU
TYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)
HALVES = (torch.bfloat16, torch.float16)

BLIND = Padding(Layout((0, 4), 4))
"""Row 0 has nothing to see, row 1 sees everything."""

SOURCE, TARGET = Layout.packed([[2, 2], [3, 1]], width=4), Layout.packed([[2, 0], [2, 0]], width=4)
UNSEEN: dict[str, tuple[Mask, int, slice]] = {
    "padding": (Causal() & Padding(Layout((2, 4), 4)), 0, slice(2, 4)),
    "another sentence": (Segments(SOURCE, queries=TARGET) & Padding(SOURCE), 1, slice(3, 4)),
    "switched off for all": (SwitchedOff([Cell(key=1)], 2) & Padding(Layout((4, 4), 4)), 0, slice(1, 2)),
    "the window has passed": (Window(0, 0), 0, slice(0, 2)),
}
"""A mask, and keys of a row that no query may see."""


def vectors(dtype: torch.dtype = torch.float64, *, queries: int = 4, keys: int = 4, scale: float = 1) -> list[Tensor]:
    generator = torch.Generator().manual_seed(7)
    lengths = (queries, keys, keys)
    drawn = [torch.randn(2, 2, length, 8, generator=generator, dtype=torch.float64) for length in lengths]
    return [(tensor * scale).to(dtype).requires_grad_() for tensor in drawn]


def gradients_of(context: Tensor, tensors: list[Tensor]) -> list[Tensor]:
    weigh = torch.linspace(-1, 2, context.numel()).view_as(context).to(context.dtype)
    return list(torch.autograd.grad((context * weigh).sum(), tensors))


# ---------------------------------------------------------------- a query with nothing to see


def check_blind_queries(view: View, path: AttentionPath, dtype: torch.dtype) -> None:
    tensors = vectors(dtype)
    with torch.set_grad_enabled(path in PATHS_WITH_GRADIENT):
        context = attend(*tensors, view, path=path).context
    assert torch.equal(context[0], torch.zeros_like(context[0]))
    assert bool((context[1] != 0).all())
    if path in PATHS_WITH_GRADIENT:
        for gradient in gradients_of(context, tensors):
            assert torch.equal(gradient[0], torch.zeros_like(gradient[0]))
            assert bool(gradient.isfinite().all())
            assert bool((gradient[1] != 0).any())


@pytest.mark.guarantee(
    "A query with nothing to see gets weights, context and gradients of 0, never NaN, in every path and type",
    area="masks",
    control="test_without_the_policy_a_blind_query_gives_nan",
    reported="pytorch #41508, #103749, #163997",
)
@pytest.mark.parametrize("dtype", TYPES, ids=str)
@pytest.mark.parametrize("path", PATHS)
def test_a_query_with_nothing_to_see_gives_zeros(path: AttentionPath, dtype: torch.dtype) -> None:
    check_blind_queries(BLIND.view(4, 4), path, dtype)
    weights = attend(*vectors(dtype), BLIND, path="plain").weights
    assert weights is not None
    assert bool((weights[0] == 0).all())
    torch.testing.assert_close(weights[1].sum(-1).double(), torch.ones(2, 4, dtype=torch.float64), atol=1e-2, rtol=0)


@pytest.mark.parametrize("path", ["auto", "plain"])
def test_without_the_policy_a_blind_query_gives_nan(path: AttentionPath) -> None:
    unaware = replace(BLIND.view(4, 4), blind=None)
    with pytest.raises(AssertionError):
        check_blind_queries(unaware, path, torch.float32)


# ---------------------------------------------------------------- half precision


def check_half_precision(path: AttentionPath, dtype: torch.dtype) -> None:
    """Scores near the largest float16, masks of every kind, blind queries among them."""
    for mask in (Causal(), BLIND, Causal() & Padding(Layout((3, 0), 4)), SwitchedOff([Cell(head=1)], 2)):
        tensors = vectors(dtype, scale=60)
        with torch.set_grad_enabled(path in PATHS_WITH_GRADIENT):
            steps = attend(*tensors, mask, path=path)
        context, hidden = steps.context, ~mask.allowed(4, 4).expand(2, 2, 4, 4)
        assert bool(context.isfinite().all())
        assert bool((context[hidden.all(-1)] == 0).all())
        assert steps.weights is None or bool((steps.weights[hidden] == 0).all())
        if path in PATHS_WITH_GRADIENT:
            assert all(bool(gradient.isfinite().all()) for gradient in gradients_of(context, tensors))


@pytest.mark.guarantee(
    "float16 and bfloat16 stay finite, forward and backward: hidden scores are minus infinity, written in one place",
    area="masks",
    control="test_a_large_negative_number_instead_of_minus_infinity_is_caught",
    reported="fairseq #3575, apex #1105, pytorch #110213",
)
@pytest.mark.parametrize("dtype", HALVES, ids=str)
@pytest.mark.parametrize("path", PATHS)
def test_half_precision_stays_finite(path: AttentionPath, dtype: torch.dtype) -> None:
    check_half_precision(path, dtype)


def fill_with_minus_a_billion(view: View, scores: Tensor) -> Tensor:
    return scores if view.hidden is None else scores.masked_fill(view.hidden, -1e9)


def fill_with_the_smallest(view: View, scores: Tensor) -> Tensor:
    return scores if view.hidden is None else scores.masked_fill(view.hidden, torch.finfo(scores.dtype).min)


@pytest.mark.parametrize("fill", [fill_with_minus_a_billion, fill_with_the_smallest])
def test_a_large_negative_number_instead_of_minus_infinity_is_caught(
    fill: Callable[[View, Tensor], Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """−1e9 does not fit into float16; its smallest number makes a blind query look at everything alike."""
    monkeypatch.setattr(View, "hide", fill)
    monkeypatch.setattr(View, "softmax", lambda _, scores: scores.softmax(-1))
    with pytest.raises((AssertionError, RuntimeError)):
        check_half_precision("plain", torch.float16)


# ---------------------------------------------------------------- a key nobody may see


def check_unseen_keys(kind: str, path: AttentionPath) -> None:
    mask, row, unseen = UNSEEN[kind]
    num_queries = 2 if kind in ("another sentence", "the window has passed") else 4
    first_query = 2 if kind == "the window has passed" else 0
    view = mask.view(num_queries, 4, first_query=first_query)
    found = []
    for planted in (False, True):
        tensors = vectors(queries=num_queries)
        with torch.no_grad():
            for tensor in tensors[1:]:
                tensor[row, :, unseen] = torch.nan if planted else 1.0
        with torch.set_grad_enabled(path in PATHS_WITH_GRADIENT):
            context = attend(*tensors, view, path=path).context
        found.append([context, *(gradients_of(context, tensors) if path in PATHS_WITH_GRADIENT else [])])
    for clean, dirty in zip(*found, strict=True):
        assert torch.equal(clean, dirty)


@pytest.mark.guarantee(
    "A NaN planted at a key that no query may see (padding, another sentence, switched off for all) changes neither "
    "output nor gradient",
    area="masks",
    control="test_a_key_that_is_not_blanked_leaks",
    reported="pytorch #101967",
)
@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", UNSEEN)
def test_nan_where_nobody_may_look_reaches_nothing(kind: str, path: AttentionPath) -> None:
    check_unseen_keys(kind, path)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("kind", UNSEEN)
def test_a_key_that_is_not_blanked_leaks(kind: str, path: AttentionPath, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(View, "blank", lambda _, tensor: tensor)
    with pytest.raises(AssertionError):
        check_unseen_keys(kind, path)


# ---------------------------------------------------------------- the future


def check_future(view: View, path: AttentionPath) -> None:
    for query in range(4):
        tensors = vectors()
        context = attend(*tensors, view, path=path).context
        _, from_keys, from_values = torch.autograd.grad(context[:, :, query].sum(), tensors)
        for gradient in (from_keys, from_values):
            assert bool((gradient[:, :, query + 1 :] == 0).all())
        assert bool((from_values[:, :, : query + 1] != 0).all())


@pytest.mark.guarantee(
    "The derivative of an output with respect to later positions is exactly 0",
    area="masks",
    control="test_a_mask_one_position_too_wide_peeks",
    reported="jadore801120/attention-is-all-you-need-pytorch #19, keras-io #1046",
)
@pytest.mark.parametrize("path", PATHS_WITH_GRADIENT)
def test_no_context_depends_on_the_future(path: AttentionPath) -> None:
    check_future(Causal().view(4, 4), path)


@pytest.mark.parametrize("path", PATHS_WITH_GRADIENT)
def test_a_mask_one_position_too_wide_peeks(path: AttentionPath) -> None:
    with pytest.raises(AssertionError):
        check_future(Window(4, 1).view(4, 4), path)


# ---------------------------------------------------------------- one polarity


def check_polarity(allowed: Tensor) -> None:
    """Each query sees one key alone: its context is the value there."""
    queries, keys, values = vectors()
    for path in PATHS:
        context = attend(queries.detach(), keys.detach(), values.detach(), View.of(allowed), path=path).context
        torch.testing.assert_close(context, values.detach().flip(2), atol=1e-12, rtol=0)


@pytest.mark.guarantee(
    "True means *may look*, in every path",
    area="masks",
    control="test_the_other_polarity_is_caught",
    reported="pytorch #114083, #120668, LLMs-from-scratch #1061",
)
def test_true_means_may_look() -> None:
    check_polarity(torch.eye(4, dtype=torch.bool).flip(0)[None, None])


def test_the_other_polarity_is_caught() -> None:
    with pytest.raises(AssertionError):
        check_polarity(~torch.eye(4, dtype=torch.bool).flip(0)[None, None])


# ---------------------------------------------------------------- FlexAttention at any length


def check_flex(length: int) -> None:
    generator = torch.Generator().manual_seed(length)
    queries, keys, values = torch.randn(3, 2, 1, length, 4, generator=generator)
    mask = Causal() & Padding(Layout((length, length // 2 + 1), length))
    expected = attend(queries, keys, values, mask, path="plain").context
    with torch.no_grad():
        found = attend(queries, keys, values, mask, path="flex").context
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.guarantee(
    "FlexAttention gives the context of the plain path at every length from 1 to 300",
    area="masks",
    control="test_a_block_that_is_rounded_down_is_caught",
    reported="pytorch #153799, #133562",
)
@pytest.mark.parametrize("hundred", [0, 1, 2])
def test_flex_is_right_at_every_length(hundred: int) -> None:
    for length in range(100 * hundred + 1, 100 * hundred + 101):
        check_flex(length)


def test_a_block_that_is_rounded_down_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys behind the last full block of 128 are forgotten."""
    make = flex.block_mask_from_allowed

    def rounded(allowed: Tensor, **options: int) -> object:
        allowed = allowed.clone()
        allowed[..., 128:] = False
        return make(allowed, **options)

    monkeypatch.setattr(flex, "block_mask_from_allowed", rounded)
    check_flex(128)
    with pytest.raises(AssertionError):
        check_flex(150)


# ---------------------------------------------------------------- nothing to compute


@pytest.mark.guarantee(
    "Length 0 gives an empty context, or zeros where there are queries and no key, before any kernel is asked",
    area="masks",
    control="test_without_the_early_answer_a_kernel_is_asked",
)
@pytest.mark.parametrize(("queries", "keys"), [(0, 3), (3, 0), (0, 0)])
@pytest.mark.parametrize("path", PATHS)
def test_length_zero_is_answered_before_any_kernel(
    path: AttentionPath, queries: int, keys: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regard.attention.core.context_by", None)
    monkeypatch.setattr("regard.attention.core.four_steps", None)
    q, k, v = (tensor.detach() for tensor in vectors(queries=queries, keys=keys))
    assert torch.equal(attend(q, k, v, Everything(), path=path).context, torch.zeros_like(q))


@pytest.mark.parametrize("path", PATHS)
def test_without_the_early_answer_a_kernel_is_asked(path: AttentionPath, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above notices a kernel that is asked."""
    monkeypatch.setattr("regard.attention.core.context_by", None)
    monkeypatch.setattr("regard.attention.core.four_steps", None)
    q, k, v = (tensor.detach() for tensor in vectors())
    with pytest.raises(TypeError, match="not callable"):
        attend(q, k, v, Everything(), path=path)
