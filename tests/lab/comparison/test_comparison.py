"""A whole comparison: what is found, that it is found once, and that nothing is found where nothing is."""

import shutil
from pathlib import Path

import pytest

from regard.errors import InputError, SettingsError
from regard.lab.comparison import Budget, Plan, ScoredSet, plan_comparison, run_comparison, write_comparison
from regard.lab.comparison.cells import CELLS, Key, keep_cell, read_cells
from regard.lab.comparison.clocks import Watch
from regard.lab.comparison.pace import Sitting, updates_of
from regard.lab.comparison.page import comparison_files
from regard.lab.comparison.plan import keep_plan
from regard.runs.data import RunData

SITTING = Sitting(warm_seconds=0.05, turn_seconds=0.1, turns=2)
WATCH = Watch(
    rounds=2, warm_seconds=0.05, training_seconds=0.1, batch_sentences=8, single_sentences=2, memory_seconds=0.2
)
Files = dict[str, Path]


def plan_of(
    numbers: Files, second: str, *, tokens: int, seeds: tuple[int, ...] = (1,), extra: tuple[str, ...] = ()
) -> tuple[Plan, RunData]:
    """``able`` against another side."""
    given = [f"data.source='{numbers['train.en']}'", f"data.target='{numbers['train.fr']}'", "data.valid_size=40"]
    test = ScoredSet(numbers["test.en"], numbers["test.fr"])
    sides = (str(numbers["able.toml"]), str(numbers[second]))
    return plan_comparison(*sides, [*given, *extra], seeds=seeds, budget=Budget(tokens=tokens), threads=1, test=test)


