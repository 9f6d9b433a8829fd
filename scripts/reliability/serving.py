#!/usr/bin/env python3
"""What the server bears: ``serving.py MODEL [--only load,slow,killed,reload,soak] [--json FILE]``.

load    closed loops of 1, 8, 32 and 128 clients; then an open loop at five times the capacity found: nothing may be
        answered with a 5xx, goodput stays above 90 % of the peak, the rest is told 429. Whoever asks runs on the same
        cores; what that takes is told
slow    200 connections that never finish their head, or their body: all gone after their deadline, and meanwhile the
        others' p99 less than twice what it was
killed  1,000 clients that leave at a random moment: no work, task, thread or socket is left behind, and the server
        answers as before
reload  100 reloads between two models under load: every answer is that of exactly one of them
soak    steady load for some minutes: the slope of resident memory, and that of a server that was made to leak

Exit code 3 if something does not hold.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from loads import SENTENCES, body_of, closed_loop, open_loop, told
from server_process import Reply, UnderTest, ask, request_bytes, running
from soak import soak

from regard.version import __version__

CLIENTS = (1, 8, 32, 128)
OVERLOAD = 5
TURNS = 3
LEAD = 2.0
"""Seconds of load before those that are measured."""


@dataclass(frozen=True)
class Window:
    """Some time of load: what was answered in it, and the processor time of whoever asked."""

    replies: list[Reply]
    seconds: float
    asking_seconds: float


def load(model: Path, seconds: float) -> dict[str, Any]:
    """Closed loops; the one with most clients in turn with an open loop at five times what it reaches."""
    with running(model) as server:
        asyncio.run(closed_loop(server, 8, 3.0))  # warm
        closed = {str(each): _told([_closed(server, each, seconds)]) for each in CLIENTS[:-1]}
        most, over = [_closed(server, CLIENTS[-1], seconds)], list[Window]()
        offered = OVERLOAD * _told(most)["good_per_second"]
        for turn in range(TURNS):
            over.append(_window(partial(open_loop, server, offered), seconds))
            if turn < TURNS - 1:
                most.append(_closed(server, CLIENTS[-1], seconds))
    closed[str(CLIENTS[-1])], overload = _told(most), _told(over)
    peak = max(each["good_per_second"] for each in closed.values())
    share = overload["good_per_second"] / peak
    holds = share >= 0.9 and set(overload["statuses"]) <= {"200", "429"}
    return {
        "clients": closed,
        "overload": overload | {"offered_per_second": round(offered, 1), "share_of_peak": round(share, 3)},
        "batching_gain": round(closed["32"]["good_per_second"] / closed["1"]["good_per_second"], 2),
        "holds": holds and all(set(each["statuses"]) == {"200"} for each in closed.values()),
    }


def _closed(server: UnderTest, clients: int, seconds: float) -> Window:
    return _window(partial(closed_loop, server, clients), seconds)


def _window(loop: Callable[..., Coroutine[Any, Any, list[Reply]]], seconds: float) -> Window:
    began = time.process_time()
    return Window(asyncio.run(loop(seconds, lead=LEAD)), seconds, time.process_time() - began)


def _told(windows: Sequence[Window]) -> dict[str, Any]:
    """What was answered in all of them, how many a second in each, and how much of a core the asking took."""
    seconds = sum(window.seconds for window in windows)
    facts = told([reply for window in windows for reply in window.replies], seconds)
    each = [round(sum(reply.status == 200 for reply in window.replies) / window.seconds, 1) for window in windows]
    asking = sum(window.asking_seconds for window in windows) / (seconds + LEAD * len(windows))
    return facts | {"good_per_second_in_turn": each, "cores_of_the_asking": round(asking, 2)}


def slow(model: Path, seconds: float) -> dict[str, Any]:
    """Connections that never finish, beside ordinary clients."""
    with running(model) as server:
        return asyncio.run(_slow(server, seconds))


async def _slow(server: UnderTest, seconds: float) -> dict[str, Any]:
    await closed_loop(server, 8, 2.0)
    before = told(await closed_loop(server, 8, seconds), seconds)
    limits = json.loads((await ask(server, "GET", "/limits")).body)
    head = b"POST /translate HTTP/1.1\r\nHost: localhost\r\n"
    body = head + b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    opened = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(200)]
    for number, (_, writer) in enumerate(opened):
        writer.write(head if number % 2 else body)
        await writer.drain()
    began = time.perf_counter()
    meanwhile = told(await closed_loop(server, 8, seconds), seconds)
    wait = max(limits["header_seconds"], limits["body_seconds"]) + 3 - (time.perf_counter() - began)
    await asyncio.sleep(max(0.0, wait))
    gone = sum([await _is_closed(reader) for reader, _ in opened])
    for _, writer in opened:
        writer.close()
    ratio = meanwhile["p99"] / before["p99"]
    return {"before": before, "meanwhile": meanwhile, "p99_ratio": round(ratio, 2), "opened": len(opened), "gone": gone,
            "holds": gone == len(opened) and ratio < 2}  # fmt: skip


async def _is_closed(reader: asyncio.StreamReader) -> bool:
    try:
        async with asyncio.timeout(0.5):
            while await reader.read(4096):
                pass
    except TimeoutError:
        return False
    except OSError:
        pass
    return True


def killed(model: Path, seconds: float) -> dict[str, Any]:
    """Clients that go away at a random moment of their request."""
    with running(model) as server:
        before = told(asyncio.run(closed_loop(server, 4, seconds)), seconds)
        held = _held(server)
        asyncio.run(_leave(server, 1000))
        gone = time.perf_counter()
        left = _until_idle(server)
        idle = time.perf_counter() - gone
        still_held = _held(server)
        after = told(asyncio.run(closed_loop(server, 4, seconds)), seconds)
    ratio = after["good_per_second"] / before["good_per_second"]
    return {
        "clients": 1000,
        "waiting_tokens_after": left,
        "idle_after_seconds": round(idle, 2),
        "held_before": held,
        "held_after": still_held,
        "before": before,
        "after": after,
        "speed_after": round(ratio, 2),
        "holds": left == 0 and _no_more(still_held, held) and set(after["statuses"]) == {"200"} and ratio > 0.8,
    }


async def _leave(server: UnderTest, count: int) -> None:
    draw, gate = random.Random(2), asyncio.Semaphore(50)

    async def client(number: int) -> None:
        async with gate:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            request = request_bytes("POST", "/translate", {**body_of(number), "q": [*SENTENCES] * 3})
            writer.write(request[: draw.choice((20, len(request) - 10, len(request), len(request)))])
            await writer.drain()
            await asyncio.sleep(draw.uniform(0, 0.2))
            writer.close()

    await asyncio.gather(*(client(number) for number in range(count)))


def _until_idle(server: UnderTest) -> float:
    for _ in range(2000):
        if (waiting := _gauge(server, "regard_waiting_tokens")) == 0:
            break
        time.sleep(0.01)
    return waiting


def _gauge(server: UnderTest, name: str) -> float:
    text = asyncio.run(ask(server, "GET", "/metrics")).body.decode()
    return float(text.split(f"\n{name} ")[1].split("\n")[0])


def _held(server: UnderTest) -> dict[str, int]:
    """What an idle server holds; sockets close a moment after their last answer."""
    time.sleep(1.0)
    tasks = int(_gauge(server, "regard_tasks"))
    time.sleep(0.5)
    threads, files = server.threads_and_files()
    return {"tasks": tasks, "threads": threads, "files": files}


def _no_more(after: dict[str, int], before: dict[str, int]) -> bool:
    return all(after[name] <= before[name] + 2 for name in before)


def reload(model: Path, seconds: float) -> dict[str, Any]:
    """A folder that is replaced under load, forth and back, by a model that answers otherwise, and taken in each time.

    So many ``seconds`` are waited for it at most.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder, other = Path(scratch) / "served", _other(model, Path(scratch) / "other")
        shutil.copytree(model, folder)
        with running(folder) as server:
            expected = {_answers(server)}
            _replace(folder, other)
            expected.add(_changed(server, expected))
            stop, seen = threading.Event(), Counter[bool]()
            asker = threading.Thread(target=lambda: _ask_until(server, stop, expected, seen))
            asker.start()
            for turn in range(100):
                _replace(folder, other if turn % 2 else model)
                _until_reloaded(server, turn + 2, seconds)
            stop.set()
            asker.join()
            reloads = _reloads(server)
    return {"replacements": 100, "reloads": reloads, "answers_of_one_model": seen[True], "mixed_answers": seen[False],
            "holds": len(expected) == 2 and seen[False] == 0 and seen[True] > 0 and reloads > 100}  # fmt: skip


