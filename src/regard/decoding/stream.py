"""Greedy search, one token at a time, for whoever wants to watch."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from regard.decoding.choice import best_next, log_probabilities
from regard.decoding.limits import check_source_lengths, max_target_length
from regard.decoding.opening import answering, device_of, start_decoding
from regard.decoding.within import Within
from regard.models.interface import MemoryT, StateT, TranslationModel
from regard.settings.decoding import DecodingSettings
from regard.text.control import BOS, EOS
from regard.text.shortlist import Shortlist


@dataclass(frozen=True, slots=True)
class Candidate:
    """A token that might have come next, and its natural log-probability."""

    id: int
    log_probability: float


@dataclass(frozen=True, slots=True)
class GeneratedToken:
    """One step of search.

    Attributes:
        id: the chosen token; EOS in the last step of a finished translation.
        log_probability: its natural log-probability.
        candidates: the most probable tokens of this step, best first.
    """

    id: int
    log_probability: float
    candidates: tuple[Candidate, ...]

    @property
    def is_end(self) -> bool:
        """Whether this is EOS, which is not part of the translation."""
        return self.id == EOS


def stream_ids(
    model: TranslationModel[MemoryT, StateT],
    source: Sequence[int],
    settings: DecodingSettings,
    *,
    num_candidates: int = 5,
    shortlist: Shortlist | None = None,
) -> Generator[GeneratedToken, None, None]:
    """The tokens of greedy search as they are chosen, EOS last; nothing for an empty source.

    Nothing is computed ahead of what is asked for: close the generator and the search is over.

    Raises:
        TokenLimitError: the source has more than ``max_source_tokens``.
        DivergedError: the model's logits are not finite.
    """
    check_source_lengths([source], settings.max_source_tokens)
    if not source:
        return
    within = None if shortlist is None else Within.of(shortlist, [source])
    # `answering` is opened anew for each step: around a yield, it would hold in the reader's code too.
    with answering(model):
        state = start_decoding(model, [source])
    token = BOS
    for _ in range(max_target_length(len(source), settings, max_positions=model.max_positions)):
        with answering(model):
            chosen, state = _next_token(model, state, token, num_candidates=num_candidates, within=within)
        yield chosen
        token = chosen.id
        if chosen.is_end:
            return


def _next_token(
    model: TranslationModel[MemoryT, StateT], state: StateT, token: int, *, num_candidates: int, within: Within | None
) -> tuple[GeneratedToken, StateT]:
    logits, state = model.step(state, torch.tensor([token], device=device_of(model)))
    log_probs = log_probabilities(logits)
    if within is not None:
        log_probs = within.normalised(log_probs, [0])
    chosen = _candidates(log_probs, 1)[0]
    others = [candidate for candidate in _candidates(log_probs, num_candidates) if candidate.id != chosen.id]
    # The choice is asked for as greedy search asks for it, and stands first, so that ties end the same way everywhere.
    return GeneratedToken(chosen.id, chosen.log_probability, (chosen, *others)[:num_candidates]), state


def _candidates(log_probs: Float[Tensor, "1 vocab"], count: int) -> list[Candidate]:
    values, ids = best_next(log_probs, count)
    return list(map(Candidate, ids[0].tolist(), values[0].tolist()))
