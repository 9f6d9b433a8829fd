"""The evaluation room: translations and references become numbers that say how they were made.

Enters: translated strings, and one or more sets of references. Leaves: a ``Score`` per metric, with its signature; a
``Comparison`` of two translators, with the probability that their difference is chance.
Must not know: models, files, how the translations were found.
"""

from regard.evaluation.compare import Comparison, SentenceDifference, compare, most_different
from regard.evaluation.score import METRICS, Score, evaluate

__all__ = ["METRICS", "Comparison", "Score", "SentenceDifference", "compare", "evaluate", "most_different"]
