"""The states of PyTorch's own generators of random numbers, as tensors by name.

Dropout on a CPU draws from a generator of its own (``models/noise.py``); on a GPU, and wherever else PyTorch draws, it
draws from these.
"""

from collections.abc import Mapping

import torch
from torch import Tensor


def random_states(device: torch.device) -> dict[str, Tensor]:
    """The state of the CPU's generator and, if training runs on a GPU, of that one's."""
    states = {"cpu": torch.get_rng_state()}
    return states | ({"cuda": torch.cuda.get_rng_state(device)} if device.type == "cuda" else {})


def restore_random_states(states: Mapping[str, Tensor], device: torch.device) -> None:
    """Restores what ``random_states`` gave; a run that moved between CPU and GPU cannot have the same numbers."""
    if "cpu" in states:
        torch.set_rng_state(states["cpu"])
    if "cuda" in states and device.type == "cuda":
        torch.cuda.set_rng_state(states["cuda"], device)
