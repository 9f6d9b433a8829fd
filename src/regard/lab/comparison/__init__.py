"""Two ways to build or train a translator, compared as fairly as one machine can.

Enters: a ``Plan``: two sides (settings), data, a budget, seeds. Leaves: a line of JSON per finished cell, and a page
with one table, one figure and a sentence that says who wins what. Both sides read the same pairs and the same subwords.

``plan`` is what is compared, ``cells`` what is known so far, ``running`` finds what is missing; ``pace``, ``training``,
``quality``, ``memory`` and ``clocks`` fill one kind of cell each; ``page`` shows the cells.
"""

from regard.lab.comparison.page import write_comparison
from regard.lab.comparison.plan import Budget, Plan, ScoredSet, Side, plan_comparison
from regard.lab.comparison.running import PARTS, run_comparison

__all__ = [
    "PARTS",
    "Budget",
    "Plan",
    "ScoredSet",
    "Side",
    "plan_comparison",
    "run_comparison",
    "write_comparison",
]
