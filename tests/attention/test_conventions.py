"""Foreign masks mean here what they mean at home: against the kernels and modules they were made for."""

import math
from collections.abc import Callable
from inspect import unwrap

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from regard.attention import (
    Causal,
    Padding,
    View,
    allowed_from_block_mask,
    allowed_from_hugging_face_2d,
    allowed_from_hugging_face_4d,
    allowed_from_multihead,
    allowed_from_sdpa,
    attend,
    block_mask_from_allowed,
    hugging_face_2d_from_allowed,
    hugging_face_4d_from_allowed,
    lengths_from_allowed,
    multihead_from_allowed,
    padding_from_lengths,
    sdpa_from_allowed,
)
from regard.errors import AttentionError, ShapeError
from regard.layout import Layout

ROWS, HEADS, LENGTH, HEAD_DIM = 3, 2, 5, 4


def vectors(seed: int = 0) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    q, k, v = torch.randn(3, ROWS, HEADS, LENGTH, HEAD_DIM, generator=generator, dtype=torch.float64)
    return q, k, v


def cells(rows: int, heads: int, seed: int, *, see_something: bool = True) -> Tensor:
    """Any mask; every query sees itself if asked for, so that libraries without a policy for blind rows agree."""
    generator = torch.Generator().manual_seed(seed)
    allowed = torch.rand(rows, heads, LENGTH, LENGTH, generator=generator) > 0.5
    return allowed | torch.eye(LENGTH, dtype=torch.bool) if see_something else allowed


def ours(allowed: Tensor) -> Tensor:
    return attend(*vectors(), View.of(allowed)).context


