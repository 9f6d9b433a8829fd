"""Dropout whose randomness is seeded, resumable and cheap on a CPU.

On a CPU, drawing one random byte per cell from SFC64 and comparing it with a threshold costs a fraction of
``torch.bernoulli_``. The probability is therefore a multiple of 1/256; kept cells are scaled by the exact inverse of
the share kept, so the expectation is unchanged. On other devices PyTorch's own dropout is used.
"""

from typing import Any, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

LEVELS = 256


@final
class Noise:
    """A stream of random bytes, shared by all dropouts of a model, whose state can be saved and restored."""

    def __init__(self, seed: int) -> None:
        self.generator = np.random.Generator(np.random.SFC64(seed))

    @property
    def state(self) -> dict[str, Any]:
        """The generator's state as plain numbers, ready for JSON."""
        state = self.generator.bit_generator.state
        words = [int(word) for word in state["state"]["state"]]
        return {"words": words, "has_uint32": int(state["has_uint32"]), "uinteger": int(state["uinteger"])}

    @state.setter
    def state(self, saved: dict[str, Any]) -> None:
        self.generator.bit_generator.state = {
            "bit_generator": "SFC64",
            "state": {"state": np.array(saved["words"], dtype=np.uint64)},
            "has_uint32": saved["has_uint32"],
            "uinteger": saved["uinteger"],
        }

    def scaled_mask(self, like: Tensor, dropped_levels: int) -> Tensor:
        """Cells like those of ``like``: 0 with probability ``dropped_levels / 256``, else the scale of what is kept."""
        words = self.generator.integers(0, 2**64, size=(like.numel() + 7) // 8, dtype=np.uint64)
        levels = torch.from_numpy(words.view(np.uint8)[: like.numel()]).view(like.shape)
        return (levels >= dropped_levels).to(like.dtype).mul_(LEVELS / (LEVELS - dropped_levels))


@final
class Dropout(nn.Module):
    """Sets cells to zero with a probability while training (Srivastava et al. 2014); does nothing otherwise."""

    def __init__(self, probability: float, noise: Noise) -> None:
        super().__init__()
        self.probability = probability
        self.dropped_levels = round(probability * LEVELS)
        self.noise = noise

    @property
    def is_active(self) -> bool:
        """Whether it would change anything now."""
        return self.training and self.dropped_levels > 0

    def forward(self, vectors: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """The vectors, some cells zero and the others scaled up."""
        if not self.is_active:
            return vectors
        if vectors.device.type != "cpu":
            return functional.dropout(vectors, self.probability)
        return vectors * self.noise.scaled_mask(vectors, self.dropped_levels)