@pytest.fixture(scope="session")
def finished(numbers: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a comparison with every cell measured. Copy it before you write into it."""
    out = tmp_path_factory.mktemp("finished") / "out"
    plan, data = plan_of(numbers, "crippled.toml", tokens=90_000)
    run_comparison(plan, data, out, sitting=SITTING, watch=WATCH)
    return out


@pytest.fixture
def copied(finished: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished, tmp_path / "out"))


def result(out: Path, part: str, side: str, seed: int = 0) -> dict:  # type: ignore[type-arg]
    return read_cells(out)[Key(part, side, seed)]["result"]  # type: ignore[no-any-return]


def test_a_crippled_side_is_found_out(finished: Path) -> None:
    able, crippled = (result(finished, "quality", side, 1)["scores"]["BLEU"]["value"] for side in ("able", "crippled"))
    assert able > 30 > crippled
    found = result(finished, "significance", "both", 1)["BLEU"]
    assert found["difference"] == pytest.approx(crippled - able, abs=0.01)
    assert found["p_value"] < 0.01


def test_every_cell_is_there_and_shown(finished: Path) -> None:
    page = (finished / "comparison.md").read_text(encoding="utf-8")
    parts = {key.part for key in read_cells(finished)}
    assert parts == {"pace", "training", "quality", "significance", "memory", "clocks"}
    assert "| – |" not in page
    assert "**able translates better than crippled by" in page
    assert "(comparison.svg)" in page
    assert (finished / "comparison.svg").read_text(encoding="utf-8").startswith("<svg")


def test_clocks_and_memory_are_of_the_networks(finished: Path) -> None:
    for side in ("able", "crippled"):
        clocks, memory = result(finished, "clocks", side), result(finished, "memory", side)
        assert clocks["training_tokens_per_second"] > 0
        assert clocks["batch_tokens_per_second"] > 0
        assert clocks["single_p50_milliseconds"] > 0
        assert 50 < memory["translating_mebibytes"] < 10_000
        assert 50 < memory["training_mebibytes"] < 10_000
        assert 50_000 < memory["parameters"] < 500_000


def test_both_sides_read_the_same_subwords(finished: Path) -> None:
    runs = [finished / "runs" / f"{side}-1" / "tokenizer.model" for side in ("able", "crippled")]
    assert {path.read_bytes() for path in runs} == {(finished / "tokenizer.model").read_bytes()}


def test_the_same_settings_show_no_difference(numbers: Files, tmp_path: Path) -> None:
    plan, data = plan_of(numbers, "able.toml", tokens=1_000)
    assert [side.name for side in plan.sides] == ["able", "able-2"]
    run_comparison(plan, data, tmp_path / "out", parts=["pace", "training", "quality"], sitting=SITTING)
    assert result(tmp_path / "out", "significance", "both", 1)["BLEU"]["p_value"] == 1
    page = (tmp_path / "out" / "comparison.md").read_text(encoding="utf-8")
    assert "No difference in quality can be told from chance" in page
    assert "Clocks and memory are not all measured yet." in page


def test_finished_cells_are_not_measured_again(copied: Path, numbers: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    before = (copied / CELLS).read_bytes()
    for name in ("train_cell", "quality_cell", "significance_cell", "memory_cell"):
        monkeypatch.setattr(f"regard.lab.comparison.running.{name}", None)
    run_comparison(*plan_of(numbers, "crippled.toml", tokens=90_000), copied)
    assert (copied / CELLS).read_bytes() == before


def test_clocks_can_be_read_again_alone(copied: Path, numbers: Files) -> None:
    before = read_cells(copied)
    plan, data = plan_of(numbers, "crippled.toml", tokens=90_000)
    run_comparison(plan, data, copied, parts=["clocks"], again=True, watch=WATCH)
    after = read_cells(copied)
    assert {key for key in after if after[key] != before[key]} == {Key("clocks", "able"), Key("clocks", "crippled")}
    assert len((copied / CELLS).read_text(encoding="utf-8").splitlines()) == len(before) + 2


def test_what_was_trained_is_not_trained_again(copied: Path, numbers: Files) -> None:
    plan, data = plan_of(numbers, "crippled.toml", tokens=90_000)
    for part in ("training", "pace"):
        with pytest.raises(InputError, match="what was trained is not trained again, and its pace stays"):
            run_comparison(plan, data, copied, parts=[part], again=True)


def test_a_training_needs_a_pace(numbers: Files, tmp_path: Path) -> None:
    plan, data = plan_of(numbers, "crippled.toml", tokens=1_000)
    with pytest.raises(InputError, match=r"the pace of able is not known.*add --only pace"):
        run_comparison(plan, data, tmp_path / "out", parts=["training"])


def test_a_training_of_another_process_is_left_to_it(
    numbers: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from regard.errors import InUseError

    plan, data = plan_of(numbers, "crippled.toml", tokens=1_000)
    run_comparison(plan, data, tmp_path, parts=["pace"], sitting=SITTING)

    def in_use(folder: Path) -> None:
        raise InUseError(f"{folder} is in use by process 1")

    monkeypatch.setattr("regard.lab.comparison.running.held", in_use)
    run_comparison(plan, data, tmp_path, parts=["training"])
    assert {key.part for key in read_cells(tmp_path)} == {"pace"}


def test_more_seeds_go_on_and_another_comparison_is_refused(copied: Path, numbers: Files) -> None:
    more, _ = plan_of(numbers, "crippled.toml", tokens=90_000, seeds=(1, 2))
    keep_plan(more, copied)
    other, _ = plan_of(numbers, "crippled.toml", tokens=90_000, extra=("model.dropout=0.5",))
    with pytest.raises(InputError, match=r"holds another comparison \(other able, crippled\); name another folder"):
        keep_plan(other, copied)
    longer, _ = plan_of(numbers, "crippled.toml", tokens=95_000)
    with pytest.raises(InputError, match=r"other budget"):
        keep_plan(longer, copied)


def test_sides_share_data_and_subwords(numbers: Files, tmp_path: Path) -> None:
    given = [f"data.source='{numbers['train.en']}'", f"data.target='{numbers['train.fr']}'"]
    asked = {"seeds": (1,), "budget": Budget(tokens=1), "threads": 1}
    small = tmp_path / "small.toml"
    small.write_text("[text]\nvocab_size = 400\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"one asks for 330 of kind bpe and the other for 400 of kind bpe"):
        plan_comparison(str(numbers["able.toml"]), str(small), given, **asked)  # type: ignore[arg-type]
    small.write_text("[data]\nmax_tokens = 9\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="the two sides read different data"):
        plan_comparison(str(numbers["able.toml"]), str(small), given, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("seeds", [(), (1, 1), (1, -1), (2**63,)])
def test_seeds_are_each_given_once(seeds: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="a comparison needs seeds from 0 to 2⁶³ - 1, each once, such as 1,2,3; "):
        plan_comparison("tiny", "tiny", seeds=seeds, budget=Budget(tokens=1), threads=1)


def test_a_budget_is_minutes_or_tokens() -> None:
    for both in ({}, {"minutes": 1.0, "tokens": 5}):
        with pytest.raises(InputError, match="a comparison has one budget"):
            Budget(**both)  # type: ignore[arg-type]


def test_a_budget_becomes_updates() -> None:
    pace = {"updates_per_second": 2.5, "tokens_per_update": 4_000.0}
    assert updates_of(Budget(minutes=2.0), pace) == 300
    assert updates_of(Budget(tokens=1_000_000), pace) == 250


def test_an_unknown_part_is_refused(numbers: Files, tmp_path: Path) -> None:
    plan, data = plan_of(numbers, "crippled.toml", tokens=1_000)
    with pytest.raises(InputError, match="there is no part called 'clock' in a comparison; there are pace, training"):
        run_comparison(plan, data, tmp_path, parts=["clock"])


def test_a_line_cut_short_costs_one_cell(copied: Path) -> None:
    cells = read_cells(copied)
    path = copied / CELLS
    path.write_bytes(path.read_bytes()[:-20])
    assert len(read_cells(copied)) == len(cells) - 1
    keep_cell(copied, Key("memory", "able"), {"training_mebibytes": 7})
    assert read_cells(copied)[Key("memory", "able")]["result"] == {"training_mebibytes": 7}


@pytest.mark.parametrize("epochs", [None, 0.0])
def test_a_training_of_next_to_nothing_can_be_read(copied: Path, epochs: float | None) -> None:
    for side in ("able", "crippled"):
        found = result(copied, "training", side, 1)
        keep_cell(copied, Key("training", side, 1), {**found, "epochs": epochs, "curve": found["curve"][:1]})
    page = write_comparison(copied).read_text(encoding="utf-8")
    assert f"| epochs | {'–' if epochs is None else '0.0'} | {'–' if epochs is None else '0.0'} |  |" in page
    assert (copied / "comparison.svg").read_text(encoding="utf-8").count("<circle") == 2


def test_the_page_follows_from_plan_and_cells(copied: Path) -> None:
    files = comparison_files(copied)
    assert {path.name for path in files} == {"comparison.md", "comparison.svg"}
    assert all(path.read_text(encoding="utf-8") == text for path, text in files.items())
    keep_cell(copied, Key("clocks", "able"), {**result(copied, "clocks", "able"), "single_p50_milliseconds": 1e6})
    assert any(path.read_text(encoding="utf-8") != text for path, text in comparison_files(copied).items())
    write_comparison(copied)
    assert "crippled wins: " in (copied / "comparison.md").read_text(encoding="utf-8")
