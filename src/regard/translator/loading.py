"""From a folder to a ``Translator``: the right weights, on the right device, in the right type."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from regard.bundle import Bundle, load_bundle
from regard.bundle.load import name_of
from regard.errors import MachineError, SettingsError
from regard.models import NUMBERS, AnyModel, Ensemble, Numbers, Transformer, build_model, compute_in, fastest_numbers
from regard.models.allocator import keep_freed_memory
from regard.models.compiled import CompiledTransformer
from regard.text import Tokenizer
from regard.translator.facade import Translator


def load(
    folder: str | Path,
    *others: str | Path,
    device: str = "auto",
    dtype: str = "float32",
    threads: int | None = None,
    compiled: bool = False,
) -> Translator:
    """A translator from the folder of a model, or of a run (its best model).

    On the CPU, this process from now on keeps freed memory for the next step instead of returning it (glibc).

    Args:
        folder: what ``regard train --out`` made.
        others: more such folders, of the same vocabulary: at every step the mean of all models' probabilities decides.
            Search settings, shortlist and alignments are those of the first.
        device: ``cpu``, ``cuda`` or ``cuda:1`` …; ``auto`` is the GPU where there is one.
        dtype: what to compute in: ``float32``, ``bfloat16``, ``float64``, or ``int8`` (weights in
            eight bits; CPU only). ``auto`` is what was measured to be the fastest on such a machine.
        threads: CPU threads, for the whole process; PyTorch's choice if not given, and one for compiled code.
        compiled: whether to translate by a file compiled for this machine (``regard.models.compiled``), which takes a
            C++ compiler and some seconds the first time. Explanations are computed as always. What cannot be compiled
            translates as without; ``translator.not_compiled`` says why.

    Raises:
        BundleError: the folder is missing, damaged or not what it says it is.
        SettingsError: there is no such device or type, ``threads`` is not positive, or models do not fit together.
        MachineError: the device is not there.
    """
    chosen_device = _device(device)
    numbers = _numbers(dtype, chosen_device)
    _set_threads(threads)
    if chosen_device.type == "cpu":
        keep_freed_memory()
    if others:
        options: dict[str, Any] = {"device": device, "dtype": dtype, "threads": threads, "compiled": compiled}
        return together([load(each, **options) for each in (folder, *others)])
    bundle = load_bundle(Path(folder))
    tokenizer = Tokenizer.from_bytes(bundle.tokenizer)
    model = _network(bundle, tokenizer.vocab_size).to(device=chosen_device).eval()
    compute_in(model, numbers)
    model, reason = _compiled(model, threads or 1) if compiled else (model, None)
    return Translator(
        model,
        tokenizer,
        bundle.settings,
        name=name_of(Path(folder)),
        weights_sha256=bundle.weights_sha256,
        alignment=bundle.facts.alignment,
        shortlist=bundle.shortlist,
        not_compiled=reason,
    )


def together(translators: Sequence[Translator]) -> Translator:
    """One translator of several, which share a vocabulary and languages; the rest is that of the first.

    Raises:
        SettingsError: their vocabularies or languages differ; the message says which.
    """
    first = translators[0]
    for other in translators[1:]:
        if other.tokenizer != first.tokenizer:
            raise SettingsError(
                f"{other.name} and {first.name} cut text into different pieces, so their probabilities cannot be "
                "averaged; train models to be used together on the same files, with the same [text] settings"
            )
        if other.languages != first.languages:
            raise SettingsError(
                f"{first.name} translates from {' to '.join(first.languages)}, but {other.name} from "
                f"{' to '.join(other.languages)}; models used together must share both languages"
            )
    names = " + ".join(each.name for each in translators)
    model = Ensemble([each.model for each in translators]).eval()
    reasons = [each.not_compiled for each in translators if each.not_compiled]
    return Translator(
        model,
        first.tokenizer,
        first.settings,
        name=names,
        alignment=first.alignment,
        shortlist=first.shortlist,
        not_compiled=reasons[0] if reasons else None,
    )


def _network(bundle: Bundle, vocab_size: int) -> AnyModel:
    # Fresh weights are drawn and at once overwritten; the caller's random numbers stay what they would have been.
    with torch.random.fork_rng(devices=[]):
        model = build_model(bundle.settings.model, vocab_size)
    model.load_state_dict(bundle.weights())
    return model.requires_grad_(False)


def _compiled(model: AnyModel, threads: int) -> tuple[AnyModel, str | None]:
    """The network compiled, or as it is and the reason why."""
    if not isinstance(model, Transformer):
        return model, "only a Transformer is compiled"
    try:
        return CompiledTransformer(model, threads=threads), None
    except (SettingsError, MachineError) as error:
        return model, str(error)


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


def _numbers(name: str, device: torch.device) -> Numbers:
    if name == "auto":
        return fastest_numbers(device)
    if name not in NUMBERS:
        raise SettingsError(f"dtype must be one of auto, {', '.join(NUMBERS)}, but is {name!r}")
    if name == "int8" and device.type != "cpu":
        raise SettingsError(f"dtype int8 is for the CPU, but the device is {device}; use bfloat16 there")
    return name


def _set_threads(threads: int | None) -> None:
    if threads is None:
        return
    if isinstance(threads, bool) or threads < 1:
        raise SettingsError(f"threads must be a whole number of at least 1, but is {threads!r}")
    torch.set_num_threads(threads)
