"""The folder of a run: what lies where.

RUN/settings.toml            the resolved settings
RUN/tokenizer.model          the subwords
RUN/data.json                which pairs: fingerprint and counts
RUN/log.jsonl                one JSON object per report
RUN/curve.svg                the learning curve, drawn from the log
RUN/model/                   the best model so far, a bundle
RUN/checkpoints/step-…/      states to resume from, the latest few
"""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regard.errors import BundleError, OutputExistsError


@final
@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths inside a run's folder."""

    root: Path

    @classmethod
    def create(cls, root: Path) -> "RunFolder":
        """A new folder.

        Raises:
            OutputExistsError: something is there already.
        """
        if root.exists() and (not root.is_dir() or any(root.iterdir())):
            raise OutputExistsError(
                f"{root} is there already and is left as it is; name another folder, or resume the run in it"
            )
        root.mkdir(parents=True, exist_ok=True)
        return cls(root)

    @classmethod
    def existing(cls, root: Path) -> "RunFolder":
        """The folder of an earlier run.

        Raises:
            BundleError: there is no run.
        """
        folder = cls(root)
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
        """Fingerprint and counts of the training pairs."""
        return self.root / "data.json"

    @property
    def log(self) -> Path:
        """One JSON object per report."""
        return self.root / "log.jsonl"

    @property
    def curve(self) -> Path:
        """The learning curve."""
        return self.root / "curve.svg"

    @property
    def model(self) -> Path:
        """The best model so far."""
        return self.root / "model"

    def checkpoint(self, step: int) -> Path:
        """The state after so many updates."""
        return self.root / "checkpoints" / f"step-{step:08d}"

    def checkpoints(self) -> list[Path]:
        """All states, oldest first."""
        return sorted((self.root / "checkpoints").glob("step-[0-9]*"))

    def forget_old_checkpoints(self, keep: int) -> None:
        """Removes all but the latest ``keep`` states."""
        for path in self.checkpoints()[:-keep]:
            shutil.rmtree(path, ignore_errors=True)
