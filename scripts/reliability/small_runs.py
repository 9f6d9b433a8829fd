"""Tiny runs with everything switched on that is random or has a memory, in processes of their own that may be stopped.

A run is trained with dropout, BPE-dropout, words dropped from the targets, gradients accumulated over two batches, a
moving average, checkpoints that are averaged, a schedule and validations. Its processes are children of this one, in
which all they need is imported, so that a run takes a second. Several children find each other as under a launcher.
"""

import hashlib
import itertools
import json
import os
import random
import signal
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Final, NoReturn

import torch

from regard.bundle import load_bundle
from regard.errors import DivergedError
from regard.runs import resume, train
from regard.runs.folder import RunFolder
from regard.settings import Settings, load_settings
from regard.training import load_state
from regard.training.log import read_log
from regard.training.objective import Objective

UPDATES: Final = 24
BATCHES: Final = 2
"""Batches of an update."""

_IN_EVERY_RUN: Final = ("torch._dynamo", "torch.distributed.fsdp", "regard.runs.alignment", "regard.training.together")
_OF_THE_CLOCK: Final = frozenset({"elapsed_seconds", "stopwatch", "window", "machine"})
_PATIENCE_SECONDS: Final = 120.0
_GRACE_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 0.005
_WORDS: Final = ("weather", "garden", "window", "morning", "teacher", "village", "kitchen", "summer")
_SETTINGS: Final = [
    "text.vocab_size=320",
    "text.sampling=0.1",
    "data.valid_size=8",
    "model.model_dim=16",
    "model.num_heads=2",
    "model.feedforward_dim=32",
    "model.encoder_layers=1",
    "model.decoder_layers=1",
    "model.dropout=0.2",
    "model.attention_dropout=0.1",
    "training.dtype=float32",
    "training.batch_tokens=200",
    f"training.accumulate={BATCHES}",
    f"training.max_steps={UPDATES}",
    "training.target_word_dropout=0.1",
    "training.ema_decay=0.9",
    "training.average_checkpoints=2",
    "training.validate_every=8",
    "training.valid_sentences=4",
    "training.warmup_steps=4",
    "training.log_every=1",
    "training.threads=1",
]

Hook = Callable[[int], None]
"""Called in each child before it trains, with its number; plants what is to happen there."""


def nothing(number: int) -> None:
    """Plants nothing."""


@dataclass(frozen=True)
class Ended:
    """How the processes of a run ended: their exit codes, negative for a signal, and what they said of errors."""

    codes: tuple[int, ...]
    said: str


def settings_in(root: Path, *more: str) -> Settings:
    """The settings of the runs, and their pairs: words spelt backwards, a few hundred."""
    pairs, rng = root / "pairs.tsv", random.Random(1)
    sources = sorted({" ".join(rng.choices(_WORDS, k=rng.randint(2, 7))) for _ in range(150)})
    lines = (f"{line}\t{' '.join(word[::-1] for word in line.split())}\n" for line in sources)
    pairs.write_text("".join(lines), encoding="utf-8")
    return load_settings(None, [f"data.source={json.dumps(str(pairs))}", *_SETTINGS, *more])


