"""Dropout whose randomness is seeded, resumable and cheap on a CPU.

On a CPU, drawing one random byte per cell from SFC64 and comparing it with a threshold costs a fraction of
``torch.bernoulli_``; a compiled kernel computes them from one seed instead, and never writes them down. The probability
is therefore a multiple of 1/256; kept cells are scaled by the exact inverse of the share kept, so the expectation is
unchanged. On other devices PyTorch's own dropout is used.
"""

from typing import Any, Final, final

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from regard.kernels import Kernels
from regard.kernels.dropout import LEVELS, dropped
from regard.kernels.library import takes

_BITS: Final = {
    torch.bfloat16: torch.int16,
    torch.float16: torch.int16,
    torch.float32: torch.int32,
    torch.float64: torch.int64,
}


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

    def uniform(self) -> float:
        """A number from 0 to below 1."""
        return self.generator.random()

    def chosen(self, shape: tuple[int, ...], probability: float) -> Bool[Tensor, "..."]:
        """Cells of that shape, each True with that probability."""
        return torch.from_numpy(self.generator.random(shape, dtype=np.float32) < probability)

    def seed(self) -> int:
        """From 0 to below 2⁶³, which every recorder of operators can write down."""
        return int(self.generator.integers(0, 2**63))

    def scaled_mask(self, like: Tensor, dropped_levels: int) -> Tensor:
        """Cells like those of ``like``: 0 with probability ``dropped_levels / 256``, else the scale of what is kept."""
        words = self.generator.integers(0, 2**64, size=(like.numel() + 7) // 8, dtype=np.uint64)
        kept = words.view(np.uint8)[: like.numel()] >= dropped_levels
        # The scale's bits times 0 or 1: turning booleans into bfloat16 takes PyTorch ten times as long.
        scale = torch.tensor(LEVELS / (LEVELS - dropped_levels), dtype=like.dtype).view(_BITS[like.dtype])
        bits = kept.view(np.uint8).astype(f"int{8 * like.element_size()}") * scale.numpy()
        return torch.from_numpy(bits).view(like.dtype).view(like.shape)


@final
class Dropout(nn.Module):
    """Sets cells to zero with a probability while training (Srivastava et al. 2014); does nothing otherwise."""

    kernels: Kernels | None = None
    """Draws and multiplies in one pass, where somebody gave it some."""

    def __init__(self, probability: float, noise: Noise) -> None:
        super().__init__()
        self.probability = probability
        self.dropped_levels = min(max(1, round(probability * LEVELS)), LEVELS - 1) if probability else 0
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
        if self._has_kernel(vectors):
            return self._drop(None, vectors)
        return vectors * self.noise.scaled_mask(vectors, self.dropped_levels)

    def added(self, residual: Float[Tensor, "..."], vectors: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
        """``residual + dropout(vectors)``, in one pass over them where that can be."""
        if not self.is_active or vectors.device.type != "cpu":
            return residual + self(vectors)
        if residual.shape == vectors.shape and self._has_kernel(vectors, residual):
            return self._drop(residual, vectors)
        mask = self.noise.scaled_mask(vectors, self.dropped_levels)
        result: Tensor = _AddMasked.apply(residual, vectors, mask)  # type: ignore[no-untyped-call]
        return result

    def _has_kernel(self, *vectors: Tensor) -> bool:
        return self.kernels is not None and takes(*vectors) and all(one.is_contiguous() for one in vectors)

    def _drop(self, residual: Tensor | None, vectors: Tensor) -> Tensor:
        seed = self.noise.seed()
        result: Tensor = _AddDropped.apply(  # type: ignore[no-untyped-call]
            residual, vectors, seed, self.dropped_levels, self.kernels
        )
        return result


@final
class _AddDropped(Function):
    """``residual + dropout(vectors)``; which cells are dropped is computed again for the gradient."""

    @staticmethod
    def forward(ctx: Any, *inputs: Any) -> Tensor:
        residual, vectors, ctx.seed, ctx.levels, ctx.kernels = inputs
        return dropped(ctx.kernels, vectors, seed=ctx.seed, levels=ctx.levels, residual=residual)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor | None, ...]:
        found = dropped(ctx.kernels, upstream.contiguous(), seed=ctx.seed, levels=ctx.levels)
        return upstream if ctx.needs_input_grad[0] else None, found, None, None, None


@final
class _AddMasked(Function):
    """``residual + vectors ⊙ mask``. PyTorch's own gradient of ``addcmul`` passes over the mask once more."""

    @staticmethod
    def forward(ctx: Any, residual: Tensor, vectors: Tensor, mask: Tensor) -> Tensor:
        ctx.save_for_backward(mask)
        return torch.addcmul(residual, vectors, mask)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, None]:
        (mask,) = ctx.saved_tensors
        return upstream, upstream * mask, None
