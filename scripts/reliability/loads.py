"""Load on a server, from clients that wait for their answers, or from outside, however long the answers take."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

from server_process import Connections, Reply, UnderTest, request_bytes

SENTENCES = (
    "The cat sat on the mat because it was tired.",
    "I love you.",
    "The old man reads a book in the garden.",
    "She does not want to go home.",
    "Two dogs run across the street while it rains.",
    "Where is the station?",
)
WAITING = 1500
"""Connections that are open before an overload begins: more than the server lets wait."""


def body_of(number: int) -> dict[str, object]:
    """A request; each has its own sentence, so that nothing could be remembered."""
    return {"q": SENTENCES[number % len(SENTENCES)], "target": "fr", "source": "en"}


async def closed_loop(server: UnderTest, clients: int, seconds: float, *, lead: float = 0.0) -> list[Reply]:
    """So many clients, each asking again when it is answered. What was answered in time, and after ``lead`` seconds."""
    began, numbers, connections = time.perf_counter(), iter(range(1 << 30)), Connections(server)
    end, replies = began + lead + seconds, list[Reply]()

    async def client() -> None:
        while time.perf_counter() < end:
            replies.append(await connections.ask("/translate", body_of(next(numbers))))

    await asyncio.gather(*(client() for _ in range(clients)))
    connections.close()
    return [reply for reply in replies if began + lead <= reply.ended <= end]


async def open_loop(server: UnderTest, per_second: float, seconds: float, *, lead: float = 0.0) -> list[Reply]:
    """Requests at random moments, as load comes from outside, however long the answers take. What was answered in time.

    After ``lead`` seconds as much work is under way at the beginning of the measurement as at its end.
    """
    requests = [request_bytes("POST", "/translate", body_of(number), is_last=False) for number in range(len(SENTENCES))]
    connections, replies, sent = Connections(server), list[Reply](), 0
    await connections.open(WAITING)
    draw, began, at = random.Random(1), time.perf_counter(), 0.0
    end = began + lead + seconds
    while (at := at + draw.expovariate(per_second)) < lead + seconds:
        if (wait := began + at - time.perf_counter()) > 0:
            await asyncio.sleep(max(wait, 0.002))  # what is due within two milliseconds is sent together
        connections.begin(requests[sent % len(requests)], replies.append)
        sent += 1
        if sent % 50 == 0:
            await asyncio.sleep(0)  # whoever is late reads answers too
    await asyncio.sleep(0.1)
    in_time = [reply for reply in replies if began + lead <= reply.ended <= end]
    while len(replies) < sent:
        await asyncio.sleep(0.1)
    connections.close()
    return in_time


def told(replies: Sequence[Reply], seconds: float) -> dict[str, Any]:
    """Statuses, answers per second, and the quantiles of the time of good answers, in milliseconds."""
    good = sorted(reply.seconds for reply in replies if reply.status == 200)
    quantile = {name: round(1000 * good[min(len(good) - 1, int(share * len(good)))], 1) if good else None
                for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))}  # fmt: skip
    statuses = {str(status): count for status, count in sorted(Counter(reply.status for reply in replies).items())}
    return {"statuses": statuses, "good_per_second": round(len(good) / seconds, 1), **quantile}
