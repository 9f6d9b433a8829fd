"""From settings to a machine that is set up, and a network on it."""

import torch

from regard.models import AnyModel, build_model
from regard.runs.machine import choose_device, choose_dtype, keep_freed_memory, use_threads
from regard.settings import Settings


def prepare_machine(settings: Settings) -> None:
    """Threads, allocator, and the seed of all that is drawn."""
    use_threads(settings.training.threads)
    keep_freed_memory()
    torch.manual_seed(settings.training.seed)


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
