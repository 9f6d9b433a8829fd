"""What happens when you type ``regard train``: read, cut, train, validate, keep the best.

This is the only place where training, decoding, evaluation, text and folders meet.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, final

import torch

from regard.batches import BatchStream, EncodedPairs
from regard.bundle import BundleFacts, ScoreFact, load_bundle, save_bundle
from regard.corpus import Pair
from regard.errors import BundleError
from regard.models import AnyModel, build_model
from regard.runs.curve import draw_curve
from regard.runs.data import RunData, read_data
from regard.runs.encode import Encoded, encode, learn_tokenizer
from regard.runs.folder import RunFolder
from regard.runs.listeners import Several
from regard.runs.machine import choose_device, choose_dtype, keep_freed_memory, use_threads
from regard.runs.recut import Recutting
from regard.runs.signals import stop_requests
from regard.runs.validate import Validator
from regard.settings import Settings, dump_settings, load_settings
from regard.text import Tokenizer
from regard.training import (
    Progress,
    Reporter,
    Silent,
    Surroundings,
    Trainer,
    ValidReport,
    lent,
    load_state,
    mean_of,
    save_state,
)
from regard.training.log import JsonlLog


@final
@dataclass(frozen=True)
class RunResult:
    """How a run ended. ``best_score`` is in ``training.valid_metric``."""

    model: Path
    steps: int
    best_score: float | None
    best_step: int | None
    elapsed_seconds: float


def train(settings: Settings, out: Path, *, reporter: Reporter | None = None, data: RunData | None = None) -> RunResult:
    """Trains a translator from scratch.

    Args:
        settings: everything about the run.
        out: a new folder for it; the model will lie in ``out/model``.
        reporter: listens to what happens.
        data: the pairs that ``settings.data`` names, if they have been read.

    Raises:
        OutputExistsError: ``out`` is there already.
        CorpusError: the pairs cannot be read, or their sides seem shifted.
        DivergedError: training became non-finite; what was saved before stays.
        DiskFullError: no space is left; what was saved before stays.
        KeyboardInterrupt: Ctrl-C, after the state was saved.
    """
    began = time.monotonic()
    listener = reporter or Silent()
    _prepare_machine(settings)
    data, seconds_before = (read_data(settings.data), 0.0) if data is None else (data, data.seconds)
    _tell(data, listener)
    folder = RunFolder.create(out)
    tokenizer = learn_tokenizer(data.train, settings)
    folder.tokenizer.write_bytes(tokenizer.to_bytes())
    run = Run(folder, settings, tokenizer, data, listener)
    folder.data.write_text(json.dumps(run.data_facts(), indent=1), encoding="utf-8")
    folder.settings.write_text(dump_settings(settings), encoding="utf-8")
    run.trainer.started_before(time.monotonic() - began + seconds_before)
    return run.go()


def resume(run: Path, *, reporter: Reporter | None = None) -> RunResult:
    """Continues a run from its latest checkpoint, bit for bit as if it had not stopped.

    Raises:
        BundleError: there is no such run, its checkpoint is damaged, or the training pairs have changed.
        CorpusError: the pairs cannot be read.
    """
    folder = RunFolder.existing(run)
    listener = reporter or Silent()
    settings = load_settings(folder.settings)
    _prepare_machine(settings)
    tokenizer = Tokenizer.from_bytes(folder.tokenizer.read_bytes())
    data = read_data(settings.data)
    _tell(data, listener)
    going = Run(folder, settings, tokenizer, data, listener)
    going.refuse_changed_data()
    going.restore_latest()
    return going.go()


@final
class Run:
    """A trainer in its folder, with everything it is handed."""

    def __init__(
        self, folder: RunFolder, settings: Settings, tokenizer: Tokenizer, data: RunData, reporter: Reporter
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.tokenizer = tokenizer
        encoded = encode(data.train, tokenizer, max_tokens=settings.data.max_tokens)
        self.pairs: EncodedPairs = encoded.pairs
        self.valid = data.valid
        self.validator = Validator(data.valid, tokenizer, settings)
        self.model = _new_model(settings, tokenizer.vocab_size)
        self.trainer = Trainer(self.model, _batches(encoded, tokenizer, settings), settings.training)
        self.reporter = reporter
        for note in self._notes(encoded.num_too_long):
            reporter.note(note)

    def go(self) -> RunResult:
        """Trains to the end, or until told to stop."""
        training = self.settings.training
        with (
            JsonlLog(self.folder.log, tensorboard=training.tensorboard, step=self.trainer.progress.step) as log,
            stop_requests(self.reporter) as stop,
        ):
            around = Surroundings(
                validate=lambda step: self.validator(self.model, step),
                publish=self._publish,
                save=self._save,
                should_stop=stop,
                reporter=Several([log, self.reporter]),
            )
            if self.trainer.run(around):
                self._try_average(around)
                self._learn_alignment()
        progress = self.trainer.progress
        return RunResult(
            self.folder.model, progress.step, progress.best_score, progress.best_step, progress.elapsed_seconds
        )

    def data_facts(self) -> dict[str, Any]:
        """Which pairs this run trains on."""
        return {"fingerprint": self.pairs.fingerprint, "num_pairs": len(self.pairs)}

    def refuse_changed_data(self) -> None:
        """Resuming on other pairs would be another run.

        Raises:
            BundleError: the pairs are not those the run began with.
        """
        before = json.loads(self.folder.data.read_text(encoding="utf-8"))
        if before != self.data_facts():
            raise BundleError(
                f"the run in {self.folder.root} began with {before['num_pairs']:,} pairs; what its settings name now "
                f"are {len(self.pairs):,} pairs with other content. Restore the files, or start a new run"
            )

    def restore_latest(self) -> None:
        """Puts the trainer where the latest checkpoint that can be read left it.

        Raises:
            BundleError: no checkpoint can be read.
        """
        problems: list[str] = []
        for checkpoint in reversed(self.folder.checkpoints()):
            try:
                self.trainer.restore(*load_state(checkpoint))
            except BundleError as error:
                problems.append(str(error))
                continue
            for problem in problems:
                self.reporter.note(f"fell back to {checkpoint.name}: {problem}")
            self.reporter.note(f"resuming after update {self.trainer.progress.step:,}")
            return
        raise BundleError("; ".join(problems) or f"{self.folder.root} has no checkpoint yet; start the run again")

    def _publish(self, report: ValidReport | None) -> None:
        """Makes the network's present weights the run's model."""
        facts = BundleFacts(
            training_data=self.pairs.fingerprint,
            num_pairs=len(self.pairs),
            num_steps=self.trainer.progress.step,
            scores=() if report is None else _score_facts(report, len(self.validator.pairs)),
        )
        save_bundle(
            self.folder.model,
            settings=self.settings,
            tokenizer=self.tokenizer.to_bytes(),
            weights=self.model.state_dict(),
            facts=facts,
            replace=True,
        )

    def _save(self) -> None:
        progress: Progress = self.trainer.record()
        save_state(self.folder.checkpoint(progress.step), progress, self.trainer.tensors())
        training = self.settings.training
        self.folder.forget_old_checkpoints(max(training.keep_checkpoints, training.average_checkpoints))
        draw_curve(self.folder.log, self.folder.curve)

    def _try_average(self, around: Surroundings) -> None:
        """With ``average_checkpoints``, the mean of the last ones becomes the model if it validates better."""
        count, progress = self.settings.training.average_checkpoints, self.trainer.progress
        latest = self.folder.checkpoints()[-count:] if count else []
        if len(latest) < 2:
            return
        prefix = "weights:"
        states = (load_state(path)[1] for path in latest)
        weights = [
            {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
            for state in states
        ]
        with lent(self.model, mean_of(weights)):
            report = around.validate(progress.step)
            metric = self.settings.training.valid_metric
            is_best = self.trainer.is_better(report.scores[metric])
            around.reporter.note(
                f"the mean of the last {len(latest)} checkpoints: {metric} {report.scores[metric]:.2f}, "
                + ("better, so it is the model" if is_best else "not better than the best, which stays")
            )
            if is_best:
                around.publish(report)
                progress.best_score, progress.best_step = report.scores[metric], progress.step

    def _learn_alignment(self) -> None:
        """Finds out, of the model that was kept, which heads say what translates what, and notes it with the model."""
        if find_spec("regard.tracing") is None:  # training works without that room, as everything else does
            return
        from regard.runs.alignment import alignment_fact

        bundle = load_bundle(self.folder.model)
        weights = bundle.weights()
        with lent(self.model, weights):
            limit = min(self.settings.data.max_tokens, (self.model.max_positions or 1 << 30) - 1)
            fact = alignment_fact(self.model, self.tokenizer, self.valid, max_tokens=limit)
        if fact is None:
            return
        save_bundle(
            self.folder.model,
            settings=bundle.settings,
            tokenizer=bundle.tokenizer,
            weights=weights,
            facts=bundle.facts.model_copy(update={"alignment": fact}),
            replace=True,
        )

    def _notes(self, num_too_long: int) -> Sequence[str]:
        notes = []
        if num_too_long:
            notes.append(
                f"{num_too_long:,} pairs left out: longer than data.max_tokens = {self.settings.data.max_tokens}"
            )
        if self.tokenizer.requested_size > self.tokenizer.vocab_size:
            notes.append(f"the corpus supports {self.tokenizer.vocab_size:,} subwords, so there are so many")
        count = sum(weight.numel() for weight in self.model.parameters())
        device = next(self.model.parameters()).device
        kind = str(self.model.dtype).removeprefix("torch.")
        notes.append(f"{count:,} weights, computing in {kind} on {device} with {torch.get_num_threads()} threads")
        return notes


def _tell(data: RunData, reporter: Reporter) -> None:
    for note in data.notes:
        reporter.note(note)


def _prepare_machine(settings: Settings) -> None:
    use_threads(settings.training.threads)
    keep_freed_memory()
    torch.manual_seed(settings.training.seed)


def _batches(encoded: Encoded, tokenizer: Tokenizer, settings: Settings) -> BatchStream:
    recut, training = None, settings.training
    if settings.text.sampling:
        alpha, limit = settings.text.sampling, settings.data.max_tokens
        recut = Recutting(encoded.pairs, encoded.texts, tokenizer, alpha=alpha, seed=training.seed, max_tokens=limit)
    return BatchStream(
        encoded.pairs,
        budget=training.batch_tokens,
        seed=training.seed,
        packed_width=training.packed_width,
        recut=recut,
    )


def _new_model(settings: Settings, vocab_size: int) -> AnyModel:
    training = settings.training
    device = choose_device(training.device)
    model = build_model(settings.model, vocab_size, seed=training.seed).to(device)
    model.compute_dtype = choose_dtype(training.dtype, device)
    return model


def _score_facts(report: ValidReport, num_sentences: int) -> tuple[ScoreFact, ...]:
    data = f"{num_sentences} validation sentences, greedy"
    return tuple(
        ScoreFact(metric=name, value=value, signature=report.signatures.get(name, ""), data=data)
        for name, value in report.scores.items()
    )


def validation_pairs(settings: Settings) -> Sequence[Pair]:
    """The validation pairs of a model with these settings, read again."""
    return read_data(settings.data).valid
