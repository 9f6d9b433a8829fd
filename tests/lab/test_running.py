"""Records: written, read back, not made twice, made again when conditions change; the page follows from them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from regard.errors import InputError
from regard.lab import USUAL, Bench, Chart, Claim, Experiment, Series, Table, Told, find_experiments, page, run_lab
from regard.lab.drawing import chart_svg
from regard.lab.record import claims_of, read_record, record_path, write_record
from regard.lab.running import conditions, hardware

CHART = Chart("A & B", "rises", "across", "upward", (Series("one", ((1.0, 2.0), (4.0, 3.0))),), doubling=True)
FOUND = Claim(
    text="a | b",
    source="M1",
    expected="1",
    measured="2",
    holds=False,
    tables=(Table(("what", "value"), (("with", 0.5), ("control", True)), "A caption"),),
    told=Told("loosely", True, "3"),
    figure=CHART,
)


class Counted:
    """An experiment that counts how often it was run."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, bench: Bench) -> tuple[Claim, ...]:
        self.runs += 1
        return (FOUND,)


def test_a_record_comes_back_equal(tmp_path: Path) -> None:
    path = record_path(tmp_path, "mask")
    made = conditions(Experiment("mask", "counts", Counted()), USUAL)
    write_record(path, (FOUND, replace(FOUND, told=None, figure=None)), made, hardware() | {"seconds": 1.0})
    assert claims_of(read_record(path)) == (FOUND, replace(FOUND, told=None, figure=None))


def test_what_is_recorded_is_not_run_again(tmp_path: Path) -> None:
    counted = Counted()
    experiment = Experiment("mask", "counts", counted)
    first, second = (run_lab([experiment], tmp_path)[0] for _ in range(2))
    assert counted.runs == 1
    assert first.seconds is not None
    assert second.seconds is None
    assert first.claims == second.claims == (FOUND,)


@pytest.mark.parametrize(
    "changed",
    [
        lambda experiment: (replace(experiment, version=2), USUAL),
        lambda experiment: (experiment, replace(USUAL, repeats=5)),
        lambda experiment: (replace(experiment, networks=("rotary",)), USUAL),
    ],
    ids=["version", "effort", "networks"],
)
def test_other_conditions_are_run_again(tmp_path: Path, changed) -> None:  # type: ignore[no-untyped-def]
    counted = Counted()
    experiment = Experiment("mask", "counts", counted)
    run_lab([experiment], tmp_path)
    other, effort = changed(experiment)
    run_lab([other], tmp_path, effort=effort)
    assert counted.runs == 2


def test_what_was_finished_stays_when_a_later_one_breaks(tmp_path: Path) -> None:
    def breaks(_: Bench) -> tuple[Claim, ...]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_lab([Experiment("mask", "", Counted()), Experiment("padding", "", breaks)], tmp_path)
    assert record_path(tmp_path, "mask").exists()
    assert not record_path(tmp_path, "padding").exists()
    assert "does not hold" in (tmp_path / page.PAGE).read_text(encoding="utf-8")


def test_the_page_shows_verdicts_controls_and_the_loose_sentence(tmp_path: Path) -> None:
    run_lab([Experiment("mask", "", Counted())], tmp_path)
    text = (tmp_path / page.PAGE).read_text(encoding="utf-8")
    assert r"| [mask](#mask) | a \| b | 1 | 2 | **does not hold** |" in text
    assert "| [mask](#mask) | as it is told: loosely |  | 3 | holds |" in text
    assert "A caption:\n\n| what | value |\n|---|---|\n| with | 0.5 |\n| control | yes |\n" in text
    assert "![rises](claims/mask-1.svg)" in text
    assert (tmp_path / "claims" / "mask-1.svg").read_text(encoding="utf-8") == chart_svg(CHART)


def test_a_page_without_records_says_so(tmp_path: Path) -> None:
    assert page.page_files(tmp_path)[tmp_path / page.PAGE].endswith("Nothing is recorded yet.\n")


DAMAGED = [
    *("", "[]", "{", json.dumps({"made": {}})),
    json.dumps({"made": {}, "hardware": {}, "claims": [{"text": "x"}]}),
    json.dumps({"made": {}, "hardware": {}, "claims": []}),
    json.dumps({"made": 1, "hardware": {}, "claims": []}),
]


@pytest.mark.parametrize("text", DAMAGED)
def test_a_damaged_record_is_named(tmp_path: Path, text: str) -> None:
    path = record_path(tmp_path, "mask")
    path.parent.mkdir()
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"mask\.json is not a record of the lab; remove it"):
        run_lab([Experiment("mask", "", Counted())], tmp_path)
    with pytest.raises(InputError, match=r"mask\.json is not a record of the lab"):
        page.write_page(tmp_path)


@pytest.mark.parametrize(
    "change",
    [{"told": {"text": "x"}}, {"tables": [{"columns": 3}]}, {"figure": {}}, {"measured": None}, {"holds": "perhaps"}],
    ids=str,
)
def test_a_damaged_claim_is_named(tmp_path: Path, change: dict[str, object]) -> None:
    run_lab([Experiment("mask", "", Counted())], tmp_path)
    path = record_path(tmp_path, "mask")
    record = read_record(path)
    path.write_text(json.dumps(record | {"claims": [record["claims"][0] | change]}), encoding="utf-8")
    with pytest.raises(InputError, match=r"mask\.json is not a record of the lab; remove it"):
        page.write_page(tmp_path)


def test_a_drawing_says_what_it_shows() -> None:
    svg = chart_svg(CHART)
    assert '<title id="title">A &amp; B</title>' in svg
    assert '<desc id="desc">rises</desc>' in svg
    assert svg.count("<polyline") == 1
    assert svg.count("<circle") == 2


@pytest.mark.parametrize("doubling", [False, True])
def test_a_single_point_stands_in_the_middle(doubling: bool) -> None:
    svg = chart_svg(replace(CHART, series=(Series("one", ((100.0, 3.0),)),), doubling=doubling))
    assert '<circle cx="343.0"' in svg


@pytest.mark.parametrize(
    ("cell", "text"), [(True, "yes"), (0.0, "0"), (1e-12, "1.0e-12"), (0.12345, "0.1235"), (12, "12"), ("x", "x")]
)
def test_numbers_can_be_read(cell: str | float | bool, text: str) -> None:
    assert page.shown(cell) == text


def test_experiments_are_found_by_name() -> None:
    assert [one.name for one in find_experiments(["padding", "mask"])] == ["mask", "padding"]
    with pytest.raises(InputError, match="no experiment called 'padded'; did you mean padding"):
        find_experiments(["padded"])
    with pytest.raises(InputError, match="no experiment called 'xyz'; there are mask, padding"):
        find_experiments(["xyz"])
