"""How a trained layer multiplies: its weight made ready once for a kernel of the machine it runs on.

While a network learns, a product is ``x Wᵀ`` with the weight as it is. Once weights are final, some machines multiply
faster by a weight that is laid out for them (oneDNN, with tiles of bfloat16), or of which they have to read less (eight
bits). ``compute_in`` gives every layer of a network such a product; the layers, and who watches them, stay the same.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, Literal, final, get_args

import torch
from jaxtyping import Float, Int, Int8
from torch import Tensor, nn

Numbers = Literal["float32", "bfloat16", "float64", "int8"]
"""What a network computes in. ``int8`` stores weights in eight bits, and computes in bfloat16."""
NUMBERS: Final[tuple[Numbers, ...]] = get_args(Numbers)

_TYPES: Final[Mapping[Numbers, torch.dtype]] = MappingProxyType(
    {
        "float32": torch.float32,
        "bfloat16": torch.bfloat16,
        "float64": torch.float64,
        "int8": torch.bfloat16,
    }
)


class Product(ABC):
    """``x Wᵀ + b`` for one layer whose weight does not change any more."""

    @abstractmethod
    def __call__(self, vectors: Float[Tensor, "... input"]) -> Float[Tensor, "... output"]:
        """Maps the last axis."""

    def takes(self, vectors: Tensor) -> bool:
        """Whether vectors are of the type this was made for; what a layer is given in another, it multiplies itself."""
        return vectors.dtype == torch.bfloat16

    def __deepcopy__(self, memo: dict[int, Any]) -> "Product":
        """Itself: a second network of the same weights shares it."""
        return self


@final
class Packed(Product):
    """bfloat16, the weight laid out for oneDNN once instead of in every call.

    oneDNN writes machine code for every number of rows it meets, and batches shrink from step to step: rows are filled
    up to one of few numbers.
    """

    def __init__(self, weight: Float[Tensor, "output input"], bias: Float[Tensor, " output"] | None) -> None:
        self._weight = torch.ops.mkldnn._reorder_linear_weight(weight.bfloat16().contiguous())
        self._bias = None if bias is None else bias.bfloat16()

    def __call__(self, vectors: Float[Tensor, "... input"]) -> Float[Tensor, "... output"]:
        """In bfloat16."""
        rows = vectors.reshape(-1, vectors.shape[-1])
        missing = filled_up(len(rows)) - len(rows)
        whole = nn.functional.pad(rows, (0, 0, 0, missing)) if missing else rows
        product: Tensor = torch.ops.mkldnn._linear_pointwise(whole, self._weight, self._bias, "none", [], "")
        return product[: len(rows)].view(*vectors.shape[:-1], product.shape[1])


@final
class EightBit(Product):
    """Weights in eight bits with one factor per output, symmetric; vectors in bfloat16, sums in float32.

    One row alone takes as long as reading the weight, so it reads the eight bits. Several rows share the reading: they
    multiply by the same rounded weight in bfloat16, through oneDNN where it is there.
    """

    def __init__(self, weight: Float[Tensor, "output input"], bias: Float[Tensor, " output"] | None) -> None:
        largest = weight.float().abs().amax(dim=1).clamp_min(torch.finfo(torch.float32).tiny)
        self._factors = (largest / 127).bfloat16()
        self._weight = (weight.float() / self._factors.float()[:, None]).round().clamp(-127, 127).to(torch.int8)
        self._bias = None if bias is None else bias.bfloat16()
        rounded = self._weight.float() * self._factors.float()[:, None]
        self._several = _laid_out(rounded, bias)

    def of_rows(self, rows: Int[Tensor, " row"]) -> "Product":
        """For some of the outputs, by the same rounded weight."""
        return _laid_out(self._weight[rows].float() * self._factors[rows].float()[:, None], None)

    @property
    def eight_bits(self) -> tuple[Int8[Tensor, "output input"], Float[Tensor, " output"]]:
        """The weight, and the factor of each output."""
        return self._weight, self._factors

    def __call__(self, vectors: Float[Tensor, "... input"]) -> Float[Tensor, "... output"]:
        """In bfloat16."""
        if vectors.numel() != vectors.shape[-1]:
            return self._several(vectors)
        row = vectors.reshape(-1, vectors.shape[-1])
        product = torch._weight_int8pack_mm(row, self._weight, self._factors).view(*vectors.shape[:-1], -1)
        return product if self._bias is None else product + self._bias


@final
class _Rounded(Product):
    """bfloat16 by whatever PyTorch has, where there is no oneDNN."""

    def __init__(self, weight: Tensor, bias: Tensor | None) -> None:
        self._weight, self._bias = weight.bfloat16(), None if bias is None else bias.bfloat16()

    def __call__(self, vectors: Float[Tensor, "... input"]) -> Float[Tensor, "... output"]:
        return nn.functional.linear(vectors, self._weight, self._bias)


def product_of_rows(
    weight: Float[Tensor, "output input"], product: Product | None, rows: Int[Tensor, " row"]
) -> Callable[[Tensor], Tensor]:
    """``x Wᵀ`` for some of the outputs of a layer without a bias, whose own product is given."""
    if isinstance(product, EightBit):
        return product.of_rows(rows)
    few = weight[rows]
    return (
        (lambda vectors: nn.functional.linear(vectors, few.to(vectors.dtype))) if product is None else Packed(few, None)
    )


def filled_up(rows: int) -> int:
    """The next of few numbers of rows: at most an eighth more, from 64 on; below, multiples of 8."""
    if rows <= 1:
        return rows
    grain = max(8, 1 << max(0, rows.bit_length() - 4))
    return -(-rows // grain) * grain


def has_packed_bfloat16() -> bool:
    """Whether oneDNN multiplies bfloat16 on this machine."""
    is_there = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return bool(is_there and torch.ops.mkldnn._is_mkldnn_bf16_supported())


def product_of(weight: Tensor, bias: Tensor | None, numbers: Numbers) -> Product | None:
    """The product of a layer on the CPU; None where multiplying by the weight as it is does as well."""
    if numbers == "int8":
        return EightBit(weight, bias)
    return Packed(weight, bias) if numbers == "bfloat16" and has_packed_bfloat16() else None


def fastest_numbers(device: torch.device) -> Numbers:
    """What translates fastest there: bfloat16 where the machine multiplies it by itself, else float32."""
    if device.type == "cpu":
        native = torch.backends.cpu.get_cpu_capability() != "DEFAULT" and torch.cpu._is_avx512_bf16_supported()
        return "bfloat16" if native and has_packed_bfloat16() else "float32"
    return "bfloat16" if torch.cuda.is_bf16_supported() else "float32"


def type_of(numbers: Numbers) -> torch.dtype:
    """The type of the vectors between layers."""
    return _TYPES[numbers]


def _laid_out(weight: Tensor, bias: Tensor | None) -> Product:
    return (Packed if has_packed_bfloat16() else _Rounded)(weight, bias)
