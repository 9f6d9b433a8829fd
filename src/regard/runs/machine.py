"""What a run uses of the machine: device, type of computation, threads."""

import os
import platform
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from regard.errors import MachineError
from regard.kernels.compiling import processor_facts
from regard.launch import Launch, num_cores
from regard.models import AnyModel
from regard.models.allocator import keep_freed_memory
from regard.version import __version__

__all__ = ["choose_device", "choose_dtype", "has_idle_core", "keep_freed_memory", "machine_facts", "use_threads"]


def choose_device(name: str) -> torch.device:
    """``auto`` is a GPU if there is one; of several processes on a machine, each has its own.

    Raises:
        MachineError: a GPU is asked for and there is none.
    """
    launch = Launch.of()
    if launch.local_size > 1 and name in ("auto", "cuda") and torch.cuda.is_available():
        return torch.device("cuda", launch.local_rank)
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise MachineError(f"device {name} was asked for, but PyTorch sees no GPU here; leave the device at auto")
    return torch.device(name)


def choose_dtype(name: str, device: torch.device) -> torch.dtype:
    """``auto`` is bfloat16 where the hardware multiplies it natively, else float32."""
    if name != "auto":
        return torch.bfloat16 if name == "bfloat16" else torch.float32
    return torch.bfloat16 if _has_bfloat16(device) else torch.float32


def use_threads(threads: int | None) -> None:
    """So many threads; else as many as ``OMP_NUM_THREADS`` says; else one per core this process may use.

    Several processes on a machine share its cores. Then the variable says nothing: ``torchrun`` sets it to 1 itself.
    """
    local_size = Launch.of().local_size
    if threads is not None or local_size > 1 or "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(threads or max(1, num_cores() // local_size))


def has_idle_core(device: torch.device) -> bool:
    """Whether a program beside training would not take its cores away."""
    used = 1 if device.type == "cuda" else torch.get_num_threads()
    return num_cores() > used * Launch.of().local_size


def machine_facts(model: AnyModel) -> dict[str, Any]:
    """What the last bits of a computation depend on, and which numbers are drawn."""
    device = next(model.parameters()).device
    return {
        "regard": __version__,
        "torch": str(torch.__version__),
        "numpy": np.__version__,
        "sentencepiece": version("sentencepiece"),
        "processor": _processor(),
        "device": torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else torch.backends.cpu.get_cpu_capability(),
        "dtype": str(model.dtype).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "processes": Launch.of().size,
        "kernels": "plain" if model.kernels is None else "compiled",
    }


def _processor() -> str:
    """Its name; that of its kind where Linux does not tell it."""
    names = [line.partition(":")[2].strip() for line in processor_facts("model name")]
    return ", ".join(names) or platform.processor() or platform.machine()


def _has_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    capabilities = torch.backends.cpu.get_cpu_capability()
    return "AVX512" in capabilities and bool(torch.cpu._is_avx512_bf16_supported())
