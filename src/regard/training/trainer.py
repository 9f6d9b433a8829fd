"""The training loop: updates until the budget is used, validation on the way, and the best weights kept.

It knows nothing of text, search or folders: validating, publishing a model and saving a checkpoint are callables it is
handed.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, final, runtime_checkable

import torch
from torch import Tensor

from regard.batches import Batch, BatchStream
from regard.errors import DivergedError
from regard.models import AnyModel, weights_of
from regard.settings.training import TrainingSettings
from regard.training.average import MovingAverage, lent
from regard.training.budget import VALIDATIONS_PER_RUN, Stopwatch, known_steps, minutes_of
from regard.training.memory import Memory
from regard.training.objective import Objective
from regard.training.optimizer import build_optimizer, load_moments, moments_of, set_learning_rate
from regard.training.processes import Alone, Processes
from regard.training.random import random_states, restore_random_states
from regard.training.report import Reporter, StepReport, ValidReport
from regard.training.schedule import learning_rate
from regard.training.state import Progress, part_of
from regard.training.update import Update, apply_update
from regard.training.window import Window

_STEPS_BETWEEN_UNKNOWN: Final = 1000
LOWER_IS_BETTER: Final = frozenset({"loss"})


@runtime_checkable
class Save(Protocol):
    """Saves the trainer's state."""

    def __call__(self, *, insist: bool) -> None:
        """If the state cannot be written: raises if ``insist``, else says so and lets the run go on."""


@final
@dataclass(frozen=True)
class Surroundings:
    """What a trainer is handed: how to validate the weights, publish them as the model, and save its state."""

    validate: Callable[[int], ValidReport]
    publish: Callable[[ValidReport | None], None]
    save: Save
    should_stop: Callable[[], bool]
    reporter: Reporter
    diverged: Callable[[Sequence[Batch], str], str] | None = None
    """Keeps the batches of an update that became non-finite; says where."""


