#!/usr/bin/env python3
"""Prints docs/reliability.md, which follows from the records in benchmarks/recorded; with --write it goes there.

The records are made by ``make verify TARGET=resume``, ``saves``, ``accidents`` and ``serving``. What has no record yet
is said to be not measured. A test compares page and records.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
RECORDED: Final = ROOT / "benchmarks" / "recorded"
PAGE: Final = ROOT / "docs" / "reliability.md"
NOT_YET: Final = "Not measured yet."
FAILED: Final = "**That is not what must be: see the limits in `scripts/reliability/serving.py`.**"
STOPS: Final = ("kill -9", "kill -9 of one", "SIGTERM", "Ctrl-C")
MOMENTS: Final = ("clock", "between updates", "mid-accumulation")
FORGOTTEN: Final = {
    "dropout": "the state of dropout",
    "place": "the place in the data",
    "moments": "the optimizer's moments",
    "average": "the moving average",
    "update": "how many updates were made",
}
KINDS: Final = {
    "folder": "a sealed folder in the place of another (`disk/folder.py`)",
    "checkpoint": "a checkpoint, after which the oldest is removed (`training/state.py`)",
    "model": "the best model in the place of the one before (`bundle/save.py`)",
    "naive": "**control**: files opened for writing where they stand",
}
Record = dict[str, Any]
Lines = Iterator[str]

HEAD: Final = """\
# What survives what

Runs were stopped, saves broken, workers killed and servers flooded, on purpose and many times; here is what was left,
on a machine with two CPU cores and no GPU.
`scripts/reliability_page.py --write` writes this page from `benchmarks/recorded`, and a test compares the two. The
commands measure again. What is promised, and the test of each promise, stands in [guarantees.md](guarantees.md).

# Training
"""
RESUME: Final = """
## Runs stopped and resumed

`make verify TARGET=resume`. Tiny networks are trained with everything switched on that is random or has a memory:
dropout, BPE-dropout, dropped target words, gradients accumulated over two batches, a moving average, averaged
checkpoints, a schedule, validations; half of them with AdamW, half with Muon (where weights are sharded, all with
AdamW). Each run is stopped once at random, by the clock, or between the gradients of one update's batches, and resumed.
The sha256 over weights, moments, averages, random states, place in the data, log and published model must be that of
the run that was left alone.
"""
CONTROL: Final = """
The control: the checkpoint of a stopped run loses one thing before the run goes on, as if it had never been saved.
"""
SAVES: Final = """
## Saves, broken at every system call

`make verify TARGET=saves`. Under strace a process that saves is killed at its first system call that has to do with
files, at its second, and so on; then each call that could fail does, with a full disk (ENOSPC) and with a failing
device (EIO). After each fault the state that stands must be the old one or the new one, whole, by its sha256, and the
process must have said what failed, or not have minded.
"""
ACCIDENTS: Final = """
## Accidents in an update

`make verify TARGET=accidents`.
"""
SERVING: Final = """
# Serving