def multihead(**masks: Tensor | None) -> Tensor:
    """``nn.MultiheadAttention`` with identity projections, on the same vectors, as (batch, head, query, head_dim)."""
    width = HEADS * HEAD_DIM
    module = nn.MultiheadAttention(width, HEADS, bias=False, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        module.in_proj_weight.copy_(torch.eye(width).repeat(3, 1))
        module.out_proj.weight.copy_(torch.eye(width))
    q, k, v = (tensor.transpose(1, 2).flatten(2) for tensor in vectors())
    context, _ = module(q, k, v, need_weights=False, **masks)
    return context.view(ROWS, LENGTH, HEADS, HEAD_DIM).transpose(1, 2)


def true(*shape: int) -> Tensor:
    return torch.ones(shape, dtype=torch.bool)


def additive(allowed: Tensor, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.zeros(allowed.shape, dtype=dtype).masked_fill(~allowed, -torch.inf)


@pytest.mark.guarantee(
    "Masks of other libraries mean the same here, each convention by its name",
    area="masks",
    control="test_the_opposite_polarity_would_be_noticed",
    reported="pytorch #114083, #120668, LLMs-from-scratch #1061",
)
@pytest.mark.parametrize("as_float", [False, True])
@pytest.mark.parametrize("per_head", [False, True])
def test_masks_of_multihead_attention_mean_the_same_here(as_float: bool, per_head: bool) -> None:
    lengths = Layout((5, 2, 4), 5).real()
    pattern = cells(ROWS, HEADS, 1) if per_head else cells(1, 1, 1)
    pattern[..., 0] = True  # a query that sees nothing is NaN there
    foreign = pattern.flatten(0, 1) if per_head else pattern[0, 0]
    kind: Callable[[Tensor], Tensor] = additive if as_float else torch.logical_not
    masks = {"key_padding_mask": kind(lengths), "attn_mask": kind(foreign)}
    torch.testing.assert_close(ours(allowed_from_multihead(num_heads=HEADS, **masks)), multihead(**masks))
    for name, mask in masks.items():
        found = ours(allowed_from_multihead(num_heads=HEADS, **{name: mask}))  # type: ignore[arg-type]
        torch.testing.assert_close(found, multihead(**{name: mask}))


@pytest.mark.parametrize(("rows", "heads"), [(1, 1), (ROWS, 1), (1, HEADS), (ROWS, HEADS)])
def test_our_mask_means_the_same_in_multihead_attention(rows: int, heads: int) -> None:
    allowed = cells(rows, heads, 2)
    mask = multihead_from_allowed(allowed, num_rows=ROWS, num_heads=HEADS)
    torch.testing.assert_close(multihead(attn_mask=mask), ours(allowed))
    again = allowed_from_multihead(num_heads=HEADS, attn_mask=mask)
    assert torch.equal(again.expand(ROWS, HEADS, -1, -1), allowed.expand(ROWS, HEADS, -1, -1))


def test_the_opposite_polarity_would_be_noticed() -> None:
    allowed = cells(1, 1, 2)
    assert not torch.allclose(multihead(attn_mask=allowed[0, 0]), ours(allowed), equal_nan=True)


@pytest.mark.guarantee(
    "Masks of other libraries mean the same here, each convention by its name",
    area="masks",
)
@pytest.mark.parametrize("dtype", [torch.bool, torch.float64])
def test_masks_of_sdpa_mean_the_same_here_and_ours_there(dtype: torch.dtype) -> None:
    allowed = cells(ROWS, HEADS, 3)
    mask = sdpa_from_allowed(allowed, dtype=dtype)
    assert mask.dtype == dtype
    torch.testing.assert_close(scaled_dot_product_attention(*vectors(), attn_mask=mask), ours(allowed))
    assert torch.equal(allowed_from_sdpa(mask), allowed)
    assert torch.equal(allowed_from_sdpa(mask[0, 0]), allowed[:1, :1])


def eager_attention_with_added_mask(mask: Tensor) -> Tensor:
    """How models of that library compute: the mask is added to the scaled scores, softmax in float32 at least."""
    q, k, v = vectors()
    return ((q @ k.transpose(2, 3)) / math.sqrt(HEAD_DIM) + mask).softmax(-1) @ v


@pytest.mark.guarantee(
    "Masks of other libraries mean the same here, each convention by its name",
    area="masks",
)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_four_axes_of_hugging_face_mean_the_same_here_and_ours_there(dtype: torch.dtype) -> None:
    allowed = cells(ROWS, 1, 4)
    mask = hugging_face_4d_from_allowed(allowed, dtype=dtype)
    assert float(mask.min()) == torch.finfo(dtype).min
    torch.testing.assert_close(eager_attention_with_added_mask(mask.double()), ours(allowed))
    assert torch.equal(allowed_from_hugging_face_4d(mask), allowed)
    assert torch.equal(allowed_from_hugging_face_4d(mask.double()), allowed)
    assert torch.equal(allowed_from_hugging_face_4d(mask + mask), allowed)  # two of them added: minus infinity


def test_two_axes_of_hugging_face_are_padding() -> None:
    attention_mask = torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0], [0, 0, 1, 1, 1]])
    added = torch.zeros(3, 5, dtype=torch.float64).masked_fill(attention_mask == 0, torch.finfo(torch.float64).min)
    allowed = allowed_from_hugging_face_2d(attention_mask)
    torch.testing.assert_close(ours(allowed), eager_attention_with_added_mask(added[:, None, None]))
    assert torch.equal(hugging_face_2d_from_allowed(allowed), attention_mask)
    assert allowed_from_hugging_face_2d(attention_mask.int(), num_queries=1).shape == (3, 1, 1, 5)


def test_the_masks_of_a_single_sentence_fit_each_other() -> None:
    keys, cells_by_head = torch.tensor([False, False, True]), true(HEADS, 3, 3).triu(1)
    allowed = allowed_from_multihead(num_heads=HEADS, attn_mask=cells_by_head, key_padding_mask=keys, num_queries=3)
    assert torch.equal(allowed, Causal().allowed(3, 3) & ~keys.expand(1, HEADS, 3, 3))


def test_no_queries_are_not_as_many_as_keys() -> None:
    assert allowed_from_multihead(num_heads=HEADS, key_padding_mask=true(2, 3), num_queries=0).shape == (2, 1, 0, 3)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=4), st.booleans())
def test_lengths_are_padding_and_come_back(lengths: list[int], as_tensor: bool) -> None:
    padding = padding_from_lengths(torch.tensor(lengths) if as_tensor else lengths, width=6)
    assert padding == Padding(Layout(tuple(lengths), 6))
    assert lengths_from_allowed(padding.allowed(3, 6)) == tuple(lengths)


