"""The page of all claims: claims.md and its figures, from the records alone, so that anybody can write it again."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from regard.disk import write_text_aside
from regard.lab.claim import Cell, Claim, Table
from regard.lab.drawing import chart_svg
from regard.lab.record import FOLDER, claims_of, read_record, record_path
from regard.lab.registry import EXPERIMENTS

PAGE: Final = "claims.md"
_OPENING: Final = """\
# What is said of attention, measured

Each line is a sentence that people say about Transformers, what must come out if it is true, what came out, and the
verdict. Below, each has its table, and in the table its control: the same measurement with the cause taken away. A
verdict that disappoints stays. Where the usual sentence is looser than what is true, both stand here.

Everything is measured by

```
regard lab run --out lab
```

which writes this page, its records (`claims/*.json`) and its figures into the folder `lab`; an experiment whose record
is there is not run again. With `--full` it trains longer, on more sentences. The networks are small and trained for
minutes on short sentences of the built-in corpus, so that scores compare them with each other and say nothing about
what a Transformer can reach.
"""
_NOTHING: Final = "\nNothing is recorded yet.\n"


def write_page(out: Path) -> Path:
    """Writes ``claims.md`` and the figures from the records in ``out/claims``; returns the page.

    Raises:
        InputError: a record is damaged.
    """
    for path, text in page_files(out).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text_aside(path, text)
    return out / PAGE


def page_files(out: Path) -> dict[Path, str]:
    """Page and figures, as they follow from the records.

    Raises:
        InputError: a record is damaged.
    """
    records = {
        one.name: read_record(record_path(out, one.name)) for one in EXPERIMENTS if record_path(out, one.name).exists()
    }
    claims = {name: claims_of(record) for name, record in records.items()}
    figures = {
        out / FOLDER / _figure(name, number): chart_svg(claim.figure)
        for name, found in claims.items()
        for number, claim in enumerate(found, start=1)
        if claim.figure is not None
    }
    return {out / PAGE: _page(records, claims), **figures}


def _figure(name: str, number: int) -> str:
    return f"{name}-{number}.svg"


def _page(records: Mapping[str, Mapping[str, Any]], claims: Mapping[str, tuple[Claim, ...]]) -> str:
    if not claims:
        return _OPENING + _NOTHING
    parts = [_OPENING, "\n", *_summary(claims)]
    for name, found in claims.items():
        parts += [f"\n## {name}\n", *_section(name, found), f"\n{_made(records[name])}\n"]
    waiting = [one.name for one in EXPERIMENTS if one.name not in claims]
    if waiting:
        parts.append(f"\nNot measured here yet: {', '.join(waiting)}.\n")
    return "".join(parts)


def _summary(claims: Mapping[str, tuple[Claim, ...]]) -> Iterator[str]:
    yield "| experiment | claim | expected | measured | verdict |\n|---|---|---|---|---|\n"
    for name, found in claims.items():
        for claim in found:
            if claim.told is not None:
                told = f"as it is told: {claim.told.text}"
                yield _row((f"[{name}](#{name})", told, "", claim.told.measured, _verdict(claim.told.holds)))
            columns = (claim.text, claim.expected, claim.measured, _verdict(claim.holds))
            yield _row((f"[{name}](#{name})", *columns))


def _section(name: str, claims: tuple[Claim, ...]) -> Iterator[str]:
    for number, claim in enumerate(claims, start=1):
        yield f"\n**{claim.text}** ({claim.source}; {_verdict(claim.holds)})\n"
        if claim.figure is not None:
            yield f"\n![{claim.figure.description}]({FOLDER}/{_figure(name, number)})\n"
        for table in claim.tables:
            yield f"\n{_table(table)}"


def _table(table: Table) -> str:
    caption = f"{table.caption}:\n\n" if table.caption else ""
    rule = "|" + "---|" * len(table.columns) + "\n"
    return caption + _row(table.columns) + rule + "".join(_row(row) for row in table.rows)


def _row(cells: tuple[Cell, ...]) -> str:
    return "| " + " | ".join(shown(cell).replace("|", "\\|") for cell in cells) + " |\n"


def shown(cell: Cell) -> str:
    """A cell as people read it: yes and no, and numbers of four figures."""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return "0" if cell == 0 else f"{cell:.1e}" if not 1e-3 <= abs(cell) < 1e6 else f"{cell:.4g}"
    return str(cell)


def _verdict(holds: bool) -> str:
    return "holds" if holds else "**does not hold**"


def _made(record: Mapping[str, Any]) -> str:
    made, hardware = record["made"], record["hardware"]
    return (
        f"Effort {made['effort']['name']}; version {made['version']} of the experiment; Regard {made['regard']}, "
        f"PyTorch {hardware['torch']}, {hardware['cores']} cores ({hardware['processor']}), {hardware['seconds']} s."
    )
