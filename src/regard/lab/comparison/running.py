"""Fills what is missing of a comparison, cell by cell; several processes may work on one comparison at once."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final, final

from regard.bundle import load_bundle
from regard.disk import file_aside, held
from regard.errors import InputError, InUseError
from regard.lab.comparison import clocks, pace
from regard.lab.comparison.cells import Cells, Key, keep_cell, read_cells
from regard.lab.comparison.memory import memory_cell
from regard.lab.comparison.page import write_comparison
from regard.lab.comparison.plan import Plan, Side, keep_plan
from regard.lab.comparison.quality import Sentences, quality_cell, sentences_of, significance_cell
from regard.lab.comparison.training import train_cell, training_settings
from regard.runs.data import RunData
from regard.runs.encode import tokenizer_of
from regard.text import Tokenizer
from regard.training import Reporter, Silent
from regard.translator import load

PARTS: Final = ("pace", "training", "quality", "memory", "clocks")
"""The kinds of cells, in the order they need each other."""
BOTH: Final = "both"
"""The side of a cell that is about both."""
Told = Callable[[str], None]


def run_comparison(
    plan: Plan,
    data: RunData,
    out: Path,
    *,
    parts: Collection[str] = PARTS,
    again: bool = False,
    reporter: Reporter | None = None,
    finished: Told = lambda _: None,
    sitting: pace.Sitting = pace.USUAL,
    watch: clocks.Watch = clocks.USUAL,
) -> Path:
    """Measures the cells that are missing, and writes the page after each.

    A process killed anywhere loses at most what its training did since the last checkpoint. A second process with the
    same plan takes other trainings of it.

    Args:
        plan: what is compared.
        data: the pairs its settings name.
        out: the folder of plan, cells, page and runs.
        parts: which kinds of cells.
        again: measure cells of these parts although they are there; the new ones count.
        reporter: listens to trainings.
        finished: is told of each finished cell.
        sitting: how long the pace is measured.
        watch: how much the clocks time, and for how long memory is watched.

    Returns:
        The page.

    Raises:
        InputError: there is no such part, the folder holds another comparison, something cannot be measured again, or
            nothing can be scored against the references.
        CorpusError: the sentences to score cannot be read.
        InUseError: another process measures the pace.
        DivergedError: a training became non-finite.
        KeyboardInterrupt: Ctrl-C; finished cells and the state of a training stay.
    """
    for part in parts:
        if part not in PARTS:
            raise InputError(f"there is no part called {part!r} in a comparison; there are {', '.join(PARTS)}")
    work = _Work(plan, data, out, reporter or Silent(), finished)
    if not {"pace", "training"}.issuperset(parts):
        work.read_sentences()  # what is wrong with them is said before a training, not after
    keep_plan(plan, out)
    if again:
        work.forget(parts)
    if "pace" in parts:
        work.measure_pace(sitting)
    if "training" in parts:
        work.train()
    if "quality" in parts:
        work.judge()
    if "memory" in parts:
        work.weigh(watch)
    if "clocks" in parts:
        work.read_clocks(watch)
    return write_comparison(out)


@final
class _Work:
    """One process at work on a comparison."""

    def __init__(self, plan: Plan, data: RunData, out: Path, reporter: Reporter, finished: Told) -> None:
        self.plan, self.data, self.out = plan, data, out
        self.reporter, self.finished = reporter, finished
        self.forgotten: frozenset[Key] = frozenset()

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The subwords of both sides, learned once; learning them twice gives the same."""
        path = self.out / "tokenizer.model"
        if not path.exists():
            self.reporter.note("learning the subwords of both sides")
            with file_aside(path) as file:
                file.write(tokenizer_of(self.data, self.plan.sides[0].settings).to_bytes())
        return Tokenizer.from_bytes(path.read_bytes())

    @cached_property
    def sentences(self) -> Sentences:
        """What is translated to be scored."""
        return sentences_of(self.plan, self.data)

    def read_sentences(self) -> None:
        """Reads them now."""
        _ = self.sentences

    def forget(self, parts: Collection[str]) -> None:
        """Cells of these parts count as missing.

        Raises:
            InputError: what would be measured again decides about trainings that have begun.
        """
        if "training" in parts or ("pace" in parts and (self.out / "runs").exists()):
            raise InputError(
                "what was trained is not trained again, and its pace stays; name another folder with --out, or what is "
                "to be measured again with --only: quality, memory, clocks"
            )
        self.forgotten = frozenset(key for key in read_cells(self.out) if key.part in {*parts, "significance"})

    def measure_pace(self, sitting: pace.Sitting) -> None:
        """Both sides at once, in turns."""
        keys = {side.name: Key("pace", side.name) for side in self.plan.sides}
        if all(self._is_known(key) for key in keys.values()):
            return
        with self._lock(Key("pace", BOTH)):
            self.reporter.note(f"measuring the pace with {self.plan.threads} threads; nothing else should run")
            found = pace.measure_pace(self.plan, self.data, self.tokenizer, sitting=sitting)
            for name, key in keys.items():
                self._keep(key, found[name])

    def train(self) -> None:
        """One training after the other; those another process has in hand are left to it."""
        for seed in self.plan.seeds:
            for side in self.plan.sides:
                key = Key("training", side.name, seed)
                try:
                    with self._lock(key):
                        if not self._is_known(key):
                            self._keep(key, self._train(side, seed))
                except InUseError as error:
                    self.reporter.note(f"{key} is left to another process: {error}")

    def judge(self) -> None:
        """Translations of every trained side, and the two sides of each seed against each other."""
        for seed in self.plan.seeds:
            sides = [side for side in self.plan.sides if Key("training", side.name, seed) in self._cells()]
            for side in sides:
                key = Key("quality", side.name, seed)
                if not self._is_known(key):
                    translator = load(self._run(side, seed))
                    self._keep(key, quality_cell(translator, self.sentences, self._translations(side, seed)))
            key = Key("significance", BOTH, seed)
            if len(sides) == 2 and not self._is_known(key):
                first, second = (self._translations(side, seed) for side in self.plan.sides)
                self._keep(key, significance_cell(first, second, self.sentences.targets))

    def weigh(self, watch: clocks.Watch) -> None:
        """Peak memory and parameters, with the networks of the first seed."""
        sources = self.out / "sources.txt"
        for side in self._trained_first("memory"):
            key = Key("memory", side.name)
            if not self._is_known(key):
                with file_aside(sources) as file:
                    file.writelines(f"{line}\n".encode() for line in self.sentences.sources)
                run = self._run(side, self.plan.seeds[0])
                self._keep(key, memory_cell(run, sources, threads=self.plan.threads, seconds=watch.memory_seconds))

    def read_clocks(self, watch: clocks.Watch) -> None:
        """The three clocks of both sides, in turns, with the networks of the first seed."""
        sides = self._trained_first("clocks")
        if len(sides) < 2 or all(self._is_known(Key("clocks", side.name)) for side in sides):
            return
        self.reporter.note(f"reading clocks with {self.plan.threads} threads; nothing else should run")
        translators = [load(self._run(side, self.plan.seeds[0]), device="cpu") for side in sides]
        found = clocks.read_clocks(
            self.plan, self.data, self.tokenizer, translators, self.sentences.sources, watch=watch
        )
        for name, times in found.items():
            self._keep(Key("clocks", name), times)

    def _train(self, side: Side, seed: int) -> dict[str, Any]:
        paces = Key("pace", side.name)
        if paces not in self._cells():
            raise InputError(
                f"the pace of {side.name} is not known, so neither is how long to train; measure it first "
                "(leave --only out, or add --only pace)"
            )
        updates = pace.updates_of(self.plan.budget, self._cells()[paces]["result"])
        self.reporter.note(f"training {side.name} with seed {seed}: {updates:,} updates")
        settings = training_settings(side, seed=seed, updates=updates)
        run = self._run(side, seed)
        result = train_cell(settings, run, self.data, self.tokenizer, self.reporter)
        _require_same_subwords(run, self.tokenizer)
        return result

    def _trained_first(self, what: str) -> list[Side]:
        """The sides whose first seed is trained; ``what`` has to wait for the others."""
        seed = self.plan.seeds[0]
        trained = [side for side in self.plan.sides if Key("training", side.name, seed) in self._cells()]
        for side in self.plan.sides:
            if side not in trained:
                self.reporter.note(f"{what} of {side.name}: not before its training with seed {seed} is done")
        return trained

    def _cells(self) -> Cells:
        return read_cells(self.out)

    def _is_known(self, key: Key) -> bool:
        return key in self._cells() and key not in self.forgotten

    def _keep(self, key: Key, result: dict[str, Any]) -> None:
        keep_cell(self.out, key, result)
        self.forgotten -= {key}
        write_comparison(self.out)
        self.finished(str(key))

    def _run(self, side: Side, seed: int) -> Path:
        return self.out / "runs" / f"{side.name}-{seed}"

    def _translations(self, side: Side, seed: int) -> Path:
        return self.out / "translations" / f"{side.name}-{seed}.txt"

    @contextmanager
    def _lock(self, key: Key) -> Iterator[None]:
        folder = self.out / "locks" / str(key)
        folder.mkdir(parents=True, exist_ok=True)
        with held(folder):
            yield


def _require_same_subwords(run: Path, tokenizer: Tokenizer) -> None:
    """Raises ``InputError`` if a run was begun with other subwords than the comparison's."""
    if load_bundle(run / "model").tokenizer != tokenizer.to_bytes():
        raise InputError(f"{run} was trained with other subwords; remove it, and it will be trained again")
