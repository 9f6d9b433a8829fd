"""Each compiled kernel computes what its twin in plain PyTorch computes, and whoever computes it changes no bit."""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from regard.errors import MachineError, is_out_of_memory
from regard.kernels import Kernels, check, takes_heads
from regard.kernels.attention import attended, attended_back, lie_together
from regard.kernels.check import farthest, largest_errors
from regard.kernels.compiling import compile_to
from regard.kernels.consistency import consistency_and_gradients, takes_consistency
from regard.kernels.dropout import dropped
from regard.kernels.embedding import embedded, embedded_back, takes_ids
from regard.kernels.library import kernel_source, openmp_library, takes
from regard.kernels.linear import column_sums, rectified_back, rectify, takes_linear
from regard.kernels.loss import loss_and_gradient, takes_loss
from regard.kernels.norm import normalised, normalised_back, takes_norm
from regard.kernels.twins import (
    plain_attention,
    plain_consistency,
    plain_embedding,
    plain_factors,
    plain_loss,
    plain_norm,
    plain_rectifier,
)
from regard.training.loss import smoothed_cross_entropy

TYPES = (torch.float32, torch.bfloat16)
FLOAT32_ERROR = 1e-5
Found = Sequence[Tensor]


def drawn(dtype: torch.dtype, *shapes: tuple[int, ...], seed: int = 1) -> list[Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=draw).to(dtype) for shape in shapes]


def by_autograd(function: Callable[..., Tensor], inputs: Sequence[Tensor], upstream: Tensor) -> Found:
    tracked = [one.detach().clone().requires_grad_() for one in inputs]
    result = function(*tracked)
    return result.detach(), *torch.autograd.grad(result, tracked, upstream.to(result.dtype))


def require_near(
    found: Found, function: Callable[..., Tensor], inputs: Sequence[Tensor], upstream: Tensor, *, plain: bool = True
) -> None:
    """In float32 within 1e-5 of float64; in bfloat16 at least as near to it as the plain twin."""
    exact = by_autograd(function, [one.double() for one in inputs], upstream.double())
    if inputs[0].dtype == torch.float32:
        assert farthest(found, exact) <= FLOAT32_ERROR
        return
    same_type = [one.to(inputs[0].dtype) for one in inputs]
    twin = by_autograd(function, same_type, upstream) if plain else exact
    for number, (one, other, wanted) in enumerate(zip(found, twin, exact, strict=True)):
        ours, theirs = (farthest([each], [wanted]) for each in (one, other))
        assert ours <= 1.1 * theirs + 1e-3, f"output {number}: {ours} from float64, the plain twin {theirs}"


@contextmanager
def threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def require_same_bits(compute: Callable[[], Found]) -> None:
    with threads(1):
        one = compute()
    for count in (2, 3):
        with threads(count):
            assert all(torch.equal(a, b) for a, b in zip(one, compute(), strict=True)), f"{count} threads"


def test_the_check_at_the_start_passes(kernels: Kernels) -> None:
    errors = largest_errors(kernels)
    sums = {"the loss", "the loss of two readings", "the gradient of a bias"}
    assert errors.keys() == sums | {"dropout", "embeddings", "the rectifier", "layer norm", "attention"}
    assert all(error <= 1 for error in errors.values()), errors


def test_a_difference_is_seen() -> None:
    (one,) = drawn(torch.float64, (5, 7))
    other = one.clone()
    other[3, 2] += 1e-3
    assert farthest([one], [one]) == 0
    assert farthest([one], [other]) > FLOAT32_ERROR
    with pytest.raises(AssertionError):
        require_near([other.float(), one.float()], lambda given: given + 0, [one.float()], one)