def _until_reloaded(server: UnderTest, count: int, seconds: float) -> None:
    end = time.perf_counter() + seconds
    while _reloads(server) < count and time.perf_counter() < end:
        time.sleep(0.1)


def _reloads(server: UnderTest) -> float:
    text = asyncio.run(ask(server, "GET", "/metrics")).body.decode()
    lines = [line for line in text.splitlines() if line.startswith("regard_reloads_total") and 'outcome="done"' in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def _other(model: Path, folder: Path) -> Path:
    """The same model with its weights' signs turned in one place, so that it writes something else."""
    from regard.bundle import load_bundle, save_bundle

    bundle = load_bundle(model)
    weights = dict(bundle.weights())
    name = next(key for key, value in weights.items() if key.startswith("decoder") and value.ndim == 2)
    weights[name] = -weights[name]
    save_bundle(folder, settings=bundle.settings, tokenizer=bundle.tokenizer, weights=weights, facts=bundle.facts)
    return folder


def _replace(folder: Path, model: Path) -> None:
    """What a training does when it publishes: a whole folder aside, then renamed."""
    aside = folder.with_name("aside")
    shutil.copytree(model, aside)
    old = folder.with_name("old")
    folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old)


def _answers(server: UnderTest) -> tuple[str, ...]:
    reply = asyncio.run(
        ask(server, "POST", "/translate", {"q": list(SENTENCES), "source": "en", "target": "fr"}, seconds=600)
    )
    return tuple(json.loads(reply.body or b"{}").get("translatedText", [f"status {reply.status}"]))


