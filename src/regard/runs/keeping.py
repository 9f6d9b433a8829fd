"""What a run puts on disk while it trains: its best model and its checkpoints.

A disk that is full or fails for a while does not end the run: what was there before stays, what could not be written is
held, and the next save tries again. Only where a save is insisted on (the first and the last) its error is raised.
"""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import final

from torch import Tensor

from regard.bundle import Bundle, BundleFacts, load_bundle, save_bundle
from regard.bundle.manifest import SHORTLIST
from regard.errors import BundleError, MachineError
from regard.models import AnyModel, merged_state, weights_of
from regard.runs.folder import RunFolder
from regard.settings import Settings
from regard.text.shortlist import Shortlist
from regard.training import Progress, Reporter, Trainer, lent, load_state, save_state


@final
class Keeping:
    """Publishes, saves and restores for one run."""

    def __init__(
        self, folder: RunFolder, settings: Settings, tokenizer: bytes, trainer: Trainer, reporter: Reporter
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.tokenizer = tokenizer
        self.trainer = trainer
        self.reporter = reporter
        self._unpublished: tuple[BundleFacts, Mapping[str, Tensor]] | None = None

    @property
    def model(self) -> AnyModel:
        """The network."""
        return self.trainer.model

    def publish(self, facts: BundleFacts) -> None:
        """Makes the network's present weights the run's model, or holds a copy of them until the disk takes it."""
        self._unpublished = None
        try:
            self._write_model(facts)
        except MachineError as error:
            self._unpublished = facts, {name: tensor.clone() for name, tensor in weights_of(self.model).items()}
            self._go_on(error)

    def annotate(self, bundle: Bundle, facts: BundleFacts) -> None:
        """Gives the model that stands other facts; if the disk refuses, it stays as it is, and that is said."""
        try:
            self._write(facts, bundle.weights())
        except MachineError as error:
            self.reporter.note(f"{error}. The model is complete but for its word alignments")

    def publish_held(self) -> None:
        """Publishes the model that could not be written, if there is one.

        Raises:
            MachineError: it still cannot.
        """
        if self._unpublished is not None:
            facts, weights = self._unpublished
            with lent(self.model, weights):
                self._write_model(facts)
            self._unpublished = None

    def save(self, *, insist: bool) -> None:
        """Writes a checkpoint, after the model it speaks of.

        Raises:
            MachineError: it cannot be written, and ``insist`` is asked for.
        """
        tensors = self.trainer.tensors()  # first of all: other processes hand in their parts now, come what may
        try:
            self.publish_held()
            self._save(self.trainer.record(), tensors)
        except MachineError as error:
            if insist:
                raise
            self._go_on(error)

    def restore_latest(self) -> int:
        """Puts the trainer where the latest checkpoint that can be read left it. Damaged ones are set aside.

        Returns:
            The number of updates that this checkpoint is called by.

        Raises:
            BundleError: no checkpoint can be read.
        """
        damaged: dict[Path, str] = {}
        for step, checkpoint in reversed(self.folder.by_step().items()):
            try:
                progress, tensors = load_state(checkpoint)
            except BundleError as error:
                damaged[checkpoint] = str(error)
                continue
            self._tell_of_fallback(damaged, progress)
            self.trainer.restore(progress, tensors)
            return step
        raise BundleError(
            "; ".join(damaged.values()) or f"{self.folder.root} has no checkpoint; begin it again, in another folder"
        )

    def _tell_of_fallback(self, damaged: Mapping[Path, str], progress: Progress) -> None:
        for checkpoint, problem in damaged.items():
            aside = self.folder.set_aside(checkpoint)
            self.reporter.note(f"{problem}; it is kept as {aside.name}, and the one before it is used")
        self.reporter.note(f"resuming after update {progress.step:,}")

    def _write_model(self, facts: BundleFacts) -> None:
        self._write(facts, merged_state(self.model))

    def _write(self, facts: BundleFacts, weights: Mapping[str, Tensor]) -> None:
        save_bundle(
            self.folder.model,
            settings=self.settings,
            tokenizer=self.tokenizer,
            weights=weights,
            facts=facts,
            shortlist=self._shortlist(),
            replace=True,
        )

    def _shortlist(self) -> Shortlist | None:
        """That of the model that is replaced, if somebody gave it one: it is about pairs and subwords, not weights."""
        if (self.folder.model / SHORTLIST).exists():
            with suppress(BundleError):
                return load_bundle(self.folder.model).shortlist
        return None

    def _save(self, progress: Progress, tensors: Mapping[str, Tensor]) -> None:
        save_state(self.folder.checkpoint(progress.step), progress, tensors)
        self.folder.forget_old_checkpoints(self.settings.training.keep_checkpoints, steps=progress.validated_steps)

    def _go_on(self, error: MachineError) -> None:
        self.reporter.note(f"{error}. Training goes on, and the next save tries again")