def test_a_processor_without_wide_vectors_computes_the_same(
    kernels: Kernels, needs_tool: Callable[[str], str], tmp_path: Path
) -> None:
    path = tmp_path / "narrow.so"
    flags = ("-march=x86-64", "-Wno-psabi", "-O1", "-D__builtin_shufflevector=unknown_before_gcc_12")
    compile_to(path, replace(kernel_source(), flags=flags), needs_tool("g++"))
    narrow = Kernels(path, openmp_library())
    errors = largest_errors(narrow)
    assert all(error <= 1 for error in errors.values()), errors
    ones = torch.ones(1_000)
    one, other = (dropped(each, ones, seed=9, levels=100) for each in (kernels, narrow))
    assert torch.equal(one, other)


def test_a_compiler_whose_threads_are_others_is_refused(tmp_path: Path, needs_tool: Callable[[str], str]) -> None:
    with pytest.raises(MachineError, match=r"GCC 11 and newer can, .*only GCC's threads are those of PyTorch"):
        compile_to(tmp_path / "x.so", replace(kernel_source(), flags=("-D__clang__",)), needs_tool("g++"))


# The loss


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize(("rows", "vocab"), [(1, 2), (1, 16), (3, 17), (40, 1_003), (33, 256)])
def test_the_loss(kernels: Kernels, dtype: torch.dtype, smoothing: float, rows: int, vocab: int) -> None:
    (logits,) = drawn(dtype, (rows, vocab))
    targets = torch.arange(rows) * 7 % vocab
    found = loss_and_gradient(kernels, 3 * logits, targets, smoothing=smoothing, weight=0.25)

    def twin(given: Tensor) -> Tensor:
        return plain_loss(given, targets, smoothing=smoothing, weight=0.25)

    require_near(found, twin, [3 * logits], torch.ones(()))


def test_rows_beyond_the_last_target_count_nothing(kernels: Kernels) -> None:
    (logits,) = drawn(torch.float32, (6, 20))
    targets = torch.tensor([3, 0, 19])
    total, gradient = loss_and_gradient(kernels, logits, targets, smoothing=0.1, weight=1.0)
    alone, _ = loss_and_gradient(kernels, logits[:3].clone(), targets, smoothing=0.1, weight=1.0)
    assert torch.equal(total, alone)
    assert not gradient[3:].any()


@pytest.mark.parametrize("wrong", [torch.nan, torch.inf])
def test_a_logit_that_is_no_number_makes_the_loss_none(kernels: Kernels, wrong: float) -> None:
    (logits,) = drawn(torch.bfloat16, (4, 40))
    logits[2, 33] = wrong
    total, gradient = loss_and_gradient(kernels, logits, torch.arange(4), smoothing=0.1, weight=1.0)
    assert not total.isfinite()
    assert not gradient[2].isfinite().all()
    assert gradient[[0, 1, 3]].isfinite().all()


@pytest.mark.parametrize("dtype", TYPES)
def test_the_gradient_may_take_the_place_of_the_logits(kernels: Kernels, dtype: torch.dtype) -> None:
    (logits,) = drawn(dtype, (6, 1_003))
    targets = torch.tensor([3, 0, 19, 1_002])
    apart = loss_and_gradient(kernels, logits, targets, smoothing=0.1, weight=1.0)
    total, gradient = loss_and_gradient(kernels, logits, targets, smoothing=0.1, weight=1.0, in_place=True)
    assert gradient.data_ptr() == logits.data_ptr()
    assert torch.equal(total, apart[0])
    assert torch.equal(gradient, apart[1])


# The loss of two readings


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(("smoothing", "strength"), [(0.0, 5.0), (0.1, 1.0), (0.1, 0.0)])
@pytest.mark.parametrize(("rows", "vocab"), [(1, 2), (1, 16), (3, 17), (40, 1_003), (33, 256)])
def test_the_loss_of_two_readings(
    kernels: Kernels, dtype: torch.dtype, smoothing: float, strength: float, rows: int, vocab: int
) -> None:
    first, second = (3 * each for each in drawn(dtype, (rows, vocab), (rows, vocab)))
    targets, asked = torch.arange(rows) * 7 % vocab, {"smoothing": smoothing, "strength": strength, "weight": 0.25}
    found = consistency_and_gradients(kernels, first, second, targets, **asked)
    require_near(found, lambda *both: plain_consistency(*both, targets, **asked), [first, second], torch.ones(()))


