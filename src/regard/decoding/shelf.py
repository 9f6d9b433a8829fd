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
    * the maximum length is reached. The live ones are kept as cut.
    """

    def __init__(self, limit: int, settings: DecodingSettings) -> None:
        self.limit = limit
        self._settings = settings
        self._finished: list[Hypothesis] = []
        self._cut: list[Hypothesis] = []

    def add(self, hypothesis: Hypothesis) -> None:
        """Sets a finished or a cut hypothesis aside."""
        (self._finished if hypothesis.finished else self._cut).append(hypothesis)

    def is_complete(self, best_live_total: float) -> bool:
        """Whether the live hypotheses, the best of which has this log-probability, may be dropped."""
        return len(self._finished) >= self._settings.beam_size or not self._can_improve(best_live_total)

    def _can_improve(self, best_live_total: float) -> bool:
        wanted = self._settings.num_hypotheses
        if best_live_total == float("-inf") or len(self._finished) < wanted:
            return best_live_total > float("-inf")
        attainable = normalised_score(best_live_total, self.limit, self._settings.length_penalty)
        return attainable > _best_first(self._finished)[wanted - 1].score

    def ranked(self) -> list[Hypothesis]:
        """At most ``num_hypotheses``, best score first.

        A translation that was cut never stands before a finished one, however high its score (an endless repetition is
        very probable, token by token): cut ones only fill the list up, as far as it stays sorted.
        """
        finished = _best_first(self._finished)
        worst = finished[-1].score if finished else float("inf")
        behind = [hypothesis for hypothesis in _best_first(self._cut) if hypothesis.score <= worst]
        return (finished + behind)[: self._settings.num_hypotheses]


def _best_first(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    return sorted(hypotheses, key=lambda hypothesis: hypothesis.score, reverse=True)
