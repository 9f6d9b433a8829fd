"""One attention head, step by step: "The cat sat on the mat" looks at itself, with the future hidden.

The vectors are random, so the numbers mean nothing; look at what happens to them. The same, and other masks:
regard explain --toy "The cat sat on the mat" --causal
"""

import torch
from torch import Tensor

from regard.attention import Causal, attend

TOKENS = ["The", "cat", "sat", "on", "the", "mat"]
EMBEDDING = 8  # numbers per word; one head takes all of them


def show(title: str, values: Tensor | None, columns: list[str]) -> None:
    """Prints a table of (batch, query, key) or (batch, sequence, embedding), and its shape."""
    assert values is not None  # the plain path computes every step
    print(f"\n{title}   shape {tuple(values.shape)}\n" + " " * 6 + "".join(f"{column:>7}" for column in columns))
    for token, row in zip(TOKENS, values[0].tolist(), strict=True):
        print(f"{token:>6}" + "".join(f"{value:7.2f}" if isinstance(value, float) else f"{value:7d}" for value in row))


generator = torch.Generator().manual_seed(0)
projections = torch.randn(3, EMBEDDING, EMBEDDING, generator=generator, dtype=torch.float64) / EMBEDDING**0.5
embeddings = torch.randn(1, len(TOKENS), EMBEDDING, generator=generator, dtype=torch.float64)
queries, keys, values = (embeddings @ projection for projection in projections)

mask = Causal()
steps = attend(queries[:, None], keys[:, None], values[:, None], mask, path="plain")  # the new axis: one head of one

print("Rows are queries (who looks), columns are keys (who is looked at).")
show("Embeddings, one vector per word", embeddings, [*map(str, range(EMBEDDING))])
show("1 Scores = queries · keysᵀ / √8", steps.scores[:, 0], TOKENS)
show("2 Mask: 1 = may look", mask.allowed(len(TOKENS), len(TOKENS))[:, 0], TOKENS)
show("  Masked scores: -inf where the future is", steps.masked_scores[:, 0], TOKENS)
show("3 Weights = softmax of each row", steps.weights[:, 0], TOKENS)
show("4 Output = weights · values", steps.context[:, 0], [*map(str, range(EMBEDDING))])