def test_two_readings_that_agree_have_the_loss_of_one(kernels: Kernels) -> None:
    (logits,) = drawn(torch.float32, (6, 1_003))
    targets = torch.arange(6)
    once = loss_and_gradient(kernels, logits, targets, smoothing=0.1, weight=1.0)
    total, *halves = consistency_and_gradients(
        kernels, logits, logits.clone(), targets, smoothing=0.1, strength=5.0, weight=1.0
    )
    assert torch.equal(total, once[0])
    for half in halves:
        torch.testing.assert_close(2 * half, once[1])


@pytest.mark.parametrize("dtype", TYPES)
def test_gradients_of_two_readings_may_take_the_places_of_the_logits(kernels: Kernels, dtype: torch.dtype) -> None:
    logits = drawn(dtype, (6, 1_003), (6, 1_003))
    targets = torch.tensor([3, 0, 19, 1_002])
    asked = {"smoothing": 0.1, "strength": 5.0, "weight": 1.0}
    apart = consistency_and_gradients(kernels, logits[0], logits[1], targets, **asked)
    assert not torch.stack(apart[1:])[:, 4:].any(), "rows beyond the last target count nothing"
    together = consistency_and_gradients(kernels, logits[0], logits[1], targets, **asked, in_place=True)
    assert [one.data_ptr() for one in together[1:]] == [one.data_ptr() for one in logits]
    assert all(torch.equal(one, other) for one, other in zip(apart, together, strict=True))


@pytest.mark.parametrize("reading", [0, 1])
@pytest.mark.parametrize("wrong", [torch.nan, torch.inf])
def test_a_logit_that_is_no_number_makes_the_loss_of_two_readings_none(
    kernels: Kernels, wrong: float, reading: int
) -> None:
    logits = drawn(torch.bfloat16, (4, 40), (4, 40))
    logits[reading][2, 33] = wrong
    asked = {"smoothing": 0.1, "strength": 5.0, "weight": 1.0}
    total, *gradients = consistency_and_gradients(kernels, logits[0], logits[1], torch.arange(4), **asked)
    assert not total.isfinite()
    assert not gradients[reading][2].isfinite().all()
    assert all(gradient[[0, 1, 3]].isfinite().all() for gradient in gradients)


def test_what_the_loss_of_two_readings_does_not_take() -> None:
    logits, targets = torch.zeros(4, 10), torch.tensor([0, 9, 3])
    assert takes_consistency(logits, logits, targets)
    assert not takes_consistency(logits, logits.bfloat16(), targets)
    assert not takes_consistency(logits.double(), logits.double(), targets)


def test_what_the_loss_does_not_take() -> None:
    logits, targets = torch.zeros(4, 10), torch.tensor([0, 9, 3])
    assert takes_loss(logits, targets)
    assert not takes_loss(logits, torch.tensor([0, 10]))
    assert not takes_loss(logits, torch.tensor([-1, 0]))
    assert not takes_loss(logits, torch.zeros(5, dtype=torch.int64))
    assert not takes_loss(logits, targets[:0])
    assert not takes_loss(logits, targets.int())
    assert not takes_loss(logits.double(), targets)
    assert not takes_loss(torch.zeros(10, 4).t(), targets)


