"""What happens when you type ``regard train``: read, cut, train, validate, keep the best.

This is the only place where training, decoding, evaluation, text and folders meet.
"""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, final

import torch

from regard.batches import Batch, EncodedPairs
from regard.bundle import AlignmentFact, BundleFacts, load_bundle
from regard.corpus import Pair
from regard.disk import file_aside, held, write_text_aside
from regard.errors import MachineError
from regard.launch import Launch, launcher
from regard.runs.agreement import require_agreement
from regard.runs.averaging import mean_of_checkpoints
from regard.runs.beginning import Beginning, restrict
from regard.runs.curve import draw_curve
from regard.runs.data import RunData, read_data
from regard.runs.encode import encode_data, tokenizer_of
from regard.runs.folder import RunFolder
from regard.runs.keeping import Keeping
from regard.runs.kept import kept_tokenizer, refuse_changed_data, valid_facts
from regard.runs.listeners import Several, Spared, listener_of
from regard.runs.machine import machine_facts
from regard.runs.memorising import pairs_known_by_heart
from regard.runs.nonfinite import keep_batches
from regard.runs.order import training_batches
from regard.runs.restoring import restore
from regard.runs.scores import score_facts
from regard.runs.setup import give_kernels, new_model, prepare_machine
from regard.runs.signals import stop_requests
from regard.runs.together import gathered
from regard.runs.validate import Validator
from regard.runs.watching import Watch, unwatched
from regard.settings import Settings, dump_settings, load_settings
from regard.settings.load import refuse_contradictions
from regard.text import Tokenizer
from regard.training import (
    Alone,
    Processes,
    Reporter,
    Surroundings,
    Trainer,
    ValidReport,
    lent,
)
from regard.training.log import JsonlLog, read_log


@final
@dataclass(frozen=True)
class RunResult:
    """How a run ended. ``best_score`` is in ``training.valid_metric``."""

    model: Path
    steps: int
    best_score: float | None
    best_step: int | None
    elapsed_seconds: float


def train(
    settings: Settings,
    out: Path,
    *,
    reporter: Reporter | None = None,
    data: RunData | None = None,
    tokenizer: Tokenizer | None = None,
) -> RunResult:
    """Trains a translator: from scratch, or on from the model in ``settings.training.init``.

    Args:
        settings: everything about the run.
        out: a new folder for it; the model will lie in ``out/model``.
        reporter: listens to what happens.
        data: the pairs that ``settings.data`` names, if they have been read.
        tokenizer: subwords that have been learned, in place of those ``settings.text`` asks for.

    Raises:
        OutputExistsError: ``out`` is there already.
        BundleError: there is no model to go on from, or it is damaged.
        SettingsError: the settings contradict each other, or describe another network than that model.
        CorpusError: the pairs cannot be read, or their sides seem shifted.
        DivergedError: training became non-finite; what was saved before stays.
        MachineError: the processes that train together have not read the same.
        DiskFullError: no space is left; what was saved before stays.
        KeyboardInterrupt: Ctrl-C, after the state was saved.
    """
    began = time.monotonic()
    listener = listener_of(reporter)
    refuse_contradictions(settings)
    prepare_machine(settings)
    data, seconds_before = (read_data(settings.data), 0.0) if data is None else (data, data.seconds)
    _tell(data, listener)
    beginning = Beginning.named(settings.training.init)
    if beginning is not None:
        tokenizer = beginning.checked(settings, tokenizer)
    folder = RunFolder.create(out) if Launch.of().is_first else RunFolder(out)
    with _working_in(folder, listener), gathered(settings.training) as processes:
        tokenizer = tokenizer or tokenizer_of(data, settings)
        run = Run(folder, settings, tokenizer, data, listener, beginning=beginning, processes=processes)
        run.compare(resumes=False)
        if processes.is_first:
            run.write_beginning()
        if data.preparation is None:  # what is prepared on disk is kept for other runs, and no part of this one's time
            run.trainer.started_before(time.monotonic() - began + seconds_before)
        return run.go()


def resume(run: Path, *, reporter: Reporter | None = None, watch: Watch = unwatched) -> RunResult:
    """Continues a run from its latest checkpoint, bit for bit as if it had not stopped.

    Args:
        run: its folder.
        reporter: listens to what happens.
        watch: told how far preparing a large corpus has come, should that be needed again.

    Raises:
        BundleError: there is no such run, its checkpoints are damaged, or the training pairs have changed.
        InUseError: another process trains in the folder.
        CorpusError: the pairs cannot be read.
        MachineError: the processes that train together do not find the same.
    """
    folder = RunFolder.existing(run)
    listener = listener_of(reporter)
    settings = load_settings(folder.settings)
    prepare_machine(settings)
    with _working_in(folder, listener), gathered(settings.training) as processes:
        tokenizer = kept_tokenizer(folder)
        data = read_data(settings.data, watch=watch)
        _tell(data, listener)
        going = Run(folder, settings, tokenizer, data, listener, processes=processes)
        going.compare(resumes=True)
        refuse_changed_data(folder, going.data_facts())
        restore(going.keeping)
        return going.go()


