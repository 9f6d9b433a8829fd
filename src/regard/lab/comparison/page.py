"""The page of a comparison: one sentence, one table, one figure, from plan and cells alone."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any, Final

from regard.disk import write_text_aside
from regard.lab.claim import Chart, Series
from regard.lab.comparison.cells import Cells, Key, read_cells
from regard.lab.comparison.plan import read_plan
from regard.lab.comparison.rows import rows_of
from regard.lab.comparison.verdict import verdict
from regard.lab.drawing import chart_svg

PAGE: Final = "comparison.md"
FIGURE: Final = "comparison.svg"


def write_comparison(out: Path) -> Path:
    """Writes page and figure from what is in the folder; returns the page.

    Raises:
        InputError: there is no plan.
    """
    for path, text in comparison_files(out).items():
        write_text_aside(path, text)
    return out / PAGE


def comparison_files(out: Path) -> dict[Path, str]:
    """Page and figure, as they follow from plan and cells.

    Raises:
        InputError: there is no plan, or it is damaged.
    """
    plan, cells = read_plan(out), read_cells(out)
    chart = _chart(plan, cells)
    figure = {} if chart is None else {out / FIGURE: chart_svg(chart)}
    return {out / PAGE: "".join(_page(plan, cells, chart)), **figure}


def _page(plan: Mapping[str, Any], cells: Cells, chart: Chart | None) -> Iterator[str]:
    first, second = plan["sides"]
    rows = rows_of(plan, cells)
    yield f"# {first} against {second}\n\n**{verdict((first, second), rows)}**\n\n"
    yield f"| | {first} | {second} | |\n|---|---|---|---|\n"
    yield from (row.markdown() for row in rows)
    if chart is not None:
        yield f"\n![{chart.description}]({FIGURE})\n"
    yield from _how(plan, cells)


def _how(plan: Mapping[str, Any], cells: Cells) -> Iterator[str]:
    first, second = plan["sides"]
    yield f"\nBudget: {_budget(plan)}. Seeds {', '.join(map(str, plan['seeds']))}; values are means ± standard "
    yield "deviations over them. p: the largest of the seeds' paired bootstraps. "
    yield "Clocks are read in turns, on the networks of the first seed"
    yield f", with {plan['threads']} threads.\n"
    for name in (first, second):
        if pace := cells.get(Key("pace", name)):
            yield f"\n* {name}: {_paced(pace)}"
    trained = [cells[key] for key in cells if key.part == "training"]
    if trained:
        threads = sorted({str(cell["result"]["threads"] or "all") for cell in trained})
        yield f"\n* trainings ran with {' or '.join(threads)} threads; that changes their duration, not their budget"
    for signature in _signatures(cells):
        yield f"\n* {signature}"
    yield "\n"


def _budget(plan: Mapping[str, Any]) -> str:
    budget = plan["budget"]
    if budget["minutes"] is not None:
        return f"the updates that {budget['minutes']:g} minutes are worth, validations not counted"
    return f"{budget['tokens']:,} source+target tokens"


def _paced(cell: Mapping[str, Any]) -> str:
    pace = cell["result"]
    return (
        f"{60 * pace['updates_per_second']:.1f} updates a minute of {pace['tokens_per_update']:,.0f} source+target "
        f"tokens, measured {cell['when']} over {pace['seconds']:.0f} s with {pace['threads']} threads at a load of "
        f"{cell['hardware']['load']}"
    )


def _signatures(cells: Cells) -> list[str]:
    scores = [cell["result"]["scores"] for key, cell in cells.items() if key.part == "quality"]
    return sorted({f"{name}: `{one['signature']}`" for each in scores for name, one in each.items()})


def _chart(plan: Mapping[str, Any], cells: Cells) -> Chart | None:
    series = [one for name in plan["sides"] if (one := _curve(name, plan["seeds"], cells))]
    if not series:
        return None
    first, second = plan["sides"]
    return Chart(
        title="Validation BLEU over the budget",
        description="BLEU of greedy translations of the validation sentences as training goes on, "
        f"{first} and {second}, means over the seeds.",
        across="percent of the budget",
        upward="BLEU",
        series=tuple(series),
    )


def _curve(name: str, seeds: Sequence[int], cells: Cells) -> Series | None:
    trained = [cells[key]["result"] for seed in seeds if (key := Key("training", name, seed)) in cells]
    curves = [one["curve"] for one in trained if one["curve"]]
    if not curves:
        return None
    updates = trained[0]["updates"]
    points = (
        (round(100.0 * each[0][0] / updates), mean(score for _, score in each)) for each in zip(*curves, strict=False)
    )
    return Series(name, tuple((float(share), round(bleu, 2)) for share, bleu in points))