# Dropout


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("cells", [1, 63, 64, 65, 4_096, 9_001])
@pytest.mark.parametrize("with_residual", [True, False])
def test_dropout(kernels: Kernels, dtype: torch.dtype, cells: int, with_residual: bool) -> None:
    vectors, residual = drawn(dtype, (cells,), (cells,))
    given = residual if with_residual else None
    found = dropped(kernels, vectors, seed=12_345, levels=77, residual=given)
    factors = plain_factors((cells,), seed=12_345, levels=77)
    wanted = vectors.double() * factors + (residual.double() if with_residual else 0)
    assert torch.equal(
        found == (residual if with_residual else 0), (factors == 0) | (found == residual * with_residual)
    )
    assert farthest([found], [wanted]) <= (FLOAT32_ERROR if dtype == torch.float32 else 2**-8)


@pytest.mark.parametrize("levels", [0, 1, 26, 77, 128, 255])
def test_so_many_cells_are_dropped_and_the_mean_stays(kernels: Kernels, levels: int) -> None:
    ones = torch.ones(1_000_000)
    found = dropped(kernels, ones, seed=7, levels=levels)
    share, wanted = float((found == 0).double().mean()), levels / 256
    assert abs(share - wanted) <= 4 * (wanted * (1 - wanted) / len(ones)) ** 0.5
    assert float(found.double().mean()) == pytest.approx((1 - share) / (1 - wanted))


def test_cells_are_dropped_independently(kernels: Kernels) -> None:
    ones = torch.ones(2, 500_000)
    first, second = (dropped(kernels, ones[0], seed=seed, levels=128) == 0 for seed in (11, 12))
    for pair in ((first, second), *((first[step:], first[:-step]) for step in (1, 8, 64, 512))):
        both = float((pair[0] & pair[1]).double().mean())
        assert abs(both - 0.25) <= 0.004, "neighbours, bytes of a word, words and seeds know nothing of one another"


# Embeddings


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("with_positions", ["of each column", "of each cell", "none"])
@pytest.mark.parametrize(("rows", "length", "size"), [(1, 1, 16), (7, 9, 48), (40, 13, 256)])
def test_embeddings(
    kernels: Kernels, dtype: torch.dtype, with_positions: str, rows: int, length: int, size: int
) -> None:
    shape = {"of each column": (length, size), "of each cell": (rows, length, size)}.get(with_positions)
    table, (upstream,) = drawn(torch.float32, (50, size))[0], drawn(dtype, (rows, length, size), seed=2)
    positions = None if shape is None else drawn(torch.float32, shape, seed=3)[0]
    ids = torch.randint(50, (rows, length), generator=torch.Generator().manual_seed(4))
    result = embedded(kernels, ids, table, positions, factor=1.5, dtype=dtype)
    gradient = embedded_back(kernels, upstream, ids, factor=1.5, vocab_size=50)

    def twin(given: Tensor) -> Tensor:
        return plain_embedding(ids, given, torch.zeros(length, size) if positions is None else positions, factor=1.5)

    wanted = by_autograd(twin, [table.double()], upstream.double())
    assert farthest([result], wanted[:1]) <= (FLOAT32_ERROR if dtype == torch.float32 else 2**-8)
    assert farthest([gradient], wanted[1:]) <= FLOAT32_ERROR
    assert not gradient[~torch.isin(torch.arange(50), ids)].any()


def test_what_embeddings_do_not_take() -> None:
    table, ids, positions, dtype = torch.zeros(9, 16), torch.tensor([[0, 8]]), torch.zeros(2, 16), torch.bfloat16
    assert takes_ids(ids, table, positions.double(), dtype)
    assert takes_ids(ids, table, None, dtype)
    assert not takes_ids(ids + 1, table, None, dtype)
    assert not takes_ids(ids - 1, table, None, dtype)
    assert not takes_ids(ids[:0], table, None, dtype)
    assert not takes_ids(ids.int(), table, None, dtype)
    assert not takes_ids(ids, table.bfloat16(), None, dtype)
    assert not takes_ids(ids, torch.zeros(9, 17), None, dtype)
    assert not takes_ids(ids, table, positions.clone().requires_grad_(), dtype)
    assert not takes_ids(ids, table, positions, torch.float64)


