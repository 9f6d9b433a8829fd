"""``torch.nn.Transformer`` in a plain loop, with batches by length."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from worker import (
    BOS,
    EOS,
    PAD,
    SMOOTHING,
    Pairs,
    Seen,
    Shape,
    Task,
    adamw,
    asked,
    autocast,
    measure,
    plain_update,
    rectangle,
)


class Translator(nn.Module):
    """Tied embeddings, sinusoidal positions, pre-norm; no dropout inside of attention and feed-forward network."""

    def __init__(self, shape: Shape, vocab_size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, shape.model_dim, padding_idx=PAD)
        nn.init.normal_(self.embedding.weight, std=shape.model_dim**-0.5)
        self.network = nn.Transformer(
            shape.model_dim, shape.num_heads, shape.layers, shape.layers, shape.feedforward_dim,
            shape.dropout, batch_first=True, norm_first=True,
        )  # fmt: skip
        for module in self.network.modules():
            if isinstance(module, nn.MultiheadAttention):
                module.dropout = 0.0
            elif isinstance(module, nn.TransformerEncoderLayer | nn.TransformerDecoderLayer):
                module.dropout.p = 0.0
        self.dropout = nn.Dropout(shape.dropout)
        self.register_buffer("positions", sinusoids(256, shape.model_dim))

    def embed(self, ids: Tensor) -> Tensor:
        """Vectors of tokens at their positions."""
        scale = math.sqrt(self.embedding.embedding_dim)
        return self.dropout(self.embedding(ids) * scale + self.positions[: ids.shape[1]])

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """Scores of every next token."""
        width = target.shape[1]
        future = torch.ones(width, width, dtype=torch.bool).triu(1)
        vectors = self.network(
            self.embed(source), self.embed(target), tgt_mask=future, tgt_is_causal=True,
            src_key_padding_mask=source == PAD, memory_key_padding_mask=source == PAD,
            tgt_key_padding_mask=target == PAD,
        )  # fmt: skip
        return functional.linear(vectors, self.embedding.weight)


def sinusoids(length: int, dim: int) -> Tensor:
    """Vaswani et al. 2017, section 3.5."""
    angles = torch.arange(length)[:, None] / 10000 ** (torch.arange(0, dim, 2) / dim)
    return torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)


def main(task: Task, pairs: Pairs) -> None:
    model = Translator(task.shape, pairs.vocab_size)
    optimizer, batches = adamw(model), pairs.batches(task.seed)

    def update() -> Seen:
        sources, targets = next(batches)
        source = rectangle([[*row, EOS] for row in sources])
        inputs = rectangle([[BOS, *row] for row in targets])
        outputs = rectangle([[*row, EOS] for row in targets])

        def loss_of() -> Tensor:
            with autocast(task):
                logits = model(source, inputs)
                return functional.cross_entropy(
                    logits.flatten(0, 1), outputs.flatten(), ignore_index=PAD, label_smoothing=SMOOTHING
                )

        loss = plain_update(model, loss_of, optimizer)
        real = int((source != PAD).sum() + (outputs != PAD).sum())
        return Seen(real, source.numel() + outputs.numel(), loss)

    measure(task, update, model=model, package="torch")


if __name__ == "__main__":
    asked_for = asked()
    main(asked_for, asked_for.pairs)
