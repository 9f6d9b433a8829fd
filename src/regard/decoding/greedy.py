"""Greedy search: at every step, the most probable next token."""

from collections.abc import Sequence
from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.decoding.choice import best_of_model, log_probabilities
from regard.decoding.hypothesis import Hypothesis
from regard.decoding.limits import max_target_length
from regard.decoding.opening import answering, device_of, start_decoding
from regard.decoding.steering import STRAIGHT, Rows, Steering
from regard.models.interface import MemoryT, StateT, TranslationModel
from regard.settings.decoding import DecodingSettings
from regard.text.control import BOS, EOS

_FINISHED_SHARE: Final = 8
"""Finished rows leave once they are one in so many: to copy the others costs more than to compute a few in vain."""


class _Draft:
    """A translation being written."""

    def __init__(self, sentence: int, limit: int) -> None:
        self.sentence = sentence
        self.limit = limit
        self.tokens: list[int] = [BOS]
        self.log_probabilities: list[float] = []

    def append(self, token: int, log_probability: float) -> None:
        if log_probability == float("-inf"):  # nothing may follow
            self.limit = len(self.log_probabilities)
        if self.is_complete:
            return
        self.tokens.append(token)
        self.log_probabilities.append(log_probability)

    @property
    def is_complete(self) -> bool:
        return self.tokens[-1] == EOS or len(self.log_probabilities) >= self.limit


def greedy_search(
    model: TranslationModel[MemoryT, StateT],
    sources: Sequence[Sequence[int]],
    settings: DecodingSettings,
    steering: Steering = STRAIGHT,
) -> list[Hypothesis]:
    """Translates non-empty sources side by side; rows that are finished leave the batch.

    The same translations and scores as beam search with ``beam_size = 1``.
    """
    limits = [max_target_length(len(source), settings, max_positions=model.max_positions) for source in sources]
    drafts = [_Draft(sentence, limit) for sentence, limit in enumerate(limits)]
    with answering(model):
        _write(model, sources, drafts, steering)
    penalty = settings.length_penalty
    return [Hypothesis.of(draft.tokens[1:], draft.log_probabilities, length_penalty=penalty) for draft in drafts]


def _write(
    model: TranslationModel[MemoryT, StateT],
    sources: Sequence[Sequence[int]],
    drafts: Sequence[_Draft],
    steering: Steering,
) -> None:
    state, device = start_decoding(model, sources, width=steering.source_width), device_of(model)
    steering.opened()
    live = list(drafts)
    tokens = torch.tensor([draft.tokens[-1] for draft in live], device=device)
    while live:
        logits, state = model.step(state, tokens)
        values, ids = _next_tokens(model, logits, live, steering)
        for draft, token, value in zip(live, ids[:, 0].tolist(), values[:, 0].tolist(), strict=True):
            draft.append(token, value)
        tokens, kept = ids[:, 0], [row for row, draft in enumerate(live) if not draft.is_complete]
        if _FINISHED_SHARE * (len(live) - len(kept)) >= len(live):
            live, rows = [live[row] for row in kept], torch.tensor(kept, dtype=torch.long, device=device)
            state, tokens = state.select(rows), tokens[rows]


def _next_tokens(
    model: TranslationModel[MemoryT, StateT],
    logits: Float[Tensor, "row vocab"],
    live: Sequence[_Draft],
    steering: Steering,
) -> tuple[Float[Tensor, "row 1"], Int[Tensor, "row 1"]]:
    """Each row's next token and its log-probability."""
    if steering.is_straight:
        best = best_of_model(model, logits, logits.new_zeros(len(live), 1, dtype=torch.float64), 1)
        if best is not None:
            return best.log_probabilities, best.ids
    return steering.choose(steering.steer(log_probabilities(logits), _rows_of(live)), 1)


def _rows_of(live: Sequence[_Draft]) -> Rows:
    return Rows(
        sentences=tuple(draft.sentence for draft in live),
        prefixes=lambda: [list(draft.tokens) for draft in live],
        live=lambda: {draft.sentence for draft in live if not draft.is_complete},
    )
