"""Examines an attention that is not ours: PyTorch's own, as it is shipped, and with a mistake that people make.

The adapter is all there is to write: it gets sentences of vectors and ``allowed``, True = may look, and says both in
the words of the module. The doctor feeds it sentences that would show a fault; docs/doctor.md explains each check.
Run it with: python examples/06_examine_any_attention.py
"""

import torch
from torch import Tensor, nn

from regard.attention import doctor
from regard.attention.conventions import multihead_from_allowed

MODEL_DIM, NUM_HEADS = 8, 2


class Adapter(nn.Module):
    """``nn.MultiheadAttention``, whose True means *ignore*; it returns weights too, so that heads can be named."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.attention = nn.MultiheadAttention(MODEL_DIM, NUM_HEADS, batch_first=True)

    def forward(self, inputs: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
        """The output and the weights of every head."""
        ignore = self.mask(allowed)
        return self.attention(inputs, inputs, inputs, attn_mask=ignore, average_attn_weights=False)

    def mask(self, allowed: Tensor) -> Tensor:
        """(batch · heads, query, key), the heads of one sentence together."""
        return multihead_from_allowed(allowed, num_rows=len(allowed), num_heads=NUM_HEADS)


class Mistaken(Adapter):
    """Repeats the masks in the wrong order, so that sentences get each other's; alone, each is right."""

    def mask(self, allowed: Tensor) -> Tensor:
        """(heads · batch, query, key)."""
        return ~allowed[:, 0].repeat(NUM_HEADS, 1, 1)


def main() -> None:
    """Prints what is found."""
    print(doctor(Adapter(), model_dim=MODEL_DIM))
    print("\nthe same with its masks in the wrong order")
    for finding in doctor(Mistaken(), model_dim=MODEL_DIM).failed:
        print("\n".join(finding.lines()))


if __name__ == "__main__":
    main()
