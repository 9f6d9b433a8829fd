"""The learning curve: right places, readable colours, words for those who cannot see it."""

import math
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import MachineError
from regard.runs.curve import BLUE, GREEN, INK, ORANGE, VIOLET, curve_svg, describe, draw_curve, thinned
from regard.runs.scale import Scale, label, round_step, rounded_scale, spread
from regard.training.log import History, JsonlLog
from regard.training.report import StepReport, ValidReport

SVG = "{http://www.w3.org/2000/svg}"


def step_at(step: int, loss: float, *, seconds: float = 60.0) -> StepReport:
    return StepReport(step, None, step / 100, loss, 1e-3, 0.5, 9000.0, seconds, None)


def history_of(losses: dict[int, float], scores: dict[int, dict[str, float]] | None = None) -> History:
    return History(
        tuple(step_at(step, loss) for step, loss in losses.items()),
        tuple(ValidReport(step, each) for step, each in (scores or {}).items()),
    )


FALLING = history_of(
    {0: 9.0, 50: 4.0, 100: 2.0}, {50: {"bleu": 20.0, "chrf": 45.0, "loss": 4.5}, 100: {"bleu": 30.0, "loss": 2.5}}
)


def words(svg: str) -> list[str]:
    return ["".join(text.itertext()) for text in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def lines(svg: str, colour: str) -> list[list[tuple[float, float]]]:
    found = [line for line in ElementTree.fromstring(svg).iter(f"{SVG}polyline") if line.get("stroke") == colour]
    return [[tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()] for line in found]


def test_points_stand_where_they_belong() -> None:
    (training,) = lines(curve_svg(FALLING), BLUE)
    assert [x for x, _ in training] == [74, 74 + (760 - 74 - 28) / 2, 760 - 28]
    heights = [y for _, y in training]
    assert heights == sorted(heights), "the loss falls, so the line goes down"
    # The axis runs from 2 to 10: the first point stands 7/8 of the panel's height above the last.
    assert heights[2] - heights[0] == pytest.approx(7 / 8 * 190, abs=0.2)


def test_both_panels_are_drawn_with_titles_units_and_names() -> None:
    said = words(curve_svg(FALLING))
    assert {"Learning curve", "Loss (nats per token)", "Validation score (0 to 100)", "Updates of the weights"} <= set(
        said
    )
    assert "— training● validation" in said
    assert "● BLEU● chrF" in said
    assert "100 updates · 1.0 epochs · 1 min" in said
    for colour in (BLUE, ORANGE, GREEN, VIOLET):
        assert len(lines(curve_svg(FALLING), colour)) == 1


def test_the_best_score_is_marked() -> None:
    svg = curve_svg(history_of({10: 1.0, 30: 1.0}, {10: {"bleu": 20.0}, 20: {"bleu": 31.04}, 30: {"bleu": 30.0}}))
    assert "best 31.0" in words(svg)
    rings = [circle for circle in ElementTree.fromstring(svg).iter(f"{SVG}circle") if circle.get("fill") == "none"]
    ((_, best, _),) = lines(svg, GREEN)
    assert [(float(ring.attrib["cx"]), float(ring.attrib["cy"])) for ring in rings] == [best]


def test_it_is_told_in_words() -> None:
    assert describe(FALLING) == (
        "100 updates of the weights. The training loss went from 9.00 to 2.00 nats per token. "
        "The best validation BLEU, 30.0, came after 100 updates. The best validation chrF, 45.0, came after 50 updates."
    )
    root = ElementTree.fromstring(curve_svg(FALLING))
    assert root.findtext(f"{SVG}desc") == describe(FALLING)
    assert root.findtext(f"{SVG}title") == "Learning curve"
    assert root.get("aria-labelledby") == "title desc"


def test_it_needs_nothing_from_outside() -> None:
    svg = curve_svg(FALLING)
    assert not re.search(r"href|url\(|@import|<script|<style|http(?!://www\.w3\.org/2000/svg)", svg)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.1 defines it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_the_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("colour", [INK, BLUE, ORANGE, GREEN, VIOLET])
@pytest.mark.parametrize("background", ["#ffffff", "#0d1117", "#000000"])
def test_colours_are_legible_on_light_and_dark(colour: str, background: str) -> None:
    assert contrast(colour, background) >= 4.0


def test_a_run_that_has_not_begun_has_axes() -> None:
    said = words(curve_svg(History()))
    assert "no updates yet" in said
    assert "Loss (nats per token)" in said
    assert "Validation score (0 to 100)" not in said


def test_one_point_is_enough() -> None:
    assert "best 12.0" in words(curve_svg(history_of({20: 3.0}, {20: {"bleu": 12.0}})))


def test_what_is_not_finite_is_left_out() -> None:
    svg = curve_svg(history_of({10: 2.0, 20: math.nan, 30: 1.0}, {10: {"bleu": math.nan}, 20: {"bleu": 9.0}}))
    assert len(lines(svg, BLUE)[0]) == 2
    assert len(lines(svg, GREEN)[0]) == 1
    assert "nan" not in svg


numbers = st.floats(min_value=-1e30, max_value=1e30) | st.just(math.nan)
many_losses = st.dictionaries(st.integers(1, 10**7), numbers, max_size=20)
many_scores = st.dictionaries(
    st.integers(1, 10**7), st.dictionaries(st.sampled_from(["bleu", "chrf", "loss", "ter"]), numbers), max_size=9
)


@given(many_losses, many_scores)
def test_any_history_is_drawn_inside_the_picture(losses: dict[int, float], scores: dict) -> None:
    svg = curve_svg(history_of(losses, scores))
    root = ElementTree.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for colour in (BLUE, ORANGE, GREEN, VIOLET):
        for line in lines(svg, colour):
            assert all(0 <= x <= width and 0 <= y <= height for x, y in line)


def test_a_long_run_stays_a_small_file() -> None:
    long = history_of({step: 1000 / (step + 100) for step in range(0, 200_000, 20)})
    assert len(curve_svg(long)) < 30_000


@given(st.lists(st.tuples(numbers, numbers), max_size=50), st.integers(1, 60))
def test_thinning_keeps_few_or_all(points: list[tuple[float, float]], most: int) -> None:
    thin = thinned(points, most)
    assert len(thin) <= most
    assert len(points) > most or thin == tuple(points)


def test_thinning_takes_means_of_neighbours() -> None:
    assert thinned([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0), (3.0, 9.0), (4.0, 2.0)], 3) == ((0.5, 2), (2.5, 7), (4, 2))


