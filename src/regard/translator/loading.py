"""From a folder to a ``Translator``: the right weights, on the right device, in the right type."""

from pathlib import Path
from typing import Final

import torch

from regard.bundle import Bundle, load_bundle
from regard.errors import MachineError, SettingsError
from regard.models import AnyModel, build_model
from regard.text import Tokenizer
from regard.translator.facade import Translator

_DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float64": torch.float64}


def load(folder: str | Path, *, device: str = "auto", dtype: str = "float32", threads: int | None = None) -> Translator:
    """A translator from the folder of a model, or of a run (its best model).

    Args:
        folder: what ``regard train --out`` made.
        device: ``cpu``, ``cuda`` or ``cuda:1`` …; ``auto`` is the GPU where there is one.
        dtype: what to compute in: ``float32``, ``bfloat16`` or ``float64``.
        threads: CPU threads, for the whole process; PyTorch's choice if not given.

    Raises:
        BundleError: the folder is missing, damaged or not what it says it is.
        SettingsError: there is no such device or type, or ``threads`` is not positive.
        MachineError: the device is not there.
    """
    chosen_device, chosen_dtype = _device(device), _dtype(dtype)
    _set_threads(threads)
    bundle = load_bundle(Path(folder))
    tokenizer = Tokenizer.from_bytes(bundle.tokenizer)
    model = _network(bundle, tokenizer.vocab_size).to(device=chosen_device, dtype=chosen_dtype).eval()
    name = Path(folder).resolve().name
    return Translator(
        model,
        tokenizer,
        bundle.settings,
        name=name,
        weights_sha256=bundle.weights_sha256,
        alignment=bundle.facts.alignment,
    )


def _network(bundle: Bundle, vocab_size: int) -> AnyModel:
    # Fresh weights are drawn and at once overwritten; the caller's random numbers stay what they would have been.
    with torch.random.fork_rng(devices=[]):
        model = build_model(bundle.settings.model, vocab_size)
    model.load_state_dict(bundle.weights())
    return model.requires_grad_(False)


def _device(name: str) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        device = None
    if device is None or device.type not in ("cpu", "cuda"):
        raise SettingsError(f"device must be auto, cpu, cuda or cuda:N, but is {name!r}")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise MachineError(f"device {name} is not there: {torch.cuda.device_count()} GPUs are found; use device='cpu'")
    return device


def _dtype(name: str) -> torch.dtype:
    if name not in _DTYPES:
        raise SettingsError(f"dtype must be one of {', '.join(_DTYPES)}, but is {name!r}")
    return _DTYPES[name]


def _set_threads(threads: int | None) -> None:
    if threads is None:
        return
    if isinstance(threads, bool) or threads < 1:
        raise SettingsError(f"threads must be a whole number of at least 1, but is {threads!r}")
    torch.set_num_threads(threads)
