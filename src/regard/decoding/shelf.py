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
    * where ``unbeatable`` is given, instead of the two above: so many are finished that no live one, taken as it
      stands, scores better than the worst of them. Whoever must write a phrase may finish early and badly, and a
      number of finished hypotheses says little then;
    * the maximum length is reached. The live ones are kept as cut, and compete by score like the others: a finished
      one can be far less probable than the beginning of a good translation.
    """

    def __init__(self, limit: int, settings: DecodingSettings, *, unbeatable: int | None = None) -> None:
        self.limit = limit
        self._unbeatable = unbeatable
        self._settings = settings
        self._kept: list[Hypothesis] = []

    def add(self, hypothesis: Hypothesis) -> None:
        """Sets a finished or a cut hypothesis aside."""
        self._kept.append(hypothesis)

    def is_complete(self, best_live_total: float, length: int = 0) -> bool:
        """Whether the live hypotheses, the best of which has this log-probability, may be dropped.

        ``length`` is how many tokens they have; only ``unbeatable`` looks at it.
        """
        if self._unbeatable is not None:
            return best_live_total == float("-inf") or self._are_beaten(best_live_total, length, self._unbeatable)
        if len(self._kept) >= self._settings.beam_size or best_live_total == float("-inf"):
            return True
        wanted = self._settings.num_hypotheses
        if len(self._kept) < wanted:
            return False
        return self._are_beaten(best_live_total, self.limit, wanted)

    def _are_beaten(self, total: float, length: int, number: int) -> bool:
        """Whether a log-probability over a length scores no better than the worst of the best ``number`` kept."""
        if len(self._kept) < number:
            return False
        return normalised_score(total, length, self._settings.length_penalty) <= self.ranked()[number - 1].score

    def ranked(self) -> list[Hypothesis]:
        """At most ``num_hypotheses``, best score first."""
        best_first = sorted(self._kept, key=lambda hypothesis: hypothesis.score, reverse=True)
        return best_first[: self._settings.num_hypotheses]