@pytest.mark.parametrize(("rows", "heads"), [(1, 1), (ROWS, 1), (1, HEADS), (ROWS, HEADS)])
def test_block_masks_mean_the_same_there_and_come_back(rows: int, heads: int) -> None:
    allowed = cells(rows, heads, 5, see_something=False)
    block_mask = block_mask_from_allowed(allowed, num_rows=ROWS, num_heads=HEADS)
    assert torch.equal(allowed_from_block_mask(block_mask), allowed)
    assert block_mask.shape == (rows, heads, LENGTH, LENGTH)
    np.testing.assert_array_equal(block_mask.to_dense(), np.ones((rows, heads, 1, 1)))


def test_a_block_mask_made_elsewhere_is_read() -> None:
    from torch.nn.attention.flex_attention import create_block_mask

    length = 200
    block_mask = create_block_mask(lambda b, h, q, k: q >= k, None, None, length, length, device="cpu")
    assert torch.equal(allowed_from_block_mask(block_mask), Causal().allowed(length, length))


INTEGERS = torch.ones(5, 5, dtype=torch.int64)
ONES = torch.tensor([[1.0, 0.0], [0.0, 1.0]])


# As users call it: only in tests types are checked before.
UNCHECKED_PADDING_FROM_LENGTHS: Callable[..., Padding] = unwrap(padding_from_lengths)

REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "no mask": (
        lambda: allowed_from_multihead(num_heads=2),
        r"neither `key_padding_mask` nor `attn_mask` is given; .*Everything",
    ),
    "integers for multihead": (
        lambda: allowed_from_multihead(num_heads=2, attn_mask=INTEGERS),
        r"`attn_mask` is of type int64; expected bool \(True = ignore\) .* If 1 means keep, pass `mask == 0`",
    ),
    "ones for multihead": (
        lambda: allowed_from_multihead(num_heads=2, key_padding_mask=ONES),
        r"`key_padding_mask` holds 1 at \(0, 0\), but .* holds 0 where a query may look and -inf where not. Ones and",
    ),
    "a billion": (
        lambda: allowed_from_sdpa(ONES * -1e9),
        r"holds -1e\+09 at .* hides only nearly, .* pass minus infinity",
    ),
    "a bias": (lambda: allowed_from_sdpa(ONES * 0.5), r"holds 0.5 at .* a bias of the scores, not a mask"),
    "integers for sdpa": (
        lambda: allowed_from_sdpa(INTEGERS),
        r"type int64; expected bool \(True = keep\) .* if 1 means ignore, pass `mask == 0`",
    ),
    "floats of two axes": (
        lambda: allowed_from_hugging_face_2d(ONES),
        r"type float32; expected integers, 1 = keep and 0 = ignore. If True or 1.0",
    ),
    "booleans of two axes": (
        lambda: allowed_from_hugging_face_2d(ONES.bool()),
        r"type bool; expected integers, .* `1 - mask.long\(\)`",
    ),
    "numbered sentences": (
        lambda: allowed_from_hugging_face_2d(INTEGERS * 2),
        r"holds 2; expected 1 = keep .* packed in a row .* Segments",
    ),
    "integers of four axes": (
        lambda: allowed_from_hugging_face_4d(INTEGERS[None, None]),
        r"type int64; expected floats .* use allowed_from_sdpa",
    ),
    "ones of four axes": (lambda: allowed_from_hugging_face_4d(ONES[None, None]), r"holds 1 at \(0, 0, 0, 0\)"),
    "a triangle in two axes": (
        lambda: hugging_face_2d_from_allowed(Causal().allowed(3, 3)),
        r"for all heads and queries of a row, but in row 0, head 0 the queries 0 and 1 .* convention with a query axis",
    ),
    "heads that differ in two axes": (
        lambda: hugging_face_2d_from_allowed(torch.tensor([True, False]).view(1, 2, 1, 1).expand(-1, -1, 3, 3)),
        r"but in row 0, query 0 the heads 0 and 1 may look at different keys; use a convention with a head axis",
    ),
    "a triangle in lengths": (
        lambda: lengths_from_allowed(Causal().allowed(3, 3)),
        "a list of lengths says one thing for all heads and queries",
    ),
    "padding on the left in lengths": (
        lambda: lengths_from_allowed(torch.tensor([False, True]).view(1, 1, 1, 2)),
        "in row 0 key 0 is hidden and key 1 is not; use a convention with a key axis",
    ),
    "booleans for lengths": (
        lambda: padding_from_lengths(torch.tensor([True])),
        "lengths are of type bool; expected integers, one per row",
    ),
    "fractions for lengths": (
        lambda: UNCHECKED_PADDING_FROM_LENGTHS([3, 2.7]),
        "lengths hold 2.7; expected integers, one per row",
    ),
    "a list of booleans for lengths": (
        lambda: UNCHECKED_PADDING_FROM_LENGTHS([True, False]),
        "lengths hold True; expected integers, one per row",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_could_mean_two_things_is_refused(case: str) -> None:
    convert, message = REFUSED[case]
    with pytest.raises(AttentionError, match=message):
        convert()


MISFITS: dict[str, tuple[Callable[[], object], str]] = {
    "heads": (lambda: allowed_from_multihead(num_heads=2, attn_mask=true(3, 5, 5)), "multiple of 2 heads, but is 3"),
    "one axis for multihead": (
        lambda: allowed_from_multihead(num_heads=2, attn_mask=true(5)),
        r"shape \(query, key\) or .* has \(5,\)",
    ),
    "two masks": (
        lambda: allowed_from_multihead(num_heads=1, attn_mask=true(5, 5), key_padding_mask=true(2, 4)),
        r"has the shape \(5, 5\), but beside a `key_padding_mask` of \(2, 4\) .* \(query, 4\) or \(2, query, 4\)",
    ),
    "one key": (
        lambda: allowed_from_multihead(num_heads=2, attn_mask=true(4, 4), key_padding_mask=true(2, 1)),
        r"`attn_mask` has the shape \(4, 4\), but beside .* \(2, 1\) .* \(query, 1\) or \(4, query, 1\)",
    ),
    "one row of keys": (
        lambda: allowed_from_multihead(num_heads=2, attn_mask=true(6, 3, 3), key_padding_mask=true(1, 3)),
        r"`attn_mask` has the shape \(6, 3, 3\), .* \(query, 3\) or \(2, query, 3\)",
    ),
    "one row of queries": (
        lambda: allowed_from_multihead(num_heads=2, attn_mask=true(2, 3, 3), key_padding_mask=true(3, 3)),
        r"`attn_mask` has the shape \(2, 3, 3\), .* \(query, 3\) or \(6, query, 3\)",
    ),
    "other queries": (
        lambda: allowed_from_multihead(num_heads=2, attn_mask=true(4, 4), num_queries=7),
        r"`num_queries` is 7, but `attn_mask` of the shape \(4, 4\) is for 4; leave `num_queries` out",
    ),
    "one query": (
        lambda: allowed_from_multihead(num_heads=2, attn_mask=true(4, 4), key_padding_mask=true(2, 4), num_queries=1),
        "`num_queries` is 1, but `attn_mask` of .* is for 4",
    ),
    "queries less than none": (
        lambda: allowed_from_multihead(num_heads=2, key_padding_mask=true(2, 4), num_queries=-1),
        "`num_queries` is -1; expected how many queries there are",
    ),
    "queries less than none of integers": (
        lambda: allowed_from_hugging_face_2d(true(2, 4).long(), num_queries=-1),
        "`num_queries` is -1; expected how many queries there are",
    ),
    "two axes of lengths": (
        lambda: padding_from_lengths(torch.ones(2, 2, dtype=torch.int64)),
        r"`lengths` must have the shape \(batch\), but has \(2, 2\)",
    ),
    "no axis of lengths": (
        lambda: padding_from_lengths(torch.tensor(3)),
        r"`lengths` must have the shape \(batch\), but has \(\)",
    ),
    "one axis for sdpa": (
        lambda: allowed_from_sdpa(true(5)),
        r"`attn_mask` must have the shape \(query, key\) or \(head",
    ),
}


@pytest.mark.parametrize("case", MISFITS)
def test_axes_that_do_not_fit_are_refused(case: str) -> None:
    convert, message = MISFITS[case]
    with pytest.raises(ShapeError, match=message):
        convert()
