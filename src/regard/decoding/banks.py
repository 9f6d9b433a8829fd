"""Beam search that must write certain phrases: places in the beam are shared out by how much of them is written.

Hypotheses with equally many tokens of required phrases compete with each other alone, in a *bank* (Hokamp and Liu
2017; Post and Vilar 2018): otherwise those that have paid for a phrase would always lose against those that have not
begun. The best of every bank goes on, then the second of every bank, until the beam is full; so places that one bank
cannot fill go to the others. Candidates are each beam's best tokens, and whatever brings a phrase forward, however
improbable. A hypothesis ends only when it contains everything, unless nothing else is possible.
"""

from collections.abc import Sequence
from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.decoding.beam import Beams, Candidates
from regard.decoding.choice import best_next
from regard.decoding.phrases import PhraseTable, Progress, RequiredPhrase, Seams
from regard.decoding.restrictions import without_end


@final
class Banks:
    """A ``Selector``: how candidates are ranked where phrases are required.

    Args:
        required: the phrases of each sentence of the search.
        seams: of the vocabulary.
        unbeatable: how many finished hypotheses must score better than all live ones before a search stops.
    """

    def __init__(
        self, required: Sequence[Sequence[RequiredPhrase]], seams: Seams, *, unbeatable: int | None = 1
    ) -> None:
        self.unbeatable = unbeatable
        self._table = PhraseTable(required, seams)

    def select(self, beams: Beams, log_probs: Float[Tensor, "row vocab"]) -> Candidates:
        """The candidates of each sentence in the order in which they get places, twice as many as places."""
        table = self._table.select(beams.sentences).to(beams.tokens.device)
        progress = table.progress(beams.tokens)
        sentences, beam_size = beams.totals.shape
        allowed = self._allowed(table, progress, log_probs)
        values, tokens = best_next(allowed, beam_size + 2)
        values, tokens = (each.view(sentences, beam_size, -1) for each in (values, tokens))
        forward, forward_values = _forward(table, progress, log_probs, tokens)
        tokens = torch.cat((tokens, forward), dim=2)
        values = torch.cat((values, forward_values), dim=2).double()
        totals = beams.totals[..., None] + values
        order = shared_out(totals.flatten(1), self._banks(table, progress, tokens).flatten(1))[:, : 2 * beam_size]
        return Candidates(
            parents=order // tokens.shape[2],
            tokens=tokens.flatten(1).gather(1, order),
            log_probabilities=values.flatten(1).gather(1, order),
            totals=totals.flatten(1).gather(1, order),
        )

    def _allowed(self, table: PhraseTable, progress: Progress, log_probs: Tensor) -> Tensor:
        """Without what would go on with a word that is a phrase; without EOS while something is missing.

        Neither where nothing else is left, as in a prefix.
        """
        closing = progress.closing.flatten()
        if bool(closing.any()):
            closed = log_probs.masked_fill(table.seams.joins, float("-inf"))
            closing = closing & closed.amax(1).isfinite()
            log_probs = torch.where(closing[:, None], closed, log_probs)
        return without_end(log_probs, ~table.all_met(progress.met).flatten())

    def _banks(self, table: PhraseTable, progress: Progress, tokens: Tensor) -> Int[Tensor, "sentence beam candidate"]:
        """The bank that each candidate would belong to."""
        wanted, useful = table.next_tokens(progress)
        forward = (tokens[..., None, :] == wanted[..., None]) & useful[..., None]
        behind = (progress.reached + 1)[..., None] * forward
        done = behind == table.lengths[:, None, :, None]
        at_work = behind.masked_fill(done, 0).amax(2)
        weights = table.weights.gather(1, table.owners)[:, None, :, None]
        newly = ((done & forward) * weights).amax(2)
        met = (progress.met * table.weights[:, None]).sum(2)[..., None]
        return met + torch.maximum(newly, at_work)


def _forward(
    table: PhraseTable, progress: Progress, log_probs: Tensor, tokens: Int[Tensor, "sentence beam best"]
) -> tuple[Tensor, Tensor]:
    """The tokens that bring a phrase forward, each once; impossible where a beam's best tokens hold it already."""
    wanted, useful = table.next_tokens(progress)
    sentences, beams, cuts = wanted.shape
    values = log_probs.view(sentences, beams, -1).gather(2, wanted)
    earlier = torch.ones(cuts, cuts, dtype=torch.bool, device=wanted.device).tril(-1)
    twice = ((wanted[..., :, None] == wanted[..., None, :]) & useful[..., None, :] & earlier).any(3)
    known = (wanted[..., None] == tokens[..., None, :]).any(3)
    closing = progress.closing[..., None] & table.seams.joins[wanted]
    return wanted, values.masked_fill(~useful | twice | known | closing, float("-inf"))


def shared_out(
    totals: Float[Tensor, "sentence candidate"], banks: Int[Tensor, "sentence candidate"]
) -> Int[Tensor, "sentence candidate"]:
    """Candidates in the order in which they get places: the best of every bank, the second of every bank …

    Of those with the same rank the fuller bank comes first. Impossible candidates come last.
    """
    by_total = totals.argsort(dim=1, descending=True, stable=True)
    sorted_banks = banks.gather(1, by_total)
    members = torch.nn.functional.one_hot(sorted_banks, int(banks.max()) + 1)
    ranks = members.cumsum(1).gather(2, sorted_banks[..., None])[..., 0]
    keys = ranks * members.shape[2] - sorted_banks
    keys = keys.masked_fill(totals.gather(1, by_total).isneginf(), torch.iinfo(torch.long).max)
    return by_total.gather(1, keys.argsort(dim=1, stable=True))
