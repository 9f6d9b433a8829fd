"""What is compared: two sides over the same data and subwords, a budget, seeds, and sentences to score."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, final

from regard.disk import write_text_aside
from regard.errors import InputError, SettingsError
from regard.runs import plan_run
from regard.runs.data import RunData
from regard.settings import Settings, load_settings, settings_to_json

PLAN: Final = "comparison.json"
_PLACES: Final = ("source", "target", "cache")


@final
@dataclass(frozen=True, slots=True)
class Side:
    """A name, and all settings but the seed and the number of updates."""

    name: str
    settings: Settings


@final
@dataclass(frozen=True, slots=True)
class Budget:
    """What both sides get: so many minutes at the pace that was measured, or so many source+target tokens.

    Attributes:
        minutes: turned into updates by a pace that is measured once, so that a run may be stopped, slowed down or
            resumed without getting less than its share.
        tokens: the same number for both sides, however long they take.
    """

    minutes: float | None = None
    tokens: int | None = None

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.tokens is None):
            raise InputError("a comparison has one budget: give minutes or tokens, and not both")

    def __str__(self) -> str:
        return f"{self.minutes:g} minutes" if self.minutes is not None else f"{self.tokens:,} tokens"


@final
@dataclass(frozen=True, slots=True)
class ScoredSet:
    """Sentences neither side was trained or validated on; ``tokenised`` are references as papers score against."""

    source: Path
    target: Path | None = None
    tokenised: Path | None = None


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """A comparison. ``threads`` are those that paces and clocks are measured with."""

    sides: tuple[Side, Side]
    seeds: tuple[int, ...]
    budget: Budget
    threads: int
    test: ScoredSet | None = None

    def record(self) -> dict[str, Any]:
        """As plain values; what lies where is left out of the settings."""
        return {
            "sides": {side.name: _without_paths(side.settings) for side in self.sides},
            "seeds": list(self.seeds),
            "budget": asdict(self.budget),
            "threads": self.threads,
            "data": _file_names(self.sides[0].settings, self.test),
        }


def plan_comparison(
    first: str,
    second: str,
    overrides: Sequence[str] = (),
    *,
    seeds: Sequence[int],
    budget: Budget,
    threads: int,
    test: ScoredSet | None = None,
) -> tuple[Plan, RunData]:
    """The plan of a comparison, and the pairs that both sides read.

    Args:
        first: the name of a preset, or a TOML file of settings.
        second: the same.
        overrides: ``section.key=value``, for both sides.
        seeds: one training of each side for each of them.
        budget: what each training gets.
        threads: what paces and clocks are measured with.
        test: what translations are scored on; if not given, the built-in corpus' test pairs or the validation pairs.

    Raises:
        SettingsError: settings are wrong, or the sides do not read the same data cut in the same way.
        InputError: there are no seeds, or one twice, or one that no training can have.
        CorpusError: the pairs cannot be read.
    """
    if not seeds or len(set(seeds)) != len(seeds) or not all(0 <= seed < 1 << 63 for seed in seeds):
        raise InputError(
            f"a comparison needs seeds from 0 to 2⁶³ - 1, each once, such as 1,2,3; {list(seeds)!s:.80} is given"
        )
    # Wrong settings of either side are reported before a long file is read.
    load_settings(_file_of(second), overrides, preset=_preset_of(second))
    one = plan_run(_file_of(first), overrides, preset=_preset_of(first))
    other = load_settings(_file_of(second), overrides, preset=_preset_of(second) or "auto", num_pairs=one.data.num_read)
    _require_same_text(one.settings, other)
    names = (_name_of(first), _name_of(second))
    names = names if len(set(names)) == 2 else (names[0], f"{names[1]}-2")
    sides = (Side(names[0], one.settings), Side(names[1], other))
    return Plan(sides, tuple(seeds), budget, threads, test), one.data


def keep_plan(plan: Plan, out: Path) -> None:
    """Writes the plan into its folder; more seeds than before may be asked for, and nothing else.

    Raises:
        InputError: the folder holds another comparison; what differs is listed.
    """
    path, record = out / PLAN, plan.record()
    if path.exists():
        before = read_plan(out)
        different = [key for key in ("budget", "threads", "data") if record[key] != before.get(key)]
        different += [
            name for name, sections in record["sides"].items() if not _agree(before["sides"].get(name), sections)
        ]
        if different:
            raise InputError(
                f"{out} holds another comparison (other {', '.join(different)}); name another folder with --out"
            )
        record["seeds"] = sorted({*before["seeds"], *plan.seeds})
    out.mkdir(parents=True, exist_ok=True)
    write_text_aside(path, json.dumps(record, ensure_ascii=False, indent=1) + "\n")


def read_plan(out: Path) -> dict[str, Any]:
    """The plan in a folder, as ``Plan.record`` gives it.

    Raises:
        InputError: there is none, or it is damaged.
    """
    try:
        record = json.loads((out / PLAN).read_text(encoding="utf-8"))
        record["sides"], record["seeds"], record["budget"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{out / PLAN} is not the plan of a comparison; run regard lab compare again") from error
    return dict(record)


def _agree(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> bool:
    """Whether settings are the same; a key that did not exist before has to have its default."""
    if before is None:
        return False
    usual = _without_paths(Settings())
    return all(
        value == before.get(section, {}).get(key, usual[section][key])
        for section, table in now.items()
        for key, value in table.items()
    )


def _file_of(given: str) -> Path | None:
    return Path(given) if given.endswith(".toml") else None


def _preset_of(given: str) -> str | None:
    return None if given.endswith(".toml") else given


def _name_of(given: str) -> str:
    return Path(given).stem if given.endswith(".toml") else given


def _require_same_text(one: Settings, other: Settings) -> None:
    """Translations of different subwords or data would compare more than the two networks."""
    if one.data != other.data:
        raise SettingsError(
            "the two sides read different data; give --source, --target and the like, which count for both, and leave "
            "[data] out of the files"
        )
    if (one.text.kind, one.text.vocab_size) != (other.text.kind, other.text.vocab_size):
        raise SettingsError(
            f"the two sides are to share their subwords, but one asks for {one.text.vocab_size:,} of kind "
            f"{one.text.kind} and the other for {other.text.vocab_size:,} of kind {other.text.kind}; give both, for "
            "example text.vocab_size=8000"
        )


def _without_paths(settings: Settings) -> dict[str, Any]:
    sections = json.loads(settings_to_json(settings))
    data = {key: value for key, value in sections["data"].items() if key.split("_")[-1] not in _PLACES}
    return {**sections, "data": data}


def _file_names(settings: Settings, test: ScoredSet | None) -> dict[str, str]:
    data = settings.data
    given = {"train": data.source, "valid": data.valid_source, "test": test and test.source}
    given |= {"tokenised": test and test.tokenised}
    return {key: f"{path.parent.name}/{path.name}" for key, path in given.items() if path is not None}
