#!/usr/bin/env python3
"""Breaks a save at every system call, and says what is left each time: ``save_faults.py KIND… [--json FILE]``.

Under strace, the process that saves is killed at its first write, at its second, and so on for every call that has to
do with files; then each call fails with a full disk (ENOSPC), then with an error of the device (EIO). After each, what
stands on the disk has to be the old state or the new one, whole: whoever loads it must not be told of a damage. KIND is
a way of saving of ``save_once.py``; ``naive`` is the control, which loses some.

Exit code 3 if anything but the control lost a state, or if the control lost none; 4 if strace is not allowed here.
"""

import argparse
import ctypes
import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TextIO

from save_once import BEGINS, ENDS, contents, save

from regard.version import __version__

_PR_SET_PTRACER = 0x59616D61
WATCHED = [
    *("open", "openat", "creat", "close", "read", "write", "pwrite64", "writev", "ftruncate", "fsync", "fdatasync"),
    *("rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "getdents64"),
]
CHANGING = frozenset(WATCHED) - {"close", "getdents64"}
FAULTS = {"kill": "signal=SIGKILL", "ENOSPC": "error=ENOSPC", "EIO": "error=EIO"}
LOOKS = ["newfstatat", "stat", "lstat", "access", "faccessat", "faccessat2", "statx"]
"""What the marks around a save may look like in a trace."""


@dataclass(frozen=True)
class Point:
    """One call of a save: the ``number``-th of its name since the process began."""

    call: str
    number: int


@dataclass(frozen=True)
class Outcome:
    """What was found after a fault; ``state`` is old, new or lost."""

    point: Point
    fault: str
    state: str
    exit_code: int
    message: str


def main() -> int:
    """Sweeps, prints a table, and records it."""
    arguments = _arguments()
    tables = {kind: summary(sweep(kind, frozenset(arguments.faults))) for kind in arguments.kinds}
    for kind, table in tables.items():
        print(f"{kind:<11}", json.dumps(table))
    if arguments.json:
        record = {"made": _made(), "kinds": tables}
        arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    failed = [kind for kind, table in tables.items() if (table["lost"] > 0) != (kind == "naive") or table["odd"]]
    if failed:
        print(f"save_faults: not as promised: {', '.join(failed)}", file=sys.stderr)
    return 3 if failed else 0


def sweep(kind: str, faults: frozenset[str]) -> Iterator[Outcome]:
    """Every fault at every point of one kind of save."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        pristine = root / "pristine"
        prepare(kind, pristine)
        for point in points_of(kind, pristine, root):
            for fault in FAULTS:
                # That reading or closing fails is another story: it is the one who loads that reads.
                if fault in faults and (fault == "kill" or point.call in CHANGING):
                    yield break_at(point, fault, kind, pristine=pristine, root=root)


def summary(outcomes: Iterator[Outcome]) -> dict[str, Any]:
    """Counts by fault and by what was left; examples of what should not be."""
    found = list(outcomes)
    states = Counter(outcome.state for outcome in found)
    # A process that is killed must be; one whose disk fails must say so in our words, or not have minded.
    odd = [outcome for outcome in found if outcome.fault != "kill" and outcome.exit_code not in (0, 4)]
    return {
        "points": len({outcome.point for outcome in found}),
        "faults": dict(Counter(outcome.fault for outcome in found)),
        "calls": dict(Counter(outcome.point.call for outcome in found if outcome.fault == "kill")),
        "old": states["old"],
        "new": states["new"],
        "lost": states["lost"],
        "odd": [f"{one.fault} at {one.point.call} {one.point.number}: {one.message}" for one in odd],
    }


# One save


@dataclass(frozen=True)
class Saved:
    """How a process that saved ended, and what it said of errors."""

    exit_code: int
    message: str


def points_of(kind: str, pristine: Path, root: Path) -> list[Point]:
    """The calls between the marks of an undisturbed save."""
    log = root / "trace"
    everything = f"trace={_known(WATCHED)},{_known(LOOKS)}"
    done = run(kind, fresh(pristine, root), ["-o", str(log), "-e", everything])
    if done.exit_code:
        raise SystemExit(f"save_faults: a save of kind {kind} fails by itself: {done.message}")
    counts: Counter[str] = Counter()
    points: list[Point] = []
    inside = False
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        match = re.match(r"(?:\d+ +)?(\w+)\(", line)
        inside = inside or f'"{BEGINS}"' in line
        if f'"{ENDS}"' in line:
            return points
        if match and match[1] in WATCHED:
            counts[match[1]] += 1
            if inside:
                points.append(Point(match[1], counts[match[1]]))
    raise SystemExit(f"save_faults: the marks of a save of kind {kind} are not in its trace")


def break_at(point: Point, fault: str, kind: str, *, pristine: Path, root: Path) -> Outcome:
    """A save with one fault, and what is left of it."""
    log, folder = root / "trace", fresh(pristine, root)
    inject = f"inject={point.call}:{FAULTS[fault]}:when={point.number}"
    result = run(kind, folder, ["-o", str(log), "-e", f"trace={point.call},{_known(LOOKS)}", "-e", inject])
    trace = log.read_text(encoding="utf-8", errors="replace")
    struck = result.exit_code == -signal.SIGKILL if fault == "kill" else "(INJECTED)" in trace
    if not struck or f'"{BEGINS}"' not in trace:
        raise SystemExit(f"save_faults: {fault} at {point} did not strike inside the save")
    return Outcome(point, fault, JUDGES[kind](folder), result.exit_code, result.message)


def run(kind: str, folder: Path, options: list[str]) -> Saved:
    """Saves in a child of this process, which strace has taken hold of before it begins.

    A child, because what saving needs is imported here already: a program of its own would load it each time.
    """
    ours, theirs = socket.socketpair()
    with folder.with_name("said").open("w+", encoding="utf-8") as said, ours, theirs:
        child = os.fork()
        if child == 0:
            _save_when_told(kind, folder, said, theirs)
        command = ["strace", *options, "-p", str(child)]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
            _await_hold(strace, child)
            ours.sendall(b"go")
            exit_code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            strace.communicate()
        said.seek(0)
        return Saved(exit_code, said.read().strip()[-200:])


def _await_hold(strace: "subprocess.Popen[str]", child: int) -> None:
    """Waits until strace says that it holds the process."""
    assert strace.stderr is not None
    line = strace.stderr.readline()
    if "attached" not in line:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print(f"save_faults: strace may not take hold of a process here: {line}", file=sys.stderr)
        raise SystemExit(4)


def _save_when_told(kind: str, folder: Path, said: TextIO, told: socket.socket) -> NoReturn:
    """The child. Nothing of this process's own may be cleaned up by it, so it leaves without ado.

    All files it needs are open: no call before the save may depend on which of the two processes is quicker.
    """
    ctypes.CDLL(None).prctl(_PR_SET_PTRACER, ctypes.c_ulong(-1), 0, 0, 0)  # where only parents may look, allow it
    told.recv(2)
    code = save(kind, folder, said)
    said.flush()
    os._exit(code)


def fresh(pristine: Path, root: Path) -> Path:
    """The folder as it was before the save."""
    folder = root / "folder"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(pristine, folder)
    return folder


def _known(calls: list[str]) -> str:
    """Names for strace; a question mark lets it pass over what this processor's system does not have."""
    return ",".join(f"?{call}" for call in calls)


# Before and after


def prepare(kind: str, folder: Path) -> None:
    """What stands there before the save."""
    folder.mkdir()
    if kind in ("folder", "naive"):
        _prepare_folder(folder)
    elif kind == "checkpoint":
        import torch

        from regard.runs.folder import RunFolder
        from regard.training import Progress, save_state

        for step in (1, 2):
            tensors = {"weights:w": torch.full((10_000,), float(step))}
            save_state(RunFolder(folder).checkpoint(step), Progress(step=step), tensors)
    else:
        _prepare_model(folder / "model")


def _prepare_folder(folder: Path) -> None:
    from regard.disk import seal, written_aside

    with written_aside(folder / "state") as aside:
        (aside / "large.bin").write_bytes(contents("old"))
        (aside / "small.txt").write_text("old")
        seal(aside, kind="sweep/1")


def _prepare_model(folder: Path) -> None:
    from regard.bundle import BundleFacts, save_bundle
    from regard.models import build_model
    from regard.settings import ModelSettings, Settings
    from regard.text import Tokenizer

    shape = ModelSettings(model_dim=8, num_heads=2, feedforward_dim=8, encoder_layers=1, decoder_layers=1)
    settings = Settings(model=shape)
    tokenizer = Tokenizer.train([f"{a} {b}" for a in "abcde" for b in "fghij"], kind="bpe", vocab_size=300)
    weights = build_model(settings.model, tokenizer.vocab_size).state_dict()
    facts = BundleFacts(num_steps=2)
    save_bundle(folder, settings=settings, tokenizer=tokenizer.to_bytes(), weights=weights, facts=facts)


def judge_folder(folder: Path) -> str:
    """Whether the sealed folder that stands is the old or the new one."""
    from regard.disk import SealError, check_file, read_seal, standing

    place = standing(folder / "state")
    try:
        if place is None:
            return "lost"
        for name, expected in read_seal(place, kind="sweep/1").items():
            check_file(place / name, expected)
    except (SealError, OSError):
        return "lost"
    return (place / "small.txt").read_text()


def judge_naive(folder: Path) -> str:
    """Whether the files are those of one version."""
    for version in ("old", "new"):
        large, small = folder / "state" / "large.bin", folder / "state" / "small.txt"
        if large.exists() and large.read_bytes() == contents(version) and small.read_text() == version:
            return version
    return "lost"


def judge_checkpoint(folder: Path) -> str:
    """Whether every checkpoint is whole, there are at least two, and which is the newest."""
    from regard.errors import BundleError
    from regard.runs.folder import RunFolder
    from regard.training import load_state

    run = RunFolder(folder)
    try:
        states = [load_state(path) for path in run.checkpoints()]
    except BundleError:
        return "lost"
    whole = all(tensors["weights:w"].eq(progress.step).all() for progress, tensors in states)
    newest = states[-1][0].step if len(states) >= 2 and whole else None
    return {2: "old", 3: "new"}.get(newest or 0, "lost")


def judge_model(folder: Path) -> str:
    """Whether a loader finds the model of before or the new one, and all its weights."""
    from regard.bundle import load_bundle
    from regard.errors import BundleError

    try:
        bundle = load_bundle(folder / "model")
        bundle.weights()
    except BundleError:
        return "lost"
    return {2: "old", 3: "new"}.get(bundle.facts.num_steps or 0, "lost")


JUDGES: dict[str, Callable[[Path], str]] = {
    "folder": judge_folder,
    "naive": judge_naive,
    "checkpoint": judge_checkpoint,
    "model": judge_model,
}


def _made() -> dict[str, str]:
    version = subprocess.run(["strace", "-V"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    return {"regard": __version__, "python": platform.python_version(), "strace": version.split()[-1]}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="+", choices=list(JUDGES))
    parser.add_argument("--faults", nargs="+", default=list(FAULTS), choices=list(FAULTS))
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