`make verify TARGET=serving`; what the limits are is in [serving.md](serving.md).
"""


def page(recorded: Path = RECORDED) -> str:
    """The page that follows from the records there are."""
    parts = [HEAD, RESUME, *_lines(_resume, _read(recorded / "resume.jsonl"))]
    parts += [SAVES, *_lines(_saves, _read(recorded / "save_faults.json"))]
    parts += [ACCIDENTS, *_lines(_accidents, _read(recorded / "accidents.json"))]
    serving = _read(recorded / "serving.json") or {}
    parts += [SERVING, *(["\n" + _made(serving) + "\n"] if serving else [])]
    for name, (title, tell) in SECTIONS.items():
        section = serving.get(name, serving.get("load", {}).get(name))
        parts += [f"\n## {title}\n", *_lines(tell, section)]
        if section and section.get("holds") is False:
            parts.append(f"\n{FAILED}\n")
    return "".join(parts)


def _read(path: Path) -> Any:
    if not path.exists():
        return None
    text = path.read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()] if path.suffix == ".jsonl" else json.loads(text)


def _lines(tell: Callable[[Any], Lines], record: Any) -> Lines:
    """What a record says."""
    yield "\n"
    if not record:
        yield f"{NOT_YET}\n"
        return
    yield from (f"{line}\n" for line in tell(record))


def _made(record: Record) -> str:
    """What the figures were made with."""
    return f"Made with {', '.join(f'{name} {value}' for name, value in record.get('made', {}).items())}."


# Training


def _resume(trials: list[Record]) -> Lines:
    stopped = [trial for trial in trials if "forgotten" not in trial]
    controls = [trial for trial in trials if "forgotten" in trial]
    yield f"| processes | stopped runs | {' | '.join(STOPS)} | {' | '.join(MOMENTS)} | ended alike |"
    yield "|---|---|" + "---|" * (len(STOPS) + len(MOMENTS) + 1)
    for processes in sorted({_who(trial) for trial in stopped}):
        some = [trial for trial in stopped if _who(trial) == processes]
        counts = Counter(trial["stop"] for trial in some) + Counter(trial["moment"] for trial in some)
        cells = [str(counts[name]) for name in (*STOPS, *MOMENTS)]
        yield f"| {processes} | {len(some)} | {' | '.join(cells)} | **{_alike(some)} of {len(some)}** |"
    lost = sum(trial["reached"] - (trial["resumed_after"] or 0) for trial in stopped)
    first = stopped[0]
    yield f"\n{lost} updates in all were made a second time. regard {first['regard']}, torch {first['torch']}."
    yield CONTROL
    yield "| forgotten | processes | runs | ended alike all the same |"
    yield "|---|---|---|---|"
    for part in dict.fromkeys(trial["forgotten"] for trial in controls):
        some = [trial for trial in controls if trial["forgotten"] == part]
        numbers = "; ".join(sorted({_who(trial) for trial in some}))
        yield f"| {FORGOTTEN[part]} | {numbers} | {len(some)} | {_alike(some)} |"


def _who(trial: Record) -> str:
    """How many processes, and what each has of the weights if that is not all."""
    return f"{trial['processes']}{', shards' if trial.get('distribution') == 'shards' else ''}"


def _alike(trials: list[Record]) -> int:
    return sum(trial["is_equal"] for trial in trials)


def _saves(record: Record) -> Lines:
    yield "| what is saved | calls | kills | ENOSPC | EIO | old one left | new one left | lost |"
    yield "|---|---|---|---|---|---|---|---|"
    for kind, found in record["kinds"].items():
        faults = [str(found["faults"].get(fault, 0)) for fault in ("kill", "ENOSPC", "EIO")]
        cells = [str(found["points"]), *faults, str(found["old"]), str(found["new"]), f"**{found['lost']}**"]
        yield f"| {KINDS[kind]} | {' | '.join(cells)} |"
    yield f"\n{_made(record)}"


def _accidents(record: Record) -> Lines:
    yield "| accident | times | what must be | so it was | control |"
    yield "|---|---|---|---|---|"
    for found in record["accidents"]:
        cells = [found["what"], str(found["times"]), found["expected"], f"**{found['held']} of {found['times']}**"]
        yield f"| {' | '.join([*cells, found['control']])} |"
    yield f"\n{_made(record)}"


# Serving


def _load(section: Record) -> Lines:
    yield "| clients at once | good answers/s | p50 ms | p95 ms | p99 ms | answers by status |"
    yield "|---|---|---|---|---|---|"
    for clients, found in section["clients"].items():
        yield f"| {clients} | {_answers(found)} |"
    yield f"\nAnswers together at 32 clients against one: {section['batching_gain']} times as many a second."


def _overload(found: Record) -> Lines:
    yield f"{found['offered_per_second']} requests a second at random moments, five times what the server can do:\n"
    yield "| good answers/s | p50 ms | p95 ms | p99 ms | answers by status | of the best without overload |"
    yield "|---|---|---|---|---|---|"
    yield f"| {_answers(found)} | **{found['share_of_peak']:.0%}** |"
    yield f"\nMeasured in turn with the most clients above; good answers a second: {_turns(found)}. Whoever asks"
    yield f"runs on the same cores, and so many requests cost it {found['cores_of_the_asking']} of one."


def _turns(found: Record) -> str:
    return ", ".join(map(str, found["good_per_second_in_turn"]))


def _answers(found: Record) -> str:
    statuses = ", ".join(f"{count:,} × {status}" for status, count in found["statuses"].items())
    times = (str(found[name]) for name in ("p50", "p95", "p99"))
    return f"{found['good_per_second']} | {' | '.join(times)} | {statuses}"


def _slow(found: Record) -> Lines:
    yield f"{found['gone']} of {found['opened']} connections that never finish their head or their body were closed at"
    yield f"their deadline. The others' p99 was {found['p99_ratio']} times what it was before"
    yield f"({found['before']['p99']} ms, then {found['meanwhile']['p99']} ms)."


def _killed(found: Record) -> Lines:
    left, speed = found["waiting_tokens_after"], found["speed_after"]
    yield f"{found['clients']:,} clients went away at a random moment of their request. {left:g} tokens of their work"
    yield f"were left waiting after {found['idle_after_seconds']} s; tasks, threads and open files before:"
    yield f"{_held(found['held_before'])}; after: {_held(found['held_after'])}."
    yield f"Then the server was {speed} times as fast."


def _held(counts: Record) -> str:
    return ", ".join(str(count) for count in counts.values())


def _reload(found: Record) -> Lines:
    yield f"The model's folder was replaced {found['replacements']} times under load; {found['reloads']:g} reloads."
    yield f"{found['answers_of_one_model']:,} requests of several sentences were answered by one model whole,"
    yield f"**{found['mixed_answers']}** by a mixture or in error."


def _soak(found: Record) -> Lines:
    minutes, first, last = found["seconds"] / 60, found["megabytes_at_first"], found["megabytes"]
    yield f"{minutes:g} minutes of steady load, {found['answers']:,} answers. Theil and Sen's slope of the memory of"
    yield f"the server and its processes ({first} MB at first, {last} at last; pages of files are not counted):"
    yield f"**{found['megabytes_per_ten_minutes']} MB** in ten minutes. The control, a server that keeps"
    yield f"{found['control_keeps_bytes']:,} bytes of each request and thus {found['control_leaks']} MB in ten minutes,"
    yield f"is seen to grow by {found['control_per_ten_minutes']} MB."


def _hostile(found: Record) -> Lines:
    yield f"{found['requests']:,} requests, valid and invalid ones, made by schemathesis from the server's own OpenAPI"
    yield f"document ({len(found['seeds'])} seeds): {found['passed']:,} were answered without a 5xx and, if it was an"
    yield f"error, within 4 kB; **{found['requests'] - found['passed']:,}** were not."


SECTIONS: Final[dict[str, tuple[str, Callable[[Record], Lines]]]] = {
    "load": ("Load", _load),
    "overload": ("Overload", _overload),
    "slow": ("Slow clients", _slow),
    "killed": ("Clients that leave", _killed),
    "reload": ("Reloads under load", _reload),
    "soak": ("Memory under steady load", _soak),
    "hostile": ("Hostile requests", _hostile),
}


if __name__ == "__main__":
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        sys.stdout.write(page())
