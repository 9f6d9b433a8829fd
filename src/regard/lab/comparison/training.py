"""One cell: a side trained with a seed, for as many updates as the budget is worth; it may be stopped at any time."""

import shutil
from pathlib import Path
from typing import Any

from regard.lab.comparison.plan import Side
from regard.runs import resume, train
from regard.runs.data import RunData
from regard.runs.folder import RunFolder
from regard.settings import Settings
from regard.text import Tokenizer
from regard.training import Reporter
from regard.training.log import read_log


def training_settings(side: Side, *, seed: int, updates: int) -> Settings:
    """The settings of one training."""
    training = side.settings.training.model_copy(
        update={"seed": seed, "max_steps": updates, "max_minutes": None, "max_epochs": None}
    )
    return side.settings.model_copy(update={"training": training})


def train_cell(
    settings: Settings, run: Path, data: RunData, tokenizer: Tokenizer, reporter: Reporter
) -> dict[str, Any]:
    """Trains, or goes on with what was begun; returns how it went.

    Raises:
        DivergedError: training became non-finite.
        KeyboardInterrupt: Ctrl-C, after the state was saved.
    """
    folder = RunFolder(run)
    if folder.checkpoints():
        result = resume(run, reporter=reporter)
    else:
        if run.exists():  # stopped before anything was saved
            shutil.rmtree(run)
        result = train(settings, run, reporter=reporter, data=data, tokenizer=tokenizer)
    history = read_log(folder.log)
    return {
        "updates": result.steps,
        "best_step": result.best_step,
        "best_score": result.best_score,
        "threads": settings.training.threads,
        "seconds": round(result.elapsed_seconds, 1),
        "epochs": round(history.steps[-1].epoch, 2) if history.steps else None,
        "curve": [[report.step, round(report.scores["bleu"], 3)] for report in history.validations],
    }