# Linear layers


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 16), (31, 48), (33, 512), (130, 4_112)])
def test_the_rectifier(kernels: Kernels, dtype: torch.dtype, shape: tuple[int, int]) -> None:
    before, upstream = drawn(dtype, shape, shape)
    before[0, :4] = torch.tensor([0.0, -0.0, torch.inf, -torch.inf])
    result = before.clone()
    rectify(kernels, result)
    assert torch.equal(result, before.relu())
    found = result, *rectified_back(kernels, upstream, result)
    wanted = by_autograd(plain_rectifier, [before.double(), torch.zeros(shape[1]).double()], upstream)
    assert torch.equal(found[1].double(), wanted[1])
    assert farthest(found[2:], wanted[2:]) <= FLOAT32_ERROR


def test_the_rectifier_keeps_what_is_no_number(kernels: Kernels) -> None:
    vectors, upstream = drawn(torch.bfloat16, (2, 16), (2, 16))
    vectors[1, 3] = torch.nan
    rectify(kernels, vectors)
    assert vectors[1, 3].isnan()
    assert vectors.isnan().sum() == 1
    before, sums = rectified_back(kernels, upstream, vectors)
    assert before[1, 3] == upstream[1, 3]
    assert sums.isfinite().all()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 16), (31, 48), (200, 384)])
def test_the_gradient_of_a_bias(kernels: Kernels, dtype: torch.dtype, shape: tuple[int, int]) -> None:
    (upstream,) = drawn(dtype, shape)
    assert farthest([column_sums(kernels, upstream)], [upstream.double().sum(0)]) <= FLOAT32_ERROR


def test_kernels_ask_for_no_memory_themselves() -> None:
    """What runs out of memory between threads would end the process; what Python asks for only fails the batch."""
    asking = re.compile(r"std::(vector|string|map|unique_ptr)|\bnew\b|\bmalloc\b|alloc\(")
    for name in (*kernel_source().names, "arithmetic.h"):
        code = re.sub(r"//.*", "", files("regard.kernels").joinpath(name).read_text(encoding="utf-8"))
        assert not (found := asking.search(code)), f"{name}: {found.group()}"
    assert asking.search("std::vector<float> scores(vocab);")


def test_too_little_memory_is_said_by_pytorch(kernels: Kernels) -> None:
    endless = torch.zeros(1, 16).expand(2**55, 16)  # one row, said to be many
    with pytest.raises(RuntimeError) as caught:
        column_sums(kernels, endless)
    assert is_out_of_memory(caught.value), "so that training takes smaller parts of the batch"


def test_what_linear_layers_do_not_take() -> None:
    weight = torch.ones(16, 5)
    assert takes_linear(torch.ones(2, 5), weight)
    assert takes_linear(torch.ones(2, 3, 5).bfloat16(), weight)
    assert not takes_linear(torch.ones(2, 5), torch.ones(17, 5))
    assert not takes_linear(torch.ones(2, 5).double(), weight)
    assert not takes_linear(torch.ones(2, 5), weight.bfloat16())
    assert not takes_linear(torch.ones(0, 5), weight)


