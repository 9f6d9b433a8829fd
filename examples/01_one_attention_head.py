"""One attention head, step by step: "The cat sat on the mat" looks at itself, with the future hidden.

The vectors are random (seeded), so the numbers mean nothing; what matters is what happens to them, and that every row
of the weights sums to 1. Run it with: python examples/01_one_attention_head.py
"""

import torch
from torch import Tensor

from regard.attention import Causal, attend

TOKENS = ["The", "cat", "sat", "on", "the", "mat"]
HEAD_DIM = 8


def show(title: str, table: Tensor) -> None:
    """Prints a token x token table: rows are queries, columns are keys."""
    print(f"\n{title}\n" + " " * 6 + "".join(f"{token:>7}" for token in TOKENS))
    for token, row in zip(TOKENS, table.tolist(), strict=True):
        print(f"{token:>6}" + "".join(f"{value:7.2f}" for value in row))


def main() -> None:
    """Draws queries, keys and values, attends, and prints every step."""
    generator = torch.Generator().manual_seed(0)
    shape = (1, 1, len(TOKENS), HEAD_DIM)  # one sentence, one head
    queries, keys, values = (torch.randn(shape, generator=generator) for _ in range(3))

    steps = attend(queries, keys, values, Causal())

    assert steps.scores is not None
    assert steps.masked_scores is not None
    assert steps.weights is not None
    show("1 scores = queries · keys / √8 (rows: who looks, columns: who is looked at)", steps.scores[0, 0])
    show("2 masked scores: a word does not see the words after it", steps.masked_scores[0, 0])
    show("3 weights = softmax of each row", steps.weights[0, 0])
    print(f"\n4 context = weights · values: one new vector per word, shape {tuple(steps.context.shape[2:])}")


if __name__ == "__main__":
    main()
