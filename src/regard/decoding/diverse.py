"""Diverse beam search (Vijayakumar et al. 2016): a beam divided into groups that avoid each other's words.

Every group is a beam search of its own. At each step the groups choose one after the other, and a token loses
``diversity`` for every hypothesis of an earlier group that chose it at this step. The loss decides who is chosen and is
forgotten then: totals and scores are the model's log-probabilities, and the first group is an ordinary beam search.
"""

from typing import final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.decoding.beam import Beams, Candidates
from regard.decoding.choice import best_of_group
from regard.text.control import EOS


@final
class Groups:
    """A ``Selector`` for a search in which every source stands ``num_groups`` times in a row, once per group.

    Args:
        num_groups: how many.
        diversity: what a token loses per earlier hypothesis that chose it.
    """

    unbeatable: int | None = None

    def __init__(self, num_groups: int, diversity: float) -> None:
        self._num_groups = num_groups
        self._diversity = diversity

    def select(self, beams: Beams, log_probs: Float[Tensor, "row vocab"]) -> Candidates:
        """The candidates of each group, best first; the first group of every source chooses first."""
        beam_size = beams.totals.shape[1]
        by_group = log_probs.view(len(beams.sentences), beam_size, -1)
        device, names = log_probs.device, [sentence // self._num_groups for sentence in beams.sentences]
        sources = torch.tensor(_numbered(names), device=device)
        turns = torch.tensor([sentence % self._num_groups for sentence in beams.sentences], device=device)
        losses = log_probs.new_zeros(int(sources.max()) + 1, log_probs.shape[1])
        found = []
        for turn in range(self._num_groups):
            members = (turns == turn).nonzero()[:, 0]
            if len(members):
                chosen = _best(by_group[members], beams.totals[members], losses[sources[members]])
                _note(losses, sources[members], chosen, beam_size, self._diversity)
                found.append((members, chosen))
        return _in_order(found)


def _numbered(names: list[int]) -> list[int]:
    """The same values as numbers from 0 on."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return [numbers[name] for name in names]


def _best(
    log_probs: Float[Tensor, "group beam vocab"],
    totals: Float[Tensor, "group beam"],
    losses: Float[Tensor, "group vocab"],
) -> Candidates:
    beam_size, vocab = log_probs.shape[1:]
    _, parents, tokens = best_of_group(log_probs - losses[:, None], totals, 2 * beam_size if beam_size > 1 else 1)
    values = log_probs.flatten(1).gather(1, parents * vocab + tokens).double()
    return Candidates(parents, tokens, values, totals.gather(1, parents) + values)


def _note(losses: Tensor, sources: Int[Tensor, " group"], chosen: Candidates, count: int, loss: float) -> None:
    """Makes the first ``count`` tokens of each group that do not end it dearer for the groups that follow.

    A group that has ended chooses nothing, however long its empty beams stay in the batch.
    """
    goes_on = (chosen.tokens != EOS) & chosen.totals.isfinite()
    taken = goes_on & (goes_on.cumsum(1) <= count)
    rows = sources[:, None].expand_as(chosen.tokens)[taken]
    losses.index_put_(
        (rows, chosen.tokens[taken]), torch.full_like(rows, 1, dtype=losses.dtype) * loss, accumulate=True
    )


def _in_order(found: list[tuple[Tensor, Candidates]]) -> Candidates:
    """The candidates of all groups in the order of the batch."""
    order = torch.cat([members for members, _ in found]).argsort()
    names = ("parents", "tokens", "log_probabilities", "totals")
    return Candidates(*(torch.cat([getattr(each, name) for _, each in found])[order] for name in names))