class Children:
    """The processes of one run, which has just begun or goes on.

    Args:
        settings: of a run that begins.
        run: its folder; a run that is there goes on.
        processes: how many.
        hook: plants what is to happen.
    """

    def __init__(self, settings: Settings, run: Path, *, processes: int, hook: Hook = nothing) -> None:
        for name in _IN_EVERY_RUN:
            import_module(name)  # here, so that no child has to
        self._said = run.with_name(f"{run.name}.said")
        port, has_begun = _free_port(), has_state(run)
        self.pids = []
        for number in range(processes):
            pid = os.fork()
            if pid == 0:
                _join(number, processes, port)
                _train_and_leave(settings, run, has_begun, self._said, partial(hook, number))
            self.pids.append(pid)
        self._left = list(self.pids)

    def send(self, number: signal.Signals) -> None:
        """A signal to all that are still there, as a launcher passes it on."""
        for pid in self._left:
            os.kill(pid, number)

    def wait(self) -> Ended:
        """Until all have ended. Where one was killed, the others are after a while, as a launcher does it.

        Raises:
            TimeoutError: they do not end; they are killed.
        """
        codes: dict[int, int] = {}
        looks = round(_PATIENCE_SECONDS / _LOOK_SECONDS)  # not by the clock: all of them may be held up together
        while self._left:
            codes |= self._ended()
            was_killed = any(code < 0 for code in codes.values())
            looks = min(looks - 1, round(_GRACE_SECONDS / _LOOK_SECONDS)) if was_killed else looks - 1
            if looks <= 0:
                self.send(signal.SIGKILL)
            if looks <= 0 and not was_killed:
                raise TimeoutError(f"a run of seconds has not ended after {_PATIENCE_SECONDS:g}: {self._told()}")
            time.sleep(_LOOK_SECONDS)
        return Ended(tuple(codes[pid] for pid in self.pids), self._told())

    def _ended(self) -> dict[int, int]:
        found = {}
        for pid in list(self._left):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                found[pid] = os.waitstatus_to_exitcode(status)
                self._left.remove(pid)
        return found

    def _told(self) -> str:
        return self._said.read_text(encoding="utf-8") if self._said.exists() else ""


def completed(settings: Settings, run: Path, *, processes: int) -> None:
    """Trains to the end, or goes on to it.

    Raises:
        RuntimeError: the run did not end well.
    """
    ended = Children(settings, run, processes=processes).wait()
    if any(ended.codes):
        raise RuntimeError(f"the run {run.name} ended with {ended.codes}: {ended.said}")


def before_loss(number: int, do: Callable[[], None]) -> None:
    """Does something before the loss of the ``number``-th batch is computed, counted from 1, in this process.

    By then the gradients of the batches before it in its update are there: an update is half done.
    """
    loss, counted = Objective.loss, itertools.count(1)

    def counting(self: Objective, *arguments: object, **options: object) -> object:
        if next(counted) == number:
            do()
        return loss(self, *arguments, **options)  # type: ignore[arg-type]

    Objective.loss = counting  # type: ignore[assignment,method-assign]


def has_state(run: Path) -> bool:
    """Whether there is something to go on from."""
    return (run / "settings.toml").exists() and bool(RunFolder(run).by_step())


def digest(run: Path) -> str:
    """A sha256 over all that a run ended with and that does not depend on the clock.

    Weights, moments, average and random states, place in the data and scores, the reports in its log, and its model.
    """
    progress, tensors = load_state(RunFolder(run).checkpoints()[-1])
    history = read_log(run / "log.jsonl")
    facts = {
        "progress": {key: value for key, value in asdict(progress).items() if key not in _OF_THE_CLOCK},
        "updates": [(report.step, report.loss, report.gradient_norm) for report in history.steps],
        "validations": [(report.step, report.scores) for report in history.validations],
        "model": load_bundle(run).weights_sha256,
    }
    found = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for name in sorted(tensors):
        found.update(name.encode())
        found.update(tensors[name].contiguous().view(-1).view(torch.uint8).numpy().tobytes())
    return found.hexdigest()


def last_update(run: Path) -> int:
    """The last update in a run's log; 0 before the first."""
    log = run / "log.jsonl"
    steps: Sequence[int] = [report.step for report in read_log(log).steps] if log.exists() else []
    return max(steps, default=0)


def _join(number: int, processes: int, port: int) -> None:
    """Tells a child which of several it is, as a launcher does."""
    if processes == 1:
        return
    facts = {"RANK": number, "LOCAL_RANK": number, "WORLD_SIZE": processes, "LOCAL_WORLD_SIZE": processes}
    os.environ.update({name: str(value) for name, value in facts.items()})
    os.environ.update({"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)})


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def _train_and_leave(
    settings: Settings, run: Path, has_begun: bool, said: Path, plant: Callable[[], object]
) -> NoReturn:
    """The child: trains, and leaves without cleaning up anything of its parent's."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 1
    try:
        plant()
        if has_begun:
            resume(run)
        else:
            train(settings, run)
        code = 0
    except KeyboardInterrupt:
        code = 130
    except DivergedError as error:
        code = error.exit_code
    except BaseException:
        with said.open("a", encoding="utf-8") as file:
            traceback.print_exc(file=file)
    finally:
        os._exit(code)
