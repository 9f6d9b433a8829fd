"""What holds for any combination of masks, of any size: checked cell by cell against each mask's own sentence.

``REGARD_MASK_EXAMPLES`` says how many times as many examples; ``make verify TARGET=masks`` tries fifty times as many.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from regard.attention import (
    Ancestry,
    AttentionPath,
    Causal,
    Cell,
    Everything,
    Mask,
    Padding,
    Prefix,
    Reason,
    Segments,
    SwitchedOff,
    View,
    Window,
    attend,
    intersection,
)
from regard.attention.intersection import Intersection
from regard.attention.rectangle import Rectangle
from regard.attention.sight import Sight
from regard.layout import Layout

PATHS: tuple[AttentionPath, ...] = ("auto", "plain", "fused", "flex")
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5, torch.bfloat16: 2e-2}
HEAD_DIM = 8
TIMES = int(os.environ.get("REGARD_MASK_EXAMPLES", "1"))


@dataclass(frozen=True)
class World:
    """Simple masks in plain words, and the size they are for. (Types are checked by chance samples when masks are made,
    and a strategy must not use chance of its own.)
    """

    length: int
    rows: int
    heads: int
    recipes: tuple[tuple[str, tuple[Any, ...]], ...]

    @property
    def masks(self) -> list[Mask]:
        return [self._made(kind, details) for kind, details in self.recipes]

    @property
    def mask(self) -> Mask:
        return intersection(self.masks)

    def _made(self, kind: str, details: tuple[Any, ...]) -> Mask:
        match kind:
            case "padding":
                return Padding(Layout(details, self.length))
            case "segments":
                return Segments(Layout.packed(details, width=self.length))
            case "off":
                return SwitchedOff([Cell(*cell) for cell in details], self.heads)
            case "ancestry":
                return Ancestry(*details)
        plain: dict[str, Callable[..., Mask]] = {
            "causal": Causal,
            "window": Window,
            "prefix": Prefix,
            "all": Everything,
        }
        return plain[kind](*details)


def packed_lengths(width: int) -> st.SearchStrategy[tuple[int, ...]]:
    """Lengths of sentences packed in one row of a width, the rest of which is padding."""
    cuts = st.lists(st.integers(0, width), max_size=4).map(sorted)
    return cuts.map(lambda ends: tuple(end - start for start, end in zip([0, *ends], ends, strict=False)))


@st.composite
def parents(draw: st.DrawFn, length: int, rows: int) -> tuple[Any, int]:
    """Which beam each beam continues, in a cache of so many cells; and the number of beams."""
    beams = draw(st.sampled_from([beams for beams in range(1, length + 1) if length % beams == 0][:4]))
    step = st.tuples(*[st.integers(0, beams - 1)] * beams)
    return tuple(tuple(draw(step) for _ in range(length // beams - 1)) for _ in range(rows)), beams


@st.composite
def recipes(draw: st.DrawFn, length: int, rows: int, heads: int) -> tuple[str, tuple[Any, ...]]:
    up_to = st.integers(0, length + 1)
    cell = st.tuples(*(st.none() | st.integers(0, top) for top in (heads - 1, length, length)))
    details = {
        "all": st.just(()),
        "causal": st.just(()),
        "window": st.tuples(up_to, up_to),
        "prefix": st.tuples(up_to),
        "padding": st.tuples(*[st.integers(0, length)] * rows),
        "segments": st.tuples(*[packed_lengths(length)] * rows),
        "off": st.lists(cell, max_size=3).map(tuple),
        "ancestry": parents(length, rows),
    }
    kind = draw(st.sampled_from([kind for kind in details if length or kind != "ancestry"]))
    return kind, draw(details[kind])


@st.composite
def worlds(draw: st.DrawFn, longest: int, *, shortest: int = 0, masks: int = 4) -> World:
    """A combination of masks, and the length, rows and heads it was made for."""
    size = draw(st.integers(shortest, longest)), draw(st.integers(1, 5)), draw(st.integers(1, 4))
    return World(*size, tuple(draw(st.lists(recipes(*size), max_size=masks))))


def why_not(part: Mask, row: int, head: int, query: int, key: int) -> bool:
    """The sentence of a simple mask, said of one cell; True = may not look."""
    match part:
        case Causal():
            return key > query
        case Window(left, right):
            return not query - left <= key <= query + right
        case Prefix(length):
            return key > query and key >= length
        case Padding(layout):
            return key >= layout.lengths[row]
        case Segments(layout):
            ends = np.cumsum(layout.segments[row]) if layout.segments else np.array([layout.lengths[row]])
            real = max(query, key) < layout.lengths[row]
            return bool(real and (ends <= query).sum() != (ends <= key).sum())
        case SwitchedOff(cells, _):
            asked = (head, query, key)
            wanted = [(cell.head, cell.query, cell.key) for cell in cells]
            return any(all(a in (None, b) for a, b in zip(cell, asked, strict=True)) for cell in wanted)
        case Ancestry(parents, beams):
            line, (step, beam) = [query], divmod(query, beams)
            while step:
                step, beam = step - 1, parents[row][step - 1][beam]
                line.append(step * beams + beam)
            return key not in line
    raise AssertionError(part)


@pytest.mark.guarantee(
    "A mask says why a cell is dark: all the reasons that its parts have, and no other",
    area="masks",
    control="test_a_mask_that_keeps_a_reason_to_itself_is_caught",
)
@settings(max_examples=TIMES * 100)
@given(worlds(longest=6, shortest=1), st.data())
def test_each_cell_has_the_reasons_that_the_parts_have_to_hide_it(world: World, data: st.DataObject) -> None:
    mask, length, rows, heads = world.mask, world.length, world.rows, world.heads
    codes = mask.reasons(length, length).expand(rows, heads, -1, -1)
    for row, head, query, key in np.ndindex(rows, heads, length, length):
        expected = [part.reason for part in mask.parts if why_not(part, row, head, query, key)]
        code = Reason(int(codes[row, head, query, key]))
        assert code == reduce(or_, expected, Reason.VISIBLE)
    row, head, query, key = (data.draw(st.integers(0, size - 1)) for size in codes.shape)
    assert mask.why(query, key, row=row, head=head) == Reason(int(codes[row, head, query, key])).sentence(key)


@pytest.mark.guarantee(
    "A cell is visible exactly where there is no reason to hide it, in a mask and in its view",
    area="masks",
    control="test_a_mask_that_keeps_a_reason_to_itself_is_caught",
)
@settings(max_examples=TIMES * 150)
@given(worlds(longest=64))
def test_allowed_is_where_there_is_no_reason(world: World) -> None:
    mask, length = world.mask, world.length
    allowed, view = mask.allowed(length, length), mask.view(length, length)
    assert torch.equal(allowed, mask.reasons(length, length) == 0)
    assert torch.equal(allowed, view.allowed.expand_as(allowed))
    assert torch.equal(view.allowed, view.reasons() == 0)


@pytest.mark.guarantee(
    "Combining masks with & is associative, commutative and idempotent, and allows what all of them allow",
    area="masks",
    control="test_a_combination_that_allows_what_one_of_them_allows_is_caught",
)
@settings(max_examples=TIMES * 100)
@given(worlds(longest=8, masks=3))
def test_and_is_associative_commutative_idempotent_and_allows_what_all_allow(world: World) -> None:
    length, rows, heads = world.length, world.rows, world.heads
    first, second, third = (*world.masks, Everything(), Everything(), Everything())[:3]
    together = first & second & third
    assert first & (second & third) == together == third & first & second
    assert hash(first & (second & third)) == hash(third & first & second)
    assert together & first == together == together & together
    assert together & Everything() == together
    separately = [mask.allowed(length, length).expand(rows, heads, -1, -1) for mask in (first, second, third)]
    assert torch.equal(together.allowed(length, length).expand(rows, heads, -1, -1), torch.stack(separately).all(0))


@pytest.mark.guarantee(
    "Decoding step t uses row t of the full mask",
    area="masks",
    control="test_a_mask_aligned_at_the_wrong_corner_is_caught",
    reported="pytorch #108108, #144858",
)
@settings(max_examples=TIMES * 100)
@given(worlds(longest=12), st.data())
def test_step_t_is_row_t_of_the_full_mask(world: World, data: st.DataObject) -> None:
    mask, length = world.mask, world.length
    first = data.draw(st.integers(0, length))
    count = data.draw(st.integers(0, length - first))
    rows = slice(first, first + count)
    full, part = mask.allowed(length, length), mask.allowed(count, length, first_query=first)
    assert torch.equal(part, full[:, :, rows])
    assert torch.equal(mask.reasons(count, length, first_query=first), mask.reasons(length, length)[:, :, rows])
    if mask.extent.num_keys is None:  # a cache holds only the keys so far
        assert torch.equal(mask.allowed(count, first + count, first_query=first), full[:, :, rows, : first + count])


@pytest.mark.guarantee(
    "What a mask says without looking (no query is blind, no key is hidden from all) is never wrong",
    area="masks",
    control="test_a_mask_that_promises_too_much_is_caught",
)
@settings(max_examples=TIMES * 150)
@given(worlds(longest=12, shortest=1), st.data())
def test_what_is_known_on_the_host_is_never_wrong(world: World, data: st.DataObject) -> None:
    mask, length = world.mask, world.length
    num_keys = data.draw(st.integers(1, 12)) if mask.extent.num_keys is None else length
    first = data.draw(st.integers(0, length - 1))
    on = Rectangle(data.draw(st.integers(1, length - first)), num_keys, first)
    allowed = mask.allowed(on.num_queries, num_keys, first_query=first)
    assert mask.sight.may_hide(on) or bool(allowed.all())
    assert mask.sight.may_blind(on) or bool(allowed.any(-1).all())
    assert mask.sight.may_hide_keys(on) or bool(allowed.any(-2).all())
    view = mask.view(on.num_queries, num_keys, first_query=first)
    causal = torch.equal(allowed, Causal().allowed(on.num_queries, num_keys, first_query=first).expand_as(allowed))
    assert not view.is_causal or (causal and on.is_square)


@settings(max_examples=TIMES * 100)
@given(worlds(longest=12), st.data())
def test_a_view_of_picked_rows_is_the_rows_of_the_view(world: World, data: st.DataObject) -> None:
    mask, length, rows = world.mask, world.length, world.rows
    view = mask.view(length, length)
    for _ in range(2):
        picked = torch.tensor(data.draw(st.lists(st.integers(0, rows - 1), min_size=1, max_size=6)))
        whole, view, rows = view, view.select(picked), len(picked)
        index = picked if whole.allowed.shape[0] > 1 else torch.zeros(1, dtype=torch.long)
        assert torch.equal(view.allowed, whole.allowed[index].expand_as(view.allowed))
        assert torch.equal(view.reasons(), whole.reasons()[index].expand_as(view.allowed))
        for mine, its in ((view.hidden, whole.hidden), (view.blind, whole.blind), (view.unseen, whole.unseen)):
            assert (mine is None) == (its is None)
            assert mine is None or its is None or torch.equal(mine, its[index])


def reference(queries: Tensor, keys: Tensor, values: Tensor, allowed: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Weights and context, query by query, of the keys it may see alone: no mask value is involved."""
    q, k, v = (tensor.detach().double().numpy() for tensor in (queries, keys, values))
    seen = allowed.expand(q.shape[0], q.shape[1], -1, -1).numpy()
    weights = np.zeros(seen.shape)
    context = np.zeros((*q.shape[:3], v.shape[-1]))
    for b, h, i in np.ndindex(*q.shape[:3]):
        picked = seen[b, h, i]
        if picked.any():
            scores = k[b, h, picked] @ q[b, h, i] / np.sqrt(q.shape[-1])
            exponentials = np.exp(scores - scores.max())
            weights[b, h, i, picked] = exponentials / exponentials.sum()
            context[b, h, i] = weights[b, h, i, picked] @ v[b, h, picked]
    return weights, context


