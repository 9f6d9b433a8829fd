"""Writes the tables of docs/scaling.md: what was measured, from the records, and what follows on paper.

python benchmarks/scaling_page.py            rewrites the page's tables
"""

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "docs/scaling.md"
RECORDED: Final = ROOT / "benchmarks/recorded"

# The assumptions of the table on paper; the page says where they come from.
NETWORKS: Final = {"small": 7.6e6, "Transformer base": 65e6, "Transformer big": 213e6}
MACHINES: Final = {
    "1 GPU": (1, 1.0),
    "8 GPUs, NVLink": (8, 300e9),
    "64 GPUs, 8 nodes of 100 Gbit/s": (64, 12.5e9),
    "64 GPUs, 8 nodes of 400 Gbit/s": (64, 50e9),
}
TRAVELS: Final = {"replicas": 2, "shards": 3}
TOKENS: Final = 25_000
OPERATIONS_PER_SECOND: Final = 100e12
LATENCY_SECONDS: Final = 20e-6


def efficiency(weights: float, count: int, bytes_per_second: float, distribution: str) -> float:
    """The share of an update in which a GPU computes: C / (C + M)."""
    if count == 1:
        return 1.0
    computing = 6 * weights * TOKENS / OPERATIONS_PER_SECOND
    hops = TRAVELS[distribution] * (count - 1)
    telling = hops / count * 4 * weights / bytes_per_second + hops * LATENCY_SECONDS
    return computing / (computing + telling)


def paper() -> Iterator[str]:
    """The table on paper."""
    yield f"| network | distribution | {' | '.join(MACHINES)} |"
    yield f"|---|---|{'---|' * len(MACHINES)}"
    for (name, weights), distribution in product(NETWORKS.items(), TRAVELS):
        shares = [(count, efficiency(weights, count, speed, distribution)) for count, speed in MACHINES.values()]
        cells = " | ".join(f"{share:.0%}, {count * share:.0f}×" for count, share in shares)
        yield f"| {name} | {distribution} | {cells} |"


def training() -> Iterator[str]:
    """Two processes on this machine."""
    if not has_record("distributed_training"):
        yield "Not measured yet on a machine that does nothing else: `make verify TARGET=distributed`."
        return
    record = recorded("distributed_training")
    alone = record["arrangements"]["1 process, 1 thread"]["tokens_per_second"]
    yield "| arrangement | tokens/s | against one thread | ms per update | of which summing gradients |"
    yield "|---|---|---|---|---|"
    for name, found in record["arrangements"].items():
        speed, summing = found["tokens_per_second"], found["milliseconds_summing"]
        told = f"{summing:.0f} ms" if summing >= 0.5 else "–"
        yield f"| {name} | {speed:,.0f} | {speed / alone:.2f}× | {found['milliseconds_per_update']:.0f} | {told} |"


def corpus() -> Iterator[str]:
    """Millions of pairs."""
    record = recorded("large_corpus")
    yield "| pairs | text | prepared | processor time, all | first update, once prepared | own memory, training |"
    yield "|---|---|---|---|---|---|"
    for found in (record["small"], record["large"]):
        again = found["prepared_before"]
        prepared = f"{found['prepared_mb']:,.0f} MB" if found["prepared_mb"] else "in memory"
        text, used = f"{found['corpus_mb']:,.0f} MB", found["first"]["processor_seconds"]
        processor = "–" if used is None else f"{used:,} s"
        first, memory = f"{again['first_update_seconds']} s", f"{again['peak_anonymous_mb_training']:,} MB"
        yield f"| {found['pairs']:,} | {text} | {prepared} | {processor} | {first} | {memory} |"


def bulk() -> Iterator[str]:
    """Bulk translation by Ray."""
    if not has_record("bulk_translation"):
        yield "Not measured yet on a machine that does nothing else: `make verify TARGET=ray`."
        return
    record = recorded("bulk_translation")
    yield "| engine | texts/s | to start |"
    yield "|---|---|---|"
    for name, found in record["engines"].items():
        yield f"| {name} | {found['texts_per_second']} | {found['start_seconds']} s |"
    if note := record.get("note"):
        yield f"\n({note})"


def has_record(name: str) -> bool:
    """Whether it was measured."""
    return (RECORDED / f"{name}.json").exists()


def recorded(name: str) -> dict[str, Any]:
    """A record."""
    found: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text(encoding="utf-8"))
    return found


def written(page: str) -> str:
    """The page with its tables as they must be: between ``<!-- NAME -->`` and ``<!-- end -->``."""
    for name, table in (("training", training), ("corpus", corpus), ("bulk", bulk), ("paper", paper)):
        before, rest = page.split(f"<!-- {name} -->\n", 1)
        _, after = rest.split("<!-- end -->", 1)
        page = f"{before}<!-- {name} -->\n" + "\n".join(table()) + f"\n<!-- end -->{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
