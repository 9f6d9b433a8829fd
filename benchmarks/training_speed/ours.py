"""Regard as its trainer runs it, moving average included; each lever of its speed can be switched off."""

import sys
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from worker import CLIP_NORM, LEARNING_RATE, PAD, Pairs, Seen, Task, asked, measure

from regard.batches import BatchStream, EncodedPairs, Ragged, bucketing
from regard.models import AnyModel, TranslationModel, build_model, layers
from regard.models.embedding import InputEmbedding
from regard.models.kernels import use_kernels
from regard.models.layers import LayerNorm, Linear
from regard.models.multihead import HeadCore
from regard.models.noise import Dropout
from regard.runs.machine import choose_dtype, keep_freed_memory, use_threads
from regard.runs.setup import give_kernels
from regard.settings import Settings, load_settings
from regard.training import MovingAverage, objective, scored, update
from regard.training.optimizer import build_optimizer, set_learning_rate


def without_written_gradient(model: AnyModel) -> None:
    """Autograd goes through the four steps of attention."""
    for attention in model.attentions().values():
        attention.path = "plain"


def without_dispatcher(model: AnyModel) -> None:
    """PyTorch's fused attention, always."""
    for attention in model.attentions().values():
        attention.path = "fused"


def without_cheap_dropout(model: AnyModel) -> None:
    """PyTorch's dropout."""
    del model

    def theirs(self: Dropout, vectors: Tensor) -> Tensor:
        return functional.dropout(vectors, self.probability, self.training)

    Dropout.forward = theirs  # type: ignore[method-assign]
    Dropout.added = lambda self, residual, vectors: residual + self(vectors)  # type: ignore[method-assign]


def without_round_shapes(model: AnyModel) -> None:
    """Batches and scored tokens as many as there are."""
    del model
    bucketing._ROWS_STEPS = (1,)  # type: ignore[misc]
    scored._SCORED_TOGETHER = 1  # type: ignore[misc]


def without_own_loss(model: AnyModel) -> None:
    """PyTorch's cross-entropy on float32 logits of the real tokens."""
    del model

    def theirs(logits: Tensor, targets: Tensor, *, smoothing: float, weight: float, **_: object) -> Tensor:
        real = logits[: len(targets)].float()
        return weight * functional.cross_entropy(real, targets, label_smoothing=smoothing, reduction="sum")

    objective.smoothed_cross_entropy = theirs  # type: ignore[attr-defined,assignment]


def without_picking_real(model: AnyModel) -> None:
    """Padding is scored, too, and left out of the sum by PyTorch's cross-entropy."""
    del model

    def all_cells(self: objective.Objective, model: AnyModel, batch: Any, *, weight: float) -> Tensor:
        logits = model.score(batch.source, batch.source_layout, batch.target_in, batch.target_layout)
        targets = batch.target_out.masked_fill(~batch.target_layout.real(), PAD).flatten()
        return weight * functional.cross_entropy(
            logits.flatten(0, 1).float(), targets, ignore_index=PAD, label_smoothing=self.smoothing, reduction="sum"
        )

    objective.Objective.loss = all_cells  # type: ignore[method-assign]


def without_kernels(model: AnyModel) -> None:
    """PyTorch alone."""
    use_kernels(model, None)


def without_kernels_of(*kinds: type[nn.Module]) -> Callable[[AnyModel], None]:
    """Parts of these kinds compute by PyTorch alone."""

    def without(model: AnyModel) -> None:
        for module in model.modules():
            if isinstance(module, kinds):
                module.kernels = None

    return without


def without_joint_projections(model: AnyModel) -> None:
    """A product each for queries, keys and values."""
    for module in model.modules():
        for name in ("project", "project_memory"):
            if isinstance(part := getattr(module, name, None), Linear):
                part.forward = _in_parts(part, 3 if name == "project" else 2)  # type: ignore[method-assign]


def _in_parts(whole: Linear, parts: int) -> Callable[[Tensor], Tensor]:
    def forward(vectors: Tensor) -> Tensor:
        weights, biases = whole.weight.chunk(parts), whole.bias.chunk(parts)  # type: ignore[union-attr]
        return torch.cat([product(vectors, w, b) for w, b in zip(weights, biases, strict=True)], dim=-1)

    def product(vectors: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        if whole.kernels is not None:
            return layers._Linear.apply(vectors, weight, bias, False, whole.kernels)  # type: ignore[no-any-return,no-untyped-call]
        return functional.linear(vectors, weight.to(vectors.dtype), bias.to(vectors.dtype))

    return forward


def _nothing(model: AnyModel) -> None:
    del model


LEVERS: dict[str, Callable[[AnyModel], None]] = {
    "bf16": _nothing,
    "attention's own gradient": without_written_gradient,
    "attention's dispatcher": without_dispatcher,
    "allocator": _nothing,
    "cheap dropout": without_cheap_dropout,
    "round shapes": without_round_shapes,
    "own loss": without_own_loss,
    "loss on real tokens only": without_picking_real,
    "joint projections": without_joint_projections,
    "fused AdamW": _nothing,
    "all kernels": without_kernels,
    "kernel of the loss": without_kernels_of(TranslationModel),
    "kernel of dropout": without_kernels_of(Dropout),
    "kernel of embeddings": without_kernels_of(InputEmbedding),
    "kernels of linear layers": without_kernels_of(Linear),
    "kernel of layer norm": without_kernels_of(LayerNorm),
    "kernel of attention": without_kernels_of(HeadCore),
}
"""What can be switched off. Some are switched where they are used: their entry does nothing."""


def settings_of(task: Task) -> Settings:
    overrides = [f"model.dropout={task.shape.dropout}", f"training.clip_norm={CLIP_NORM}"]
    if task.without == "bf16":
        overrides.append("training.dtype=float32")
    preset = "small" if task.shape.model_dim == 256 else "tiny"
    return load_settings(None, overrides, preset=preset)


def optimizer_of(model: AnyModel, settings: Settings, *, fused: bool) -> torch.optim.Optimizer:
    optimizer = build_optimizer(model, settings.training)
    for group in optimizer.param_groups:
        group["fused"] = fused
    set_learning_rate(optimizer, LEARNING_RATE)
    return optimizer


def learner(task: Task, pairs: Pairs) -> tuple[AnyModel, Callable[[], Seen]]:
    """A network, and what trains it by one update."""
    use_threads(torch.get_num_threads())
    if task.without != "allocator":
        keep_freed_memory()
    settings = settings_of(task)
    model = build_model(settings.model, pairs.vocab_size, seed=task.seed)
    model.compute_dtype = choose_dtype(settings.training.dtype, torch.device("cpu"))
    optimizer = optimizer_of(model, settings, fused=task.without != "fused AdamW")
    give_kernels(model, settings, tell=lambda note: print(note, file=sys.stderr))
    average = MovingAverage(model, 0.999)
    if task.without:
        LEVERS[task.without](model)
    encoded = EncodedPairs(Ragged.of(pairs.source), Ragged.of(pairs.target))
    stream = BatchStream(encoded, budget=settings.training.batch_tokens, seed=task.seed)

    def one() -> Seen:
        batch = stream.take()
        done = update.apply_update(model, optimizer, [batch], settings.training)
        average.update(model, num_updates=100)
        return Seen(done.num_tokens, batch.source.numel() + batch.target_in.numel(), done.loss)

    return model, one


def main(task: Task, pairs: Pairs) -> None:
    model, one = learner(task, pairs)
    measure(task, one, model=model, package="regard")


if __name__ == "__main__":
    asked_for = asked()
    main(asked_for, asked_for.pairs)