def vectors(rows: int, heads: int, length: int, dtype: torch.dtype) -> list[Tensor]:
    """Features between -√3 and √3, so that their variance is 1."""
    generator = torch.Generator().manual_seed(length)
    drawn = torch.rand(3, rows, heads, length, HEAD_DIM, generator=generator, dtype=torch.float64)
    return list(((2 * drawn - 1) * 3**0.5).to(dtype))


@pytest.mark.guarantee(
    "Every path gives the context of a float64 reference: within 1e-12 in float64, 1e-5 in float32, 2e-2 in bfloat16",
    area="masks",
    control="test_a_path_that_shifts_the_mask_is_caught",
    reported="pytorch #160064, #152028",
)
@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=TIMES * 25)
@given(worlds(longest=64))
def test_every_path_agrees_with_the_reference(path: AttentionPath, dtype: torch.dtype, world: World) -> None:
    mask, length, rows, heads = world.mask, world.length, world.rows, world.heads
    q, k, v = vectors(rows, heads, length, dtype)
    context = attend(q, k, v, mask, path=path).context
    _, expected = reference(q, k, v, mask.allowed(length, length))
    assert context.dtype == dtype
    np.testing.assert_allclose(context.double().numpy(), expected, rtol=0, atol=TOLERANCE[dtype])


