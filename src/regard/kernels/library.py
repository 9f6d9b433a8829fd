"""The compiled functions, called with the memory of tensors.

They run on the threads of the very OpenMP library that PyTorch has loaded: a second one would bring threads of its own,
and two pools on the same cores wait for one another.
"""

import ctypes
from collections.abc import Mapping
from ctypes import c_double, c_int64, c_uint64, c_void_p
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, final

import torch
from torch import Tensor

from regard.errors import MachineError
from regard.kernels.compiling import Source

_FILES: Final = (
    "training.cpp",
    "attention.h",
    "consistency.h",
    "dropout.h",
    "embedding.h",
    "linear.h",
    "loss.h",
    "norm.h",
    "small_product.h",
    "sums.h",
)
_TYPES: Final = (torch.float32, torch.bfloat16)
_LANES: Final = 16

_RESULTS: Final[Mapping[str, Any]] = MappingProxyType(
    {"loss": c_double, "consistency": c_double, "attend_room": c_int64}
)
_ARGUMENTS: Final[Mapping[str, tuple[Any, ...]]] = MappingProxyType(
    {
        "loss": (*[c_void_p] * 5, c_int64, c_int64, c_double, c_double, c_int64),
        "consistency": (*[c_void_p] * 7, c_int64, c_int64, *[c_double] * 3, c_int64),
        "drop": (*[c_void_p] * 3, c_int64, c_uint64, c_int64, c_double, c_int64),
        "embed": (*[c_void_p] * 4, c_int64, c_int64, c_int64, c_double, c_int64),
        "embed_back": (*[c_void_p] * 3, c_int64, c_int64, c_int64, c_double, c_int64),
        "rectify": (c_void_p, c_int64, c_int64),
        "rectify_back": (*[c_void_p] * 5, *[c_int64] * 4),
        "sum_columns": (*[c_void_p] * 3, *[c_int64] * 4),
        "normalise": (*[c_void_p] * 5, c_int64, c_int64, c_double, c_int64),
        "normalise_back": (*[c_void_p] * 7, *[c_int64] * 4),
        "attend_room": (*[c_int64] * 4,),
        "attend": (c_void_p, c_double, c_int64),
        "attend_back": (c_void_p, c_double, c_int64),
    }
)


@final
class Kernels:
    """The functions of the compiled file, for float32 and bfloat16.

    Raises:
        MachineError: it does not share its threads with PyTorch.
    """

    def __init__(self, path: Path, openmp: Path) -> None:
        loaded = ctypes.CDLL(str(path))
        loaded.regard_openmp.restype = c_int64
        theirs = ctypes.cast(ctypes.CDLL(str(openmp)).omp_get_max_threads, c_void_p).value
        if loaded.regard_openmp() != theirs:
            raise MachineError(f"{path} does not use the OpenMP library that PyTorch has loaded, {openmp}")
        self._functions = {
            (name, dtype): _typed(
                loaded[f"regard_{name}_{str(dtype).removeprefix('torch.')}"], types, _RESULTS.get(name)
            )
            for name, types in _ARGUMENTS.items()
            for dtype in _TYPES
        }

    def call(self, name: str, dtype: torch.dtype, *arguments: Any) -> Any:
        """A function by its name; the number of threads is added."""
        return self._functions[name, dtype](*arguments, torch.get_num_threads())

    def __deepcopy__(self, memo: dict[int, Any]) -> "Kernels":
        """Itself: a second network shares it."""
        return self


def takes(*tensors: Tensor) -> bool:
    """Whether kernels are there for them: on the CPU, of one type that has some, and not empty."""
    first = tensors[0].dtype
    return first in _TYPES and all(
        one.device.type == "cpu"
        and one.dtype == first
        and one.numel() > 0
        and type(one) in (Tensor, torch.nn.Parameter)
        for one in tensors
    )


def has_kernels(dtype: torch.dtype) -> bool:
    """Whether they compute in that type."""
    return dtype in _TYPES


def fits_lanes(size: int) -> bool:
    """Whether vectors of that size are read without a rest."""
    return size % _LANES == 0


def float_room(*shape: int) -> Tensor:
    """Room in float32 on the CPU, which is what the compiled code writes, whatever PyTorch's defaults are."""
    return torch.empty(shape, dtype=torch.float32, device="cpu")


def rounded_up(size: int) -> int:
    """The next size without a rest."""
    return -(-size // _LANES) * _LANES


def kernel_source() -> Source:
    """What the kernels are made from here.

    Raises:
        MachineError: PyTorch comes without the OpenMP library of GCC.
    """
    return Source("regard.kernels", _FILES, (openmp_library(),), compilers="GCC 11 and newer")


def openmp_library() -> Path:
    """The OpenMP library that PyTorch brings along.

    Raises:
        MachineError: there is none of the kind that is linked here.
    """
    folder = Path(torch.__file__).parent / "lib"
    if found := sorted(folder.glob("libgomp*.so*")):
        return found[0]
    raise MachineError(f"PyTorch brings no OpenMP library of GCC's along: there is no libgomp*.so* in {folder}")


@cache
def loaded_kernels() -> Kernels:
    """The kernels of this machine, compiled now if they never were.

    Raises:
        MachineError: they cannot be compiled or loaded.
    """
    return kernel_source().loaded(lambda path: Kernels(path, openmp_library()))


def _typed(function: "ctypes._NamedFuncPointer", arguments: tuple[Any, ...], result: Any) -> "ctypes._NamedFuncPointer":
    function.argtypes, function.restype = arguments, result
    return function
