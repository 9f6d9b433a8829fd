"""Peak memory of a process that does nothing else: one that trains, one that translates. Run as a program."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any, Final

from regard.errors import MachineError

_NUM_SENTENCES: Final = 200


def memory_cell(run: Path, sources: Path, *, threads: int, seconds: float) -> dict[str, Any]:
    """MiB at most while training goes on for some seconds, and while sentences are translated.

    Args:
        run: a finished run.
        sources: a file of sentences, one a line.
        threads: CPU threads of each process.
        seconds: how long to train.

    Raises:
        MachineError: a process failed; what it said is quoted.
    """
    training = _answer_of("train", str(run), str(seconds), str(threads))
    translating = _answer_of("translate", str(run), str(sources), str(threads))
    return {
        "training_mebibytes": training["mebibytes"],
        "translating_mebibytes": translating["mebibytes"],
        "parameters": translating["parameters"],
    }


def _answer_of(*arguments: str) -> dict[str, int]:
    command = [sys.executable, "-m", __name__, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MachineError(f"measuring memory failed: {done.stderr.strip()[-500:]}")
    return dict(json.loads(done.stdout))


def _train(run: str, seconds: str, threads: str) -> dict[str, int]:
    from regard.lab.comparison.going import Going
    from regard.lab.comparison.plan import Side
    from regard.runs.data import read_data
    from regard.runs.machine import keep_freed_memory, use_threads
    from regard.settings import load_settings
    from regard.text import Tokenizer

    use_threads(int(threads))
    keep_freed_memory()
    settings = load_settings(Path(run, "settings.toml"))
    tokenizer = Tokenizer.from_bytes(Path(run, "tokenizer.model").read_bytes())
    Going(Side("memory", settings), read_data(settings.data), tokenizer).go(float(seconds))
    return {"mebibytes": _peak_mebibytes()}


def _translate(run: str, sources: str, threads: str) -> dict[str, int]:
    from regard.translator import load

    translator = load(run, device="cpu", threads=int(threads))
    with Path(sources).open(encoding="utf-8") as lines:
        for _ in translator.translate_lines(islice(lines, _NUM_SENTENCES)):
            pass
    return {
        "mebibytes": _peak_mebibytes(),
        "parameters": sum(weight.numel() for weight in translator.model.parameters()),
    }


def _peak_mebibytes() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak // (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    work: dict[str, Callable[..., dict[str, int]]] = {"train": _train, "translate": _translate}
    print(json.dumps(work[sys.argv[1]](*sys.argv[2:])))
