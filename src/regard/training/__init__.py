"""Changing weights: loss, schedule, optimizer, averages, and the loop around them.

Enters: a network, a stream of batches, settings, and callables to validate, publish and save. Leaves: changed weights,
a ``Progress`` to resume from, reports for whoever listens. Must not know: text, search (validation is a callable that
returns plain numbers), files other than its own state.
"""

from regard.training.average import MovingAverage, lent, mean_of
from regard.training.loss import smoothed_cross_entropy
from regard.training.processes import Alone, Processes
from regard.training.report import Reporter, Silent, StepReport, ValidReport
from regard.training.schedule import learning_rate
from regard.training.state import Progress, load_state, save_state
from regard.training.trainer import Surroundings, Trainer
from regard.training.update import batch_loss

__all__ = [
    "Alone",
    "MovingAverage",
    "Processes",
    "Progress",
    "Reporter",
    "Silent",
    "StepReport",
    "Surroundings",
    "Trainer",
    "ValidReport",
    "batch_loss",
    "learning_rate",
    "lent",
    "load_state",
    "mean_of",
    "save_state",
    "smoothed_cross_entropy",
]
