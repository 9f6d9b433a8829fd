"""The tables of docs/results.md, from the recorded measurements alone."""

import re
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from environments import PEERS

Line = dict[str, Any]
RESULTS = Path(__file__).parents[2] / "docs" / "results.md"
MODES = {"default": "default settings", "bf16": "bf16 autocast, oneDNN products"}


def speeds(lines: Sequence[Line], *, clock: str = "seconds", **wanted: str) -> list[float]:
    """Real tokens per second, of each measurement of a row."""
    return [line["tokens"] / line[clock] for line in lines if all(line[key] == wanted[key] for key in wanted)]


def comparison(lines: Sequence[Line], model: str) -> str:
    """Ours against the peers; how many times the fastest peer in each mode."""
    ours = speeds(lines, model=model, system="regard", mode="default")
    rows = [_row("**Regard**", "default settings (bf16)", ours, ours, _of(lines, model, "regard", "default"))]
    plain = speeds(lines, model=model, system="regard", mode="without bf16")
    if plain:
        rows.append(_row("Regard", "float32", plain, ours, _of(lines, model, "regard", "without bf16")))
    for system, peer in PEERS.items():
        for mode, said in MODES.items():
            found = speeds(lines, model=model, system=system, mode=mode)
            if found:
                rows.append(_row(peer.title, said, found, ours, _of(lines, model, system, mode)))
    head = (
        "| system | | source + target tokens/s (range) | Regard is | padding | peak MB |\n|---|---|---|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n\n" + verdict(lines, model)


def verdict(lines: Sequence[Line], model: str) -> str:
    """The two sentences that the goals are about."""
    ours = median(speeds(lines, model=model, system="regard", mode="default"))
    by_peer = {
        mode: {name: median(found) for name in PEERS if (found := speeds(lines, model=model, system=name, mode=mode))}
        for mode in MODES
    }
    if not by_peer["default"]:
        return f"*{model}*: no peer is measured at its default settings yet."
    fastest = max(by_peer["default"], key=lambda name: by_peer["default"][name])
    sentence = (
        f"*{model}*: **{ours / by_peer['default'][fastest]:.2f}×** the fastest peer at default settings "
        f"({PEERS[fastest].title})"
    )
    if not by_peer["bf16"]:
        return sentence + "."
    quickest = max(by_peer["bf16"], key=lambda name: by_peer["bf16"][name])
    same = by_peer["bf16"].get(fastest)
    if same is not None:
        sentence += f", **{ours / same:.2f}×** the same peer with bf16 and oneDNN"
    if quickest != fastest:
        sentence += f", and {ours / by_peer['bf16'][quickest]:.2f}× the fastest with them ({PEERS[quickest].title})"
    return sentence + "."


def levers(lines: Sequence[Line], model: str) -> str:
    """What each lever gives: all of them against all but it, per second of processor time."""
    by_mode = {
        mode: speeds(lines, clock="cpu_seconds", model=model, system="regard", mode=mode)
        for mode in sorted({line["mode"] for line in lines if line["model"] == model})
    }
    ours = median(by_mode.pop("default"))
    rows = [(ours / median(found), mode, found) for mode, found in by_mode.items()]
    head = f"| *{model}* | source + target tokens per CPU-second (range) | the lever gives |\n|---|---|---|\n"
    first = speeds(lines, clock="cpu_seconds", model=model, system="regard", mode="default")
    told = [f"| {mode} | {_spread(found)} | {ratio:.2f}× |" for ratio, mode, found in sorted(rows, reverse=True)]
    return head + f"| all levers | {_spread(first)} | |\n" + "\n".join(told)


def provenance(lines: Sequence[Line]) -> str:
    """When, with what, how often."""
    versions = sorted(
        {f"{PEERS[line['system']].package} {line['version']}" for line in lines if line["system"] in PEERS}
    )
    days = sorted({line["date"] for line in lines})
    torch = ", ".join(sorted({line["torch"] for line in lines}))
    rounds = 1 + max(line["round"] for line in lines)
    return (
        f"{rounds} {'round' if rounds == 1 else 'rounds'}, {lines[0]['threads']} threads, torch {torch}; "
        + "; ".join((*versions, days[0]))
        + (f" to {days[-1]}" if len(days) > 1 else "")
    )


def write(section: str, text: str, page: Path = RESULTS) -> None:
    """Puts ``text`` between the page's marks for ``section``."""
    page.write_text(placed(section, text, page.read_text(encoding="utf-8")), encoding="utf-8")


def placed(section: str, text: str, page: str) -> str:
    """The page with ``text`` between its marks for ``section``; a section it does not have yet is its last one."""
    begin, end = f"<!-- {section}: generated -->", f"<!-- {section}: end -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.DOTALL)
    if not pattern.search(page):
        page += f"\n## {section[0].upper()}{section[1:]}\n\n{begin}\n{end}\n"
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", page)


def _of(lines: Sequence[Line], model: str, system: str, mode: str) -> list[Line]:
    return [line for line in lines if (line["model"], line["system"], line["mode"]) == (model, system, mode)]


def _row(title: str, said: str, found: Sequence[float], ours: Sequence[float], lines: Sequence[Line]) -> str:
    padding = 1 - sum(line["tokens"] for line in lines) / sum(line["cells"] for line in lines)
    peak = max(line["peak_mb"] for line in lines)
    ratio = "" if found is ours else f"{median(ours) / median(found):.2f}×"
    return f"| {title} | {said} | {_spread(found)} | {ratio} | {padding:.1%} | {peak:,} |"


def _spread(found: Sequence[float]) -> str:
    return f"{median(found):,.0f} ({min(found):,.0f} to {max(found):,.0f})"