@contextmanager
def _working_in(folder: RunFolder, listener: Reporter) -> Iterator[None]:
    """Keeps other runs out of the folder meanwhile; of the processes of one run, the first holds it for all."""
    if not Launch.of().is_first:
        yield
        return
    with held(folder.root) as is_locked:
        if not is_locked:
            listener.note(f"files cannot be locked in {folder.root}; see to it that only one process trains there")
        try:
            yield
        finally:
            folder.forget_if_nothing_began()


def _alignment_finder() -> Callable[..., AlignmentFact | None] | None:
    """Loaded before training begins: a long run whose program is replaced meanwhile ends with what it began with."""
    if find_spec("regard.tracing") is None:  # training works without that room, as everything else does
        return None
    from regard.runs.alignment import alignment_fact

    return alignment_fact


@final
class Run:
    """A trainer in its folder, with everything it is handed."""

    def __init__(
        self,
        folder: RunFolder,
        settings: Settings,
        tokenizer: Tokenizer,
        data: RunData,
        reporter: Reporter,
        *,
        beginning: Beginning | None = None,
        processes: Processes | None = None,
    ) -> None:
        self.processes = processes or Alone()
        self.folder = folder
        self.settings = settings
        self.tokenizer = tokenizer
        encoded = encode_data(data, tokenizer, max_tokens=settings.data.max_tokens)
        self.pairs: EncodedPairs = encoded.pairs
        self.valid = data.valid
        self.validator = Validator(data.valid, tokenizer, settings, num_processes=self.processes.size)
        self.model = new_model(settings, tokenizer.vocab_size)
        give_kernels(self.model, settings, tell=reporter.note)
        if beginning is not None:
            beginning.fill(self.model)
        self._restriction = restrict(self.model, settings.training)
        batches = training_batches(encoded.pairs, tokenizer, settings, self.processes, tell=reporter.note)
        self.trainer = Trainer(self.model, batches, settings.training, processes=self.processes)
        self.trainer.progress.began_from = None if beginning is None else beginning.sha256
        self.reporter = reporter
        self.keeping = Keeping(folder, settings, tokenizer.to_bytes(), self.trainer, reporter)
        self._alignment_fact = _alignment_finder()
        for note in self._notes(encoded.num_too_long):
            reporter.note(note)

    def compare(self, *, resumes: bool) -> None:
        """Sees that every process of this training has read the same.

        Raises:
            MachineError: one has not; no process goes on.
        """

        def facts() -> dict[str, Any]:
            data = self.data_facts()
            return {
                "another state of the folder of the run": resumes,
                "other training pairs": data["fingerprint"],
                "other validation pairs": data["valid"]["fingerprint"],
                "other subwords": self.tokenizer.to_bytes().hex(),
                "other weights to go on from": self.trainer.progress.began_from,
            }

        require_agreement(self.processes, facts)

    def go(self) -> RunResult:
        """Trains to the end, or until told to stop."""
        with closing(self.trainer.stream):
            if self.processes.is_first:
                self._write_and_train()
            else:
                self._help()
        self.processes.wait()
        end = self.trainer.progress
        return RunResult(self.folder.model, end.step, end.best_score, end.best_step, end.elapsed_seconds)

    def _help(self) -> None:
        """Trains as one of several processes that is not the first: it has nothing to say and nothing to write."""

        def validate(step: int) -> ValidReport:
            raise AssertionError(f"only the first process validates, not number {self.processes.rank} after {step}")

        def hand_in(*, insist: bool) -> None:  # noqa: ARG001
            self.trainer.tensors()  # its parts of what the first process saves now

        with stop_requests(self.reporter) as stop:
            around = Surroundings(validate, lambda _: None, hand_in, stop, self.reporter, diverged=self._keep_batches)
            self._train(around)

    def _write_and_train(self) -> None:
        events, step = self.settings.training.tensorboard, self.trainer.progress.step
        with (
            JsonlLog(self.folder.log, tensorboard=events, step=step, tell=self.reporter.note) as log,
            stop_requests(self.reporter) as stop,
        ):
            everyone = Several([Spared(log, tell=self.reporter.note), self.reporter])
            self.keeping.reporter = everyone
            around = Surroundings(
                validate=self._validate,
                publish=lambda report: self.keeping.publish(self._facts(report)),
                save=self._save,
                should_stop=stop,
                reporter=everyone,
                diverged=self._keep_batches,
            )
            if self._train(around):
                self._try_average(around)
                self.keeping.publish_held()
                self._tell_if_memorised(everyone)
                self._learn_alignment()

    def write_beginning(self) -> None:
        """What resuming needs besides a checkpoint; the settings last, since they make the folder one of a run.

        Raises:
            OutputExistsError: another process was quicker, and learned something here.
            DiskFullError: no space is left.
        """
        self.folder.refuse_if_begun()
        with file_aside(self.folder.tokenizer) as file:
            file.write(self.tokenizer.to_bytes())
        write_text_aside(self.folder.data, json.dumps(self.data_facts(), indent=1))
        if began_by := launcher():
            write_text_aside(self.folder.launcher, began_by)
        write_text_aside(self.folder.settings, dump_settings(self.settings))

    def data_facts(self) -> dict[str, Any]:
        """Which pairs this run trains and is validated on."""
        return {"fingerprint": self.pairs.fingerprint, "num_pairs": len(self.pairs), "valid": valid_facts(self.valid)}

    def _train(self, around: Surroundings) -> bool:
        is_new = self.processes.from_first(float(not self.folder.checkpoints()))
        if is_new:  # the first updates can be gone on from too, and a full disk is met now
            self.trainer.progress.machine = machine_facts(self.model)
            around.save(insist=True)
        progress = self.trainer.progress
        if self.settings.training.init is not None and not progress.step and progress.best_score is None:
            self.trainer.validate_first(around)  # also if it was stopped in the middle of that
        return self.trainer.run(around)

    def _validate(self, step: int) -> ValidReport:
        report = self.validator(self.model, step)
        if self.validator.warning is not None:
            self.keeping.reporter.note(self.validator.warning)
        return report

    def _keep_batches(self, batches: Sequence[Batch], message: str) -> str:
        if self.trainer.network is not self.model:
            return "With training.distribution = 'shards' its sentence pairs are not kept"
        path = self.folder.nonfinite(self.trainer.progress.step + 1)
        return keep_batches(
            path, batches, message, model=self.model, tokenizer=self.tokenizer, processes=self.processes
        )

    def _facts(self, report: ValidReport | None) -> BundleFacts:
        return BundleFacts(
            training_data=self.pairs.fingerprint,
            num_pairs=len(self.pairs),
            num_steps=self.trainer.progress.step,
            began_from=self.trainer.progress.began_from,
            scores=() if report is None else score_facts(report, len(self.validator.pairs)),
        )

    def _save(self, *, insist: bool) -> None:
        self.keeping.save(insist=insist)
        with suppress(MachineError):  # it is drawn again after the next save
            draw_curve(self.folder.log, self.folder.curve)

    def _try_average(self, around: Surroundings) -> None:
        """With ``average_checkpoints``, the mean of the last ones becomes the model if it validates better."""
        progress, tell = self.trainer.progress, around.reporter.note
        found = mean_of_checkpoints(self.folder, progress.validated_steps, self.model, tell=tell)
        if found is None:
            return
        mean, count = found
        with lent(self.model, mean):
            report = around.validate(progress.step)
            metric = self.settings.training.valid_metric
            is_best = self.trainer.is_better(report.scores[metric])
            tell(
                f"the mean of the last {count} checkpoints: {metric} {report.scores[metric]:.2f}, "
                + ("better, so it is the model" if is_best else "not better than the best, which stays")
            )
            if is_best:
                around.publish(report)
                progress.best_score, progress.best_step = report.scores[metric], progress.step

    def _tell_if_memorised(self, reporter: Reporter) -> None:
        with suppress(MachineError):  # without a log there is nothing to say
            known = pairs_known_by_heart(read_log(self.folder.log).validations, self.settings)
            if known is not None:
                reporter.note(known)

    def _learn_alignment(self) -> None:
        """Finds out, of the model that was kept, which heads say what translates what, and notes it with the model."""
        if self._alignment_fact is None:
            return
        bundle = load_bundle(self.folder.model)
        plain = new_model(self.settings, self.tokenizer.vocab_size)
        Beginning(bundle).fill(plain)
        plain.eval()
        limit = min(self.settings.data.max_tokens, (plain.max_positions or 1 << 30) - 1)
        fact = self._alignment_fact(plain, self.tokenizer, self.valid, max_tokens=limit)
        if fact is not None:
            self.keeping.annotate(bundle, bundle.facts.model_copy(update={"alignment": fact}))

    def _notes(self, num_too_long: int) -> Sequence[str]:
        notes = []
        if num_too_long:
            notes.append(
                f"{num_too_long:,} pairs left out: longer than data.max_tokens = {self.settings.data.max_tokens}"
            )
        if self.tokenizer.requested_size > self.tokenizer.vocab_size:
            notes.append(f"the corpus supports {self.tokenizer.vocab_size:,} subwords, so there are so many")
        count = sum(weight.numel() for weight in self.model.parameters())
        if self._restriction is not None:
            notes.append(self._restriction)
        device = next(self.model.parameters()).device
        kind = str(self.model.dtype).removeprefix("torch.")
        notes.append(f"{count:,} weights, computing in {kind} on {device} with {torch.get_num_threads()} threads")
        return notes


def _tell(data: RunData, reporter: Reporter) -> None:
    for note in data.notes:
        reporter.note(note)


def validation_pairs(settings: Settings) -> Sequence[Pair]:
    """The validation pairs of a model with these settings, read again."""
    return read_data(settings.data).valid
