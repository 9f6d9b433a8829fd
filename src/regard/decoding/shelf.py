"""Hypotheses of one sentence that are set aside, and when the search for more may stop."""

from regard.decoding.hypothesis import Hypothesis, normalised_score
from regard.settings.decoding import DecodingSettings


class Shelf:
    """What beam search has finished for one sentence.

    Search stops as soon as one of these holds:

    * ``beam_size`` hypotheses are finished. This is what makes a beam of 1 greedy search;
    * as many as were asked for are finished, and the best live one cannot beat the worst of them any more: its
      log-probability can only fall, so ``log_probability / limit ** length_penalty`` is the most it can reach. This
      saves steps and never changes what is returned;
    * the maximum length is reached. The live ones are kept as cut, and compete by score like the others: a finished
      one can be far less probable than the beginning of a good translation.
    """

    def __init__(self, limit: int, settings: DecodingSettings) -> None:
        self.limit = limit
        self._settings = settings
        self._kept: list[Hypothesis] = []

    def add(self, hypothesis: Hypothesis) -> None:
        """Sets a finished or a cut hypothesis aside."""
        self._kept.append(hypothesis)

    def is_complete(self, best_live_total: float) -> bool:
        """Whether the live hypotheses, the best of which has this log-probability, may be dropped."""
        if len(self._kept) >= self._settings.beam_size or best_live_total == float("-inf"):
            return True
        wanted = self._settings.num_hypotheses
        if len(self._kept) < wanted:
            return False
        attainable = normalised_score(best_live_total, self.limit, self._settings.length_penalty)
        return attainable <= self.ranked()[wanted - 1].score

    def ranked(self) -> list[Hypothesis]:
        """At most ``num_hypotheses``, best score first."""
        best_first = sorted(self._kept, key=lambda hypothesis: hypothesis.score, reverse=True)
        return best_first[: self._settings.num_hypotheses]
