"""The lab: what textbooks say of attention, measured, each claim beside a control that would refute it.

Enters: names of experiments, a folder, how much may be spent. Leaves: a ``Claim`` per sentence that was measured, as
JSON, and a page of them all. Must not know: argv, colours, HTTP.

``claim`` is what is found, ``experiment`` what finds it, ``bench`` what it works with, ``registry`` the list of all.
``running`` runs and records them, ``page`` and ``drawing`` show the records. The other files are the experiments.
"""

from regard.lab.bench import Bench
from regard.lab.claim import Chart, Claim, Series, Table, Told
from regard.lab.effort import FULL, USUAL, Effort
from regard.lab.experiment import Experiment
from regard.lab.page import write_page
from regard.lab.registry import EXPERIMENTS, find_experiments
from regard.lab.running import Outcome, run_lab

__all__ = [
    "EXPERIMENTS",
    "FULL",
    "USUAL",
    "Bench",
    "Chart",
    "Claim",
    "Effort",
    "Experiment",
    "Outcome",
    "Series",
    "Table",
    "Told",
    "find_experiments",
    "run_lab",
    "write_page",
]
