"""Runs: training with validation, saving, resuming.

Enters: settings and the name of a folder. Leaves: a run's folder, with the trained model in it. This room composes the
ones below. Must not know: argv, colours, HTTP.
"""

from regard.runs.check import Rehearsed, rehearse
from regard.runs.plan import Plan, plan_run, resolve_settings
from regard.runs.train import RunResult, resume, train, validation_pairs

__all__ = [
    "Plan",
    "Rehearsed",
    "RunResult",
    "plan_run",
    "rehearse",
    "resolve_settings",
    "resume",
    "train",
    "validation_pairs",
]
