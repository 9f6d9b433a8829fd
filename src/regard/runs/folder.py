"""The folder of a run: what lies where.

RUN/settings.toml            the resolved settings
RUN/tokenizer.model          the subwords
RUN/data.json                which pairs, and which to validate on: fingerprints and counts
RUN/log.jsonl                one JSON object per report
RUN/curve.svg                the learning curve, drawn from the log
RUN/model/                   the best model so far, a bundle
RUN/checkpoints/step-…/      states to resume from, the latest few; damaged-… if one could not be read
RUN/nonfinite/               the sentence pairs of an update that became non-finite, if one did
RUN/.launcher                which torchrun began the run, if one did
RUN/.lock                    held by the process that works in the folder
"""

import os
import re
import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from regard.disk import LOCK, standing
from regard.errors import BundleError, OutputExistsError
from regard.training.log import EVENTS

_STEP: Final = "step-"


@final
@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths inside a run's folder."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> "RunFolder":
        """A new folder, or that of a run that ended before it had learned anything.

        Raises:
            OutputExistsError: something else is there already.
        """
        folder = cls(root)
        folder.refuse_if_begun()
        root.mkdir(parents=True, exist_ok=True)
        return folder

    @property
    def is_unused(self) -> bool:
        """Whether a run may begin here: nothing is there, or what one leaves that ends before its first checkpoint."""
        if not os.path.lexists(self.root):
            return True
        try:
            names = {path.name for path in self.root.iterdir()}
            saved = any(path.suffix != ".writing" for path in self.root.glob("checkpoints/*"))
        except OSError:
            return False
        written = {path.name for path in (self.settings, self.tokenizer, self.data, self.log, self.launcher)}
        begun = tuple(f".{name}." for name in written)
        halves = {name for name in names if name.startswith(begun) and name.endswith(".writing")}
        ours = {LOCK, EVENTS, "checkpoints", *written, *halves}
        return not names or (LOCK in names and names <= ours and not saved)

    def refuse_if_begun(self) -> None:
        """Leaves alone what somebody else wrote, or another run learned.

        Raises:
            OutputExistsError: there is such a thing.
        """
        if self.is_unused:
            return
        is_run = self.settings.is_file() and self.by_step()
        resuming = f", or continue its run: regard train --resume {self.root}" if is_run else ""
        raise OutputExistsError(f"{self.root} exists already and is left as it is; give another folder{resuming}")

    def forget_if_nothing_began(self) -> None:
        """Removes the folder of a run whose settings turned out to be wrong, so that they can be put right at once."""
        with suppress(OSError):
            if [path.name for path in self.root.iterdir()] == [LOCK]:
                (self.root / LOCK).unlink()
                self.root.rmdir()

    @classmethod
    def existing(cls, root: Path) -> "RunFolder":
        """The folder of an earlier run.

        Raises:
            BundleError: there is no run.
        """
        folder = cls(root)
        if (root / LOCK).exists() and folder.is_unused:
            raise BundleError(
                f"the run in {root} ended before its first checkpoint, so there is nothing to resume; begin it again, "
                "in the same folder if you like"
            )
        if not folder.settings.is_file():
            raise BundleError(f"{root} is not the folder of a run (no {folder.settings.name} in it); nothing to resume")
        return folder

    @property
    def settings(self) -> Path:
        """The resolved settings."""
        return self.root / "settings.toml"

    @property
    def tokenizer(self) -> Path:
        """The subwords."""
        return self.root / "tokenizer.model"

    @property
    def data(self) -> Path:
        """Fingerprints and counts of the training and the validation pairs."""
        return self.root / "data.json"

    @property
    def log(self) -> Path:
        """One JSON object per report."""
        return self.root / "log.jsonl"

    @property
    def launcher(self) -> Path:
        """Which launcher began the run, if one did."""
        return self.root / ".launcher"

    def was_begun_by(self, launcher: str) -> bool:
        """Whether it is this launcher's own run that it starts anew, and not one that was there before."""
        try:
            return bool(launcher) and self.launcher.read_text(encoding="utf-8") == launcher
        except (OSError, ValueError):
            return False

    @property
    def curve(self) -> Path:
        """The learning curve."""
        return self.root / "curve.svg"

    @property
    def model(self) -> Path:
        """The best model so far."""
        return self.root / "model"

    def nonfinite(self, step: int) -> Path:
        """The sentence pairs of an update that became non-finite."""
        return self.root / "nonfinite" / f"{_STEP}{step:08d}.json"

    def checkpoint(self, step: int) -> Path:
        """The state after so many updates."""
        return self.root.resolve() / "checkpoints" / f"{_STEP}{step:08d}"

    def by_step(self) -> dict[int, Path]:
        """Every state that was finished, the oldest first; one whose replacement was interrupted stands beside it."""
        folder = self.root.resolve() / "checkpoints"
        names = {path.name.removeprefix(".").removesuffix(".previous") for path in folder.glob(f"*{_STEP}*")}
        steps = sorted(int(name.removeprefix(_STEP)) for name in names if re.fullmatch(rf"{_STEP}\d+", name))
        places = {step: standing(self.checkpoint(step)) for step in steps}
        return {step: place for step, place in places.items() if place is not None}

    def checkpoints(self) -> list[Path]:
        """All finished states, the oldest first."""
        return list(self.by_step().values())

    def forget_old_checkpoints(self, latest: int, *, steps: Collection[int] = ()) -> None:
        """Removes all states but the latest few and those after certain updates, and what a killed run left half done.

        What cannot be removed is left to the next time.
        """
        with suppress(OSError):
            found = self.by_step()
            kept = {found[step] for step in (*list(found)[-latest:], *steps) if step in found}
            for path in set(found.values()) - kept:
                with suppress(OSError):
                    path.rename(path.with_name(f".{path.name}.removing"))  # at once: never seen half removed
            for left in (self.root.resolve() / "checkpoints").glob(f".{_STEP}*"):
                if left not in kept:
                    shutil.rmtree(left, ignore_errors=True)

    def set_aside(self, checkpoint: Path) -> Path:
        """Gives a state that cannot be read a name under which nobody looks for it; returns that."""
        aside = checkpoint.with_name(f"damaged-{checkpoint.name.removeprefix('.').removesuffix('.previous')}")
        shutil.rmtree(aside, ignore_errors=True)
        return checkpoint.rename(aside)
