"""From settings to a machine that is set up, and a network on it."""

from collections.abc import Callable

import torch

from regard.errors import MachineError
from regard.kernels.check import checked_kernels
from regard.kernels.library import kernel_source
from regard.models import AnyModel, build_model
from regard.models.kernels import use_kernels
from regard.runs.machine import choose_device, choose_dtype, keep_freed_memory, use_threads
from regard.settings import Settings


def prepare_machine(settings: Settings) -> None:
    """Threads, allocator, and the seed of all that is drawn."""
    use_threads(settings.training.threads)
    keep_freed_memory()
    torch.manual_seed(settings.training.seed)


def give_kernels(model: AnyModel, settings: Settings, *, tell: Callable[[str], None]) -> None:
    """Compiled kernels for a network that trains on a CPU, if they can be had here; else it does as well without.

    Args:
        model: the network.
        settings: of the run; ``training.kernels`` may forbid them.
        tell: is told when compiling takes some seconds, and what is in the way of kernels.
    """
    if settings.training.kernels == "plain" or next(model.parameters()).device.type != "cpu":
        return
    try:
        if not kernel_source().is_compiled():
            tell("compiling kernels for this machine, which takes some seconds, once")
        use_kernels(model, checked_kernels())
    except MachineError as error:
        tell(f"training without compiled kernels, which takes longer: {error}")


def new_model(settings: Settings, vocab_size: int) -> AnyModel:
    """A network with fresh weights, where and in which type it will compute.

    Raises:
        MachineError: the device that is asked for is not there.
    """
    training = settings.training
    device = choose_device(training.device)
    model = build_model(settings.model, vocab_size, seed=training.seed).to(device)
    model.compute_dtype = choose_dtype(training.dtype, device)
    return model