@final
class Trainer:
    """A network, its optimizer and its averages on their way through a stream of batches.

    Attributes:
        model: what is validated and published.
        network: what is trained: the same, or its twin with weights distributed over several processes.
    """

    def __init__(
        self,
        model: AnyModel,
        stream: BatchStream,
        settings: TrainingSettings,
        *,
        processes: Processes | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.processes = processes or Alone()
        self.model = model
        self.network = self.processes.network(model)
        self.stream = stream
        self.settings = settings
        self.optimizer = build_optimizer(self.network, settings)
        self.average = None if settings.ema_decay is None else MovingAverage(self.network, settings.ema_decay)
        self.progress = Progress()
        self.clock = clock
        self._window = Window()
        self._stopwatch: Stopwatch | None = None
        self._is_measuring = False
        self._memory = Memory()
        self._before_seconds = 0.0
        self._started = clock()
        self._saved_at = clock()

    # The story

    def run(self, around: Surroundings) -> bool:
        """Trains until the budget is used or patience is lost; False if it was asked to stop before.

        Raises:
            DivergedError: loss or gradient became non-finite.
        """
        self._open()
        self._window.restart(self.clock())
        while not self._is_done():
            self._update_once(around)
            is_save_due = self._agree()
            if self._is_validation_due():
                self._validate(around)
            elif is_save_due:
                self._save(around)
            if self.processes.any(around.should_stop()):
                self._close(around)
                return False
        self.progress.finished = True
        self._close(around)
        return True

    def validate_first(self, around: Surroundings) -> None:
        """Scores the weights training goes on from: they stay the model unless an update makes better ones."""
        self._validate(around)

    def better_weights(self) -> Mapping[str, Tensor]:
        """The weights that are validated and published: the moving average if there is one."""
        weights = weights_of(self.network) if self.average is None else self.average.weights
        return self.processes.whole(weights)

    # State

    def tensors(self) -> dict[str, Tensor]:
        """All tensors of the run, by name: weights, moments, averages, states of PyTorch's random numbers."""
        parts: dict[str, Mapping[str, Tensor]] = {
            "weights": weights_of(self.network),
            "optimizer": moments_of(self.network, self.optimizer),
            "average": {} if self.average is None else self.average.weights,
            "random": random_states(self._device),
        }
        named = {f"{part}:{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}
        return self.processes.whole(named)

    def record(self) -> Progress:
        """Where the run stands, brought up to date."""
        self.progress.place = self.stream.place
        self.progress.noise = self.network.noise.state
        self.progress.elapsed_seconds = self._elapsed()
        self.progress.stopwatch = None if self._stopwatch is None else self._stopwatch.state
        self.progress.window = self._window.state
        self.progress.too_many_cells = self._memory.too_many_cells
        return self.progress

    def restore(self, progress: Progress, tensors: Mapping[str, Tensor]) -> None:
        """Continues from what ``record`` and ``tensors`` gave."""
        self.processes.load(self.network, part_of(tensors, "weights"))
        load_moments(self.network, self.optimizer, part_of(tensors, "optimizer"), own=self.processes.own)
        if self.average is not None:
            like = weights_of(self.network)
            own = {name: tensor.to(self._device) for name, tensor in part_of(tensors, "average").items()}
            self.average.weights = {name: self.processes.own(tensor, like[name]) for name, tensor in own.items()}
        restore_random_states(part_of(tensors, "random"), self._device)
        self._stopwatch = None if progress.stopwatch is None else Stopwatch(**progress.stopwatch)
        if progress.window is not None:
            self._window.state = progress.window
        self._memory.too_many_cells = progress.too_many_cells
        self.progress = progress
        self.stream.place = progress.place
        self.network.noise.state = progress.noise
        self._before_seconds = progress.elapsed_seconds
        self._started = self.clock()

    def started_before(self, seconds: float) -> None:
        """Counts preparation into the run's time."""
        self._before_seconds += seconds

    # Parts

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    def _open(self) -> None:
        if self.progress.total_steps is not None:
            return
        self.progress.total_steps = known_steps(self.settings, batches_per_epoch=self.stream.batches_per_epoch)
        minutes = minutes_of(self.settings)
        if minutes is not None and self._stopwatch is None:
            self._stopwatch = Stopwatch(minutes)

    def _agree(self) -> bool:
        """Whether to save now. The first process's clock decides about that, and how many updates there will be.

        What did not fit into the memory of one process is split by all of them from now on: one number is saved, and
        with it each is to draw the same dropout in a resumed run.
        """
        self._is_measuring = self._stopwatch is not None and self._stopwatch.num_looks == 0
        is_save_due = self.clock() - self._saved_at >= self.settings.save_minutes * 60
        if self.processes.size == 1:
            return is_save_due
        decided = [float(is_save_due), float(self._is_measuring), float(self.progress.total_steps or 0)]
        unfit = [0.0] * self.processes.size
        unfit[self.processes.rank] = float(self._memory.too_many_cells or 0)
        own = decided if self.processes.is_first else [0.0] * len(decided)
        is_due, is_measuring, total, *unfit = self.processes.sum([*own, *unfit])
        self._is_measuring, self.progress.total_steps = is_measuring > 0, int(total) or None
        self._memory.too_many_cells = min((int(cells) for cells in unfit if cells), default=None)
        return is_due > 0

    def _is_done(self) -> bool:
        total, patience = self.progress.total_steps, self.settings.patience
        used_up = total is not None and self.progress.step >= total
        return used_up or (patience is not None and self.progress.validations_without_best >= patience)

    def _update_once(self, around: Surroundings) -> None:
        step = self.progress.step
        rate = learning_rate(self.settings, step, self.progress.total_steps)
        set_learning_rate(self.optimizer, rate)
        self.processes.begin_update(self.network, seed=self.settings.seed, step=step)
        batches = [self.stream.take().to(self._device) for _ in range(self.settings.accumulate)]
        update = self._apply(batches, around)
        if self.average is not None:
            self.average.update(self.network, num_updates=step)
        done = self._done
        self.progress.step = step + 1
        self._budget(around.reporter, done=done)
        self._tell(update, rate, around.reporter)

    def _apply(self, batches: Sequence[Batch], around: Surroundings) -> Update:
        known = self._memory.num_failures
        try:
            update = apply_update(
                self.network,
                self.optimizer,
                batches,
                self.settings,
                processes=self.processes,
                done=self._done,
                memory=self._memory if self.processes.can_retry else None,
            )
        except DivergedError as error:
            if around.diverged is None:
                raise
            raise DivergedError(f"{error}. {around.diverged(batches, str(error))}") from error
        if known == 0 < self._memory.num_failures:
            around.reporter.note(
                f"memory ran out: a batch of {self._memory.too_many_cells:,} cells is computed in parts from now on, "
                f"with the same result; training.batch_tokens={self.settings.batch_tokens // 2} may be faster"
            )
        return update

    @property
    def _done(self) -> float:
        """The share of the run that is over, as far as that is known."""
        total = self.progress.total_steps
        return 0.0 if total is None else self.progress.step / total

    def _budget(self, reporter: Reporter, *, done: float) -> None:
        if self._stopwatch is None or not self.processes.is_first:
            return
        is_dear = Objective.of(self.settings, done=done).consistency > 0
        dear_from = self.settings.consistency_from if self.settings.consistency else 1.0
        total = self._stopwatch.total_steps(
            self.progress.step,
            self._elapsed(),
            is_dear=is_dear,
            dear_from=dear_from,
            validate_every=self.settings.validate_every,
        )
        if total is None:
            return
        limit = known_steps(self.settings, batches_per_epoch=self.stream.batches_per_epoch)
        self.progress.total_steps = total if limit is None else min(total, limit)
        is_done = self._stopwatch.is_done
        reporter.note(
            f"{self._stopwatch.minutes:g} minutes are about {self.progress.total_steps:,} updates here; "
            + ("this number is kept" if is_done else "measured again after a fifth of them")
        )
        if is_done:
            self._stopwatch = None

    def _tell(self, update: Update, rate: float, reporter: Reporter) -> None:
        self._window.add(update, self.clock())
        if self.progress.step % self.settings.log_every and not self._is_done():
            return
        summary = self._window.close()
        reporter.step(
            StepReport(
                step=self.progress.step,
                total_steps=self.progress.total_steps,
                epoch=self.stream.epochs_done,
                loss=summary.loss,
                learning_rate=rate,
                gradient_norm=summary.gradient_norm,
                tokens_per_second=summary.tokens_per_second,
                elapsed_seconds=self._elapsed(),
                remaining_seconds=self._remaining(summary.seconds_per_update),
            )
        )

    def _remaining(self, seconds_per_update: float) -> float | None:
        total = self.progress.total_steps
        return None if total is None else (total - self.progress.step) * seconds_per_update

    def _is_validation_due(self) -> bool:
        total, step = self.progress.total_steps, self.progress.step
        if step == total:
            return True
        every = self.settings.validate_every
        if every is None:
            if self._is_measuring:
                return False
            every = _STEPS_BETWEEN_UNKNOWN if total is None else max(1, -(-total // VALIDATIONS_PER_RUN))
        return step % every == 0

    def _validate(self, around: Surroundings) -> None:
        """The first process validates and publishes, the others wait for the score."""
        began = self.clock()
        better, report = self.better_weights(), None
        if self.processes.is_first:
            with lent(self.model, better):
                report = around.validate(self.progress.step)
                if self.is_better(report.scores[self.settings.valid_metric]):
                    around.publish(report)
        score = self.processes.from_first(0.0 if report is None else report.scores[self.settings.valid_metric])
        is_best = self.is_better(score)
        self._count_validation(score, is_best=is_best)
        if report is not None:
            around.reporter.validated(_marked(report, is_best=is_best))
        if self._stopwatch is not None:
            self._stopwatch.validated(self.clock() - began)
        self._save(around)

    def is_better(self, score: float) -> bool:
        """Whether a validation score is better than the best so far; any is better than one that is no number."""
        best = self.progress.best_score
        sign = -1 if self.settings.valid_metric in LOWER_IS_BETTER else 1
        if best is None or math.isnan(best):
            return best is None or not math.isnan(score)
        return sign * score > sign * best

    def _count_validation(self, score: float, *, is_best: bool) -> None:
        if is_best:
            self.progress.best_score, self.progress.best_step = score, self.progress.step
        self.progress.validations_without_best = 0 if is_best else self.progress.validations_without_best + 1
        if not self.progress.step:  # the weights that training goes on from are not averaged with its own
            return
        count = self.settings.average_checkpoints
        self.progress.validated_steps = [*self.progress.validated_steps, self.progress.step][-count:] if count else []

    def _close(self, around: Surroundings) -> None:
        """Leaves a model, even an unvalidated one, and a checkpoint."""
        if self.progress.best_step is None:
            better = self.better_weights()
            if self.processes.is_first:
                with lent(self.model, better):
                    around.publish(None)
        around.save(insist=True)

    def _save(self, around: Surroundings) -> None:
        """Saves; neither that nor a validation before it counts as time of updates."""
        began = self.clock()
        self._window.restart(began)
        around.save(insist=False)
        self._saved_at = self.clock()
        if self._stopwatch is not None:
            self._stopwatch.saved(self._saved_at - began)
        self._window.restart(self._saved_at)

    def _elapsed(self) -> float:
        return self._before_seconds + self.clock() - self._started


def _marked(report: ValidReport, *, is_best: bool) -> ValidReport:
    return ValidReport(report.step, report.scores, report.signatures, is_best, report.samples, report.seconds)