def _changed(server: UnderTest, known: set[tuple[str, ...]]) -> tuple[str, ...]:
    for _ in range(100):
        if (now := _answers(server)) not in known:
            return now
        time.sleep(0.1)
    return now


def _ask_until(server: UnderTest, stop: threading.Event, expected: set[tuple[str, ...]], seen: Counter[bool]) -> None:
    while not stop.is_set():
        seen[_answers(server) in expected] += 1


PARTS: dict[str, Callable[[Path, float], dict[str, Any]]] = {
    "load": load, "slow": slow, "killed": killed, "reload": reload, "soak": soak,
}  # fmt: skip
SECONDS = {"load": 8.0, "slow": 10.0, "killed": 10.0, "reload": 60.0, "soak": 180.0}


def _made() -> dict[str, Any]:
    return {
        "regard": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "cores": len(os.sched_getaffinity(0)),
    }


def main() -> int:
    """Measures, prints, records."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--seconds", type=float, help="of each measurement; else what is usual for it")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    record: dict[str, Any] = {"made": _made()}
    if arguments.json and arguments.json.exists():
        record = json.loads(arguments.json.read_text(encoding="utf-8")) | record
    for name in arguments.only.split(","):
        record[name] = PARTS[name](arguments.model, arguments.seconds or SECONDS[name])
        print(name, json.dumps(record[name], indent=1), flush=True)
        if arguments.json:
            arguments.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0 if all(record[name]["holds"] for name in arguments.only.split(",")) else 3


if __name__ == "__main__":
    sys.exit(main())