def test_the_file_is_written_from_the_log(tmp_path: Path) -> None:
    with JsonlLog(tmp_path / "log.jsonl") as log:
        for report in FALLING.steps:
            log.step(report)
        for validation in FALLING.validations:
            log.validated(validation)
    draw_curve(tmp_path / "log.jsonl", tmp_path / "curve.svg")
    assert (tmp_path / "curve.svg").read_text() == curve_svg(FALLING)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["curve.svg", "log.jsonl"]


def test_a_missing_log_is_our_own_error(tmp_path: Path) -> None:
    with pytest.raises(MachineError, match=r"log.jsonl cannot be .*No such file"):
        draw_curve(tmp_path / "log.jsonl", tmp_path / "curve.svg")


@pytest.mark.parametrize(
    ("least", "step"), [(0.3, 0.5), (1.0, 1), (1.1, 2), (2.2, 5), (5.1, 10), (900.0, 1000), (0.02, 0.02)]
)
def test_steps_are_round(least: float, step: float) -> None:
    assert round_step(least) == pytest.approx(step)


def test_ticks_of_a_scale() -> None:
    scale = rounded_scale([2.1, 8.9], 100.0, 0.0, most_ticks=5)
    assert (scale.low, scale.high) == (2, 10)
    assert scale.ticks(5) == [2, 4, 6, 8, 10]
    assert scale.at(6.0) == 50
    assert Scale(0.0, 6000.0, 0.0, 1.0).ticks(8) == [0, 1000, 2000, 3000, 4000, 5000, 6000]


@pytest.mark.parametrize("value", [0.0, 3.0, -2e15, 1e17, 3e20, 1e30])
def test_a_single_value_stands_in_the_middle_however_large(value: float) -> None:
    low, high = spread([value, value])
    assert low < value < high
    assert rounded_scale([value], 0.0, 1.0, most_ticks=5).at(value) == pytest.approx(0.5, abs=0.2)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.25, "0.25"), (12.0, "12"), (4000.0, "4,000"), (0.30000000000000004, "0.3"), (2e6, "2,000,000")],
)
def test_labels_are_written_as_people_do(number: float, text: str) -> None:
    assert label(number) == text
