"""What an experiment works with: a folder, how much it may spend, and the trained networks, each trained once."""

import hashlib
import shutil
from pathlib import Path
from typing import Final, final

from regard.lab.effort import USUAL, Effort
from regard.lab.networks import network_settings
from regard.runs import resume, train
from regard.settings import Settings, settings_to_json
from regard.training import Reporter, Silent
from regard.translator import Translator, load

_FINISHED: Final = "finished"


@final
class Bench:
    """The place of work of all experiments of one ``regard lab run``.

    Attributes:
        folder: where networks and their sentences are kept.
        effort: how much may be spent.
        reporter: listens to what happens.
    """

    def __init__(self, folder: Path, *, effort: Effort = USUAL, reporter: Reporter | None = None) -> None:
        self.folder = folder
        self.effort = effort
        self.reporter = reporter or Silent()
        self._loaded: dict[str, Translator] = {}

    def translator(self, name: str) -> Translator:
        """The trained network of this name, on the CPU: loaded, or trained, or its training brought to an end."""
        if name not in self._loaded:
            self._loaded[name] = load(self._trained(name), device="cpu")
        return self._loaded[name]

    def _trained(self, name: str) -> Path:
        settings = network_settings(name, self.effort, self.folder / "sentences")
        run = self.folder / "networks" / f"{name}-{_digest(settings)}"
        if not (run / _FINISHED).exists():
            self.reporter.note(f"the network '{name}', in {run}")
            self._train(settings, run)
            (run / _FINISHED).touch()
        return run

    def _train(self, settings: Settings, run: Path) -> None:
        if any(run.glob("checkpoints/step-*")):
            resume(run, reporter=self.reporter)
            return
        if run.exists():  # stopped before anything was saved
            shutil.rmtree(run)
        train(settings, run, reporter=self.reporter)


def _digest(settings: Settings) -> str:
    """Other settings, another folder: no network is taken for what it is not. Where its sentences lie is no matter."""
    data = settings.data.model_copy(update=dict.fromkeys(("source", "target", "valid_source", "valid_target")))
    written = settings_to_json(settings.model_copy(update={"data": data}))
    return hashlib.sha256(written.encode()).hexdigest()[:8]
