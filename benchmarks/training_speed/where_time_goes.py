"""Shares of an update's time by kind of operator, and how near products come to what the machine multiplies."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

KINDS = {
    "products of weights": ("aten::mm", "aten::addmm"),
    "products within attention": ("aten::bmm", "aten::baddbmm"),
    "copies, casts, joins": ("aten::copy_", "aten::cat", "aten::index_select", "aten::index"),
    "loss": (
        "_SmoothedCrossEntropy",
        "aten::exp_",
        "aten::amax",
        "aten::mean",
        "aten::sub_",
        "aten::scatter_add_",
        "aten::gather",
        "aten::div_",
    ),
    "attention, by a kernel": ("_Context", "_ContextBackward"),
    "softmax and its gradient": ("aten::_softmax", "aten::_softmax_backward_data"),
    "layer norm and its gradient": (
        "aten::native_layer_norm",
        "aten::native_layer_norm_backward",
        "_Normal",
        "_NormalBackward",
    ),
    "rectifier, gradients of biases": (
        "aten::clamp_min",
        "aten::threshold_backward",
        "aten::sum",
        "_Linear",
        "_LinearBackward",
    ),
    "dropout and residuals": (
        "aten::addcmul",
        "aten::mul",
        "aten::add",
        "_AddMasked",
        "_AddMaskedBackward",
        "_AddDropped",
        "_AddDroppedBackward",
    ),
    "AdamW": ("aten::_fused_adamw_",),
    "moving average": ("aten::lerp_",),
    "norm and clipping of gradients": ("aten::linalg_vector_norm", "aten::_foreach_mul_"),
    "embeddings and their gradient": (
        "aten::embedding_dense_backward",
        "aten::embedding",
        "aten::add_",
        "aten::fill_",
        "_Looked",
        "_LookedBackward",
    ),
}
OTHERS = "all else: views, allocations, bookkeeping of autograd, Python"


def shares(update: Callable[[], Any], updates: int = 10) -> str:
    """A table of an update's time. Run on a machine that does nothing else."""
    with profile(activities=[ProfilerActivity.CPU]) as found:
        began = time.perf_counter()
        for _ in range(updates):
            update()
        seconds = (time.perf_counter() - began) / updates
    kind_of = {name: kind for kind, names in KINDS.items() for name in names}
    spent: Counter[str] = Counter()
    for event in found.key_averages():
        spent[kind_of.get(event.key, OTHERS)] += event.self_cpu_time_total / 1e6 / updates
    spent[OTHERS] = seconds - sum(value for kind, value in spent.items() if kind != OTHERS)
    rows = [f"| {kind} | {1000 * value:.1f} ms | {value / seconds:.1%} |" for kind, value in spent.most_common()]
    return "| kind | per update | share |\n|---|---|---|\n" + "\n".join(rows)


def products(update: Callable[[], Any], updates: int = 10) -> str:
    """How many floating-point operations of products per second, beside those of one large product."""
    with FlopCounterMode(display=False) as counter:
        update()
    began = time.perf_counter()
    for _ in range(updates):
        update()
    rate = counter.get_total_flops() / ((time.perf_counter() - began) / updates)
    most = large_product()
    return (
        f"{counter.get_total_flops() / 1e9:.0f} GFLOP of products per update, {rate / 1e9:,.0f} GFLOP/s of the whole "
        f"update: {rate / most:.0%} of the {most / 1e9:,.0f} GFLOP/s that one product of 2048 × 2048 matrices in "
        "bfloat16 reaches here."
    )


def large_product(size: int = 2048, repeats: int = 30) -> float:
    """Floating-point operations per second of a square product in bfloat16."""
    left, right = torch.randn(2, size, size, dtype=torch.bfloat16).unbind()
    for _ in range(5):
        left @ right
    began = time.perf_counter()
    for _ in range(repeats):
        left @ right
    return 2 * size**3 * repeats / (time.perf_counter() - began)