# Layer norm


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(1, 16), (3, 5, 32), (65, 256), (2, 528)])
def test_layer_norm(kernels: Kernels, dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    vectors, upstream = drawn(dtype, shape, shape)
    weight, bias = drawn(torch.float32, shape[-1:], shape[-1:], seed=2)
    vectors = 3 * vectors + 1
    result, statistics = normalised(kernels, vectors, weight, bias, 1e-5)
    found = result, *normalised_back(kernels, vectors, weight, statistics, upstream)
    require_near(found, lambda x, w, b: plain_norm(x, w, b, 1e-5), [vectors, weight, bias], upstream)


def test_what_layer_norm_does_not_take() -> None:
    weight = torch.ones(16)
    assert takes_norm(torch.ones(2, 16), weight)
    assert not takes_norm(torch.ones(2, 17), torch.ones(17))
    assert not takes_norm(torch.ones(0, 16), weight)
    assert not takes_norm(torch.ones(2, 16), weight.bfloat16())


# Attention


def heads_of(dtype: torch.dtype, queries: int, keys: int, *, dim: int = 16, batch: int = 3) -> list[Tensor]:
    q, kv, up = drawn(dtype, (batch, queries, 2, dim), (batch, keys, 2, 2, dim), (batch, queries, 2, dim))
    return [q.transpose(1, 2), *kv.permute(2, 0, 3, 1, 4).unbind(0), up.transpose(1, 2)]


def masks_of(name: str, queries: int, keys: int, batch: int = 3) -> Tensor | None:
    causal = torch.ones(queries, keys, dtype=torch.bool).tril(keys - queries)[None, None]
    padding = torch.arange(keys) < torch.tensor([keys, max(1, keys // 2), 1])[:batch, None, None, None]
    by_head = torch.arange(2)[None, :, None, None] + torch.arange(keys) != 1
    blind = causal.expand(batch, 1, -1, -1).clone()
    blind[0, 0, 0], blind[1] = False, False
    found = {
        "causal": causal,
        "padding": padding.expand(-1, 1, queries, -1),
        "blind": blind,
        "heads": by_head.expand(1, 2, queries, keys),
    }
    return found.get(name)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("mask", ["open", "causal", "padding", "heads", "blind"])
@pytest.mark.parametrize(("queries", "keys", "dim"), [(1, 1, 16), (7, 7, 32), (16, 16, 64), (5, 33, 48), (40, 17, 128)])
def test_attention(kernels: Kernels, dtype: torch.dtype, mask: str, queries: int, keys: int, dim: int) -> None:
    *heads, upstream = heads_of(dtype, queries, keys, dim=dim)
    allowed = masks_of(mask, queries, keys)
    q, k, v = heads
    context, weights = attended(kernels, (q, k, v), allowed, scale=0.3)
    gradients = attended_back(kernels, (q, k, v), allowed, weights, upstream, scale=0.3)
    found = [context, *gradients]
    assert all(one.isfinite().all() for one in found)

    def twin(*given: Tensor) -> Tensor:
        return plain_attention(given[0], given[1], given[2], allowed, scale=0.3)

    require_near(found, twin, heads, upstream)
    if allowed is not None:
        dark = ~allowed.expand(3, 2, -1, -1)
        assert not weights[..., :keys][dark].any(), "a hidden cell has weight 0 to the bit"
        assert not context[dark.all(-1)].any()
        assert not gradients[0][dark.all(-1)].any()
        assert not gradients[1][dark.all(-2)].any()
        assert not gradients[2][dark.all(-2)].any()


@pytest.mark.parametrize("dtype", TYPES)
def test_what_stands_at_an_unseen_key_reaches_nothing(kernels: Kernels, dtype: torch.dtype) -> None:
    *heads, upstream = heads_of(dtype, 5, 9)
    allowed = masks_of("padding", 5, 9)
    q, k, v = heads
    unseen = torch.nan * torch.ones(())
    spoiled = [one.masked_fill(~allowed[:, :, 0, :, None], unseen) for one in (k, v)]  # type: ignore[index]

    def compute(keys: Tensor, values: Tensor) -> Found:
        context, weights = attended(kernels, (q, keys, values), allowed, scale=0.3)
        return context, *attended_back(kernels, (q, keys, values), allowed, weights, upstream, scale=0.3)

    for one, other in zip(compute(k, v), compute(*spoiled), strict=True):
        assert torch.equal(one, other)


def test_a_seen_key_that_is_no_number_is_not_hidden(kernels: Kernels) -> None:
    q, k, v, _ = heads_of(torch.float32, 4, 6)
    k[1, 0, 2, 3] = torch.nan
    context, _ = attended(kernels, (q, k, v), None, scale=1.0)
    assert context[1, 0].isnan().all()
    assert context[0].isfinite().all()


def test_gradients_lie_as_the_heads_do(kernels: Kernels) -> None:
    projected = drawn(torch.float32, (2, 5, 3, 2, 16))[0]
    q, k, v = projected.permute(2, 0, 3, 1, 4).unbind(0)
    context, weights = attended(kernels, (q, k, v), None, scale=1.0)
    together = attended_back(kernels, (q, k, v), None, weights, context, scale=1.0)
    assert lie_together(together)
    apart = attended_back(kernels, (q.clone(), k.clone(), v.clone()), None, weights, context, scale=1.0)
    assert not lie_together(apart)
    assert all(torch.equal(one, other) for one, other in zip(together, apart, strict=True))
    assert not lie_together((together[1], together[0], together[2]))


def test_what_attention_does_not_take() -> None:
    heads = torch.zeros(1, 2, 3, 16)
    assert takes_heads(heads, heads, heads)
    assert not takes_heads(heads[..., :8], heads[..., :8], heads[..., :8])
    assert not takes_heads(heads, heads, torch.zeros(1, 2, 3, 32))
    assert not takes_heads(heads, heads, torch.zeros(1, 2, 16, 3).transpose(2, 3))
    assert not takes_heads(heads[:, :, :0], heads, heads)


def test_types_and_devices_without_a_kernel_are_not_taken() -> None:
    assert not takes(torch.zeros(3, dtype=torch.float64))
    assert not takes(torch.zeros(3, dtype=torch.float16))
    assert not takes(torch.zeros(3), torch.zeros(3, dtype=torch.bfloat16))
    assert not takes(torch.zeros(3, device="meta"))
    assert not takes(torch.zeros(0))


# Threads


@pytest.mark.parametrize("dtype", TYPES)
def test_the_number_of_threads_changes_no_bit(kernels: Kernels, dtype: torch.dtype) -> None:
    logits, vectors, upstream = drawn(dtype, (45, 999), (131, 64), (131, 64))
    weight, bias = drawn(torch.float32, (64,), (64,))
    *heads, context_gradient = heads_of(dtype, 9, 21)
    q, k, v = heads
    allowed = masks_of("padding", 9, 21)
    targets = torch.arange(45)

    def norm() -> Found:
        result, statistics = normalised(kernels, vectors, weight, bias, 1e-5)
        return result, *normalised_back(kernels, vectors, weight, statistics, upstream)

    def attention() -> Found:
        context, weights = attended(kernels, (q, k, v), allowed, scale=0.3)
        return context, *attended_back(kernels, (q, k, v), allowed, weights, context_gradient, scale=0.3)

    require_same_bits(lambda: loss_and_gradient(kernels, logits, targets, smoothing=0.1, weight=0.5))
    asked = {"smoothing": 0.1, "strength": 5.0, "weight": 0.5}
    require_same_bits(lambda: consistency_and_gradients(kernels, logits, logits.flip(0), targets, **asked))
    require_same_bits(lambda: [dropped(kernels, vectors, seed=5, levels=30, residual=upstream)])
    ids = torch.arange(131)[None] * 3 % 50
    require_same_bits(lambda: [embedded_back(kernels, upstream[None], ids, factor=0.7, vocab_size=50)])
    require_same_bits(lambda: [column_sums(kernels, upstream)])
    require_same_bits(lambda: rectified_back(kernels, upstream, vectors))
    require_same_bits(norm)
    require_same_bits(attention)


def test_sums_in_another_order_are_seen() -> None:
    (numbers,) = drawn(torch.float32, (10_001,))

    def compute() -> Found:
        parts = numbers.chunk(torch.get_num_threads())
        return [torch.stack([part.sum() for part in parts]).sum()]

    with pytest.raises(AssertionError, match="threads"):
        require_same_bits(compute)


def test_the_twin_of_the_loss_is_what_pytorch_computes() -> None:
    (logits,) = drawn(torch.float64, (3, 5))
    targets = torch.tensor([0, 4, 2])
    logs = functional.log_softmax(logits, 1)
    wanted = -(0.9 * logs[torch.arange(3), targets] + 0.1 * logs.mean(1)).sum()
    torch.testing.assert_close(plain_loss(logits, targets, smoothing=0.1, weight=2.0), 2 * wanted)


def test_what_is_no_number_is_no_small_error(kernels: Kernels, monkeypatch: pytest.MonkeyPatch) -> None:
    ones = torch.ones(2)
    assert math.isnan(farthest([ones, ones * math.nan], [ones, ones]))
    errors = {torch.float32: 0.0, torch.bfloat16: math.nan}
    monkeypatch.setattr(check, "_CHECKS", {"one": lambda _, dtype: errors[dtype]})
    assert math.isnan(largest_errors(kernels)["one"])


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_pytorchs_default_type_changes_nothing(
    kernels: Kernels, dtype: torch.dtype, default_dtype: Callable[[torch.dtype], AbstractContextManager[None]]
) -> None:
    vectors, upstream, weight = drawn(torch.float32, (70, 32), (70, 32), (32,))
    heads, targets = heads_of(torch.float32, 5, 5)[:3], torch.arange(70) % 32
    ids = torch.arange(70).view(7, 10) % 30

    def everything() -> list[Tensor]:
        _, statistics = normalised(kernels, vectors, weight, weight, 1e-5)
        context, weights = attended(kernels, tuple(heads), None, scale=0.5)
        asked = {"smoothing": 0.1, "weight": 0.5}
        return [
            *normalised_back(kernels, vectors, weight, statistics, upstream),
            *rectified_back(kernels, upstream, vectors),
            column_sums(kernels, upstream),
            context,
            *attended_back(kernels, tuple(heads), None, weights, context, scale=0.5),
            *loss_and_gradient(kernels, vectors, targets, **asked),
            *consistency_and_gradients(kernels, vectors, upstream, targets, strength=5.0, **asked),
            embedded_back(kernels, upstream.view(7, 10, 32), ids, factor=2.0, vocab_size=30),
        ]

    usual = everything()
    with default_dtype(dtype):
        found = everything()
    assert all(torch.equal(one, other) for one, other in zip(found, usual, strict=True))


@pytest.mark.parametrize("given", ["kernel", "plain"])
def test_without_smoothing_a_piece_that_is_impossible_costs_nothing(kernels: Kernels, given: str) -> None:
    logits = drawn(torch.float32, (3, 40))[0]
    logits[:, 7] = -math.inf
    targets = torch.arange(3)
    found = smoothed_cross_entropy(logits, targets, smoothing=0.0, kernels=kernels if given == "kernel" else None)
    assert float(found) == pytest.approx(float(plain_loss(logits, targets, smoothing=0.0, weight=1.0)), rel=1e-5)


def test_who_kept_the_logits_is_told_that_they_are_gone(kernels: Kernels) -> None:
    logits = drawn(torch.float32, (3, 40))[0].requires_grad_()
    doubled = logits * 2
    squared = (doubled**2).sum()
    smoothed_cross_entropy(doubled, torch.arange(3), smoothing=0.1, kernels=kernels, in_place=True)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        squared.backward()


def test_a_second_derivative_is_refused(kernels: Kernels) -> None:
    logits = drawn(torch.float32, (3, 40))[0].requires_grad_()
    factor = torch.tensor(2.0, requires_grad=True)
    loss = factor * smoothed_cross_entropy(logits, torch.arange(3), smoothing=0.1, kernels=kernels)
    (gradient,) = torch.autograd.grad(loss, logits, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()