@pytest.mark.guarantee(
    "Weights of a query sum to 1, or to 0 if it is blind; a hidden key weighs exactly 0",
    area="masks",
    control="test_a_mask_that_only_dims_is_caught",
)
@settings(max_examples=TIMES * 60)
@given(worlds(longest=64))
def test_rows_of_weights_sum_to_one_or_zero_and_hidden_cells_weigh_nothing(world: World) -> None:
    mask, length, rows, heads = world.mask, world.length, world.rows, world.heads
    q, k, v = (tensor.double() for tensor in vectors(rows, heads, length, torch.float64))
    weights = attend(q, k, v, mask, path="plain").weights
    assert weights is not None
    allowed = mask.allowed(length, length).expand_as(weights)
    assert bool((weights[~allowed] == 0).all())
    np.testing.assert_allclose(weights.sum(-1), allowed.any(-1).double(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(weights, reference(q, k, v, allowed)[0], rtol=0, atol=1e-12)


# ---------------------------------------------------------------- the same checks, with a fault planted

CAUSAL = World(6, 2, 2, (("causal", ()),))
PADDED = World(6, 2, 2, (("causal", ()), ("padding", (4, 6))))


def caught(test: Any, **inputs: object) -> None:
    """The body of a property test fails on these inputs."""
    with pytest.raises(AssertionError):
        test.hypothesis.inner_test(**inputs)


class Choice:
    """Stands for hypothesis: draws what it is told."""

    def __init__(self, *numbers: int) -> None:
        self.numbers = list(numbers)

    def draw(self, _strategy: object) -> int:
        return self.numbers.pop(0)


def test_a_mask_that_keeps_a_reason_to_itself_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Causal, "codes", lambda self, on: torch.zeros(1, 1, dtype=torch.uint8))
    caught(test_allowed_is_where_there_is_no_reason, world=CAUSAL)
    caught(test_each_cell_has_the_reasons_that_the_parts_have_to_hide_it, world=PADDED, data=Choice(0, 0, 0, 0))


def test_a_combination_that_allows_what_one_of_them_allows_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Intersection, "rule", lambda self, on: next(iter(self.members)).rule(on))
    caught(test_and_is_associative_commutative_idempotent_and_allows_what_all_allow, world=PADDED)


def test_a_mask_aligned_at_the_wrong_corner_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first query of a step taken for the first of the sentence, as with ``is_causal`` and a cache."""
    monkeypatch.setattr(Causal, "rule", lambda self, on: on.keys <= on.queries - on.first_query)
    caught(test_step_t_is_row_t_of_the_full_mask, world=CAUSAL, data=Choice(3, 1))


def test_a_mask_that_promises_too_much_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Window, "sight", Sight.PAST)
    window = World(6, 1, 1, (("window", (1, 0)),))
    caught(test_what_is_known_on_the_host_is_never_wrong, world=window, data=Choice(6, 5, 1))


@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_shifts_the_mask_is_caught(path: AttentionPath, monkeypatch: pytest.MonkeyPatch) -> None:
    make = View.of
    monkeypatch.setattr(View, "of", lambda allowed, **known: make(allowed.roll(1, -1)))
    caught(test_every_path_agrees_with_the_reference, path=path, dtype=torch.bfloat16, world=PADDED)


def test_a_mask_that_only_dims_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(View, "hide", lambda view, scores: scores - 20 * view.hidden)
    caught(test_rows_of_weights_sum_to_one_or_zero_and_hidden_cells_weigh_nothing, world=PADDED)
