"""The evaluation room: translations and references become numbers that say how they were made.

Enters: translated strings, and one or more sets of references. Leaves: a ``Score`` per metric, with its signature.
Must not know: models, files, how the translations were found.
"""

from regard.evaluation.score import METRICS, Score, evaluate

__all__ = ["METRICS", "Score", "evaluate"]
