"""Beam search: the ``beam_size`` most probable translations so far, at every step.

One step: ``expand`` every live hypothesis by its best next tokens and take the best of all per sentence; set aside
those that end; ``advance`` with the best that do not. A hypothesis counts as finished when its EOS is among the
``beam_size`` best candidates of its sentence, and ``beam_size`` hypotheses stay live until the sentence is complete
(``shelf`` says when). Live hypotheses have the same length, so they are compared by log-probability alone; the length
penalty ranks what is finished.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from jaxtyping import Bool, Float, Float64, Int
from torch import Tensor

from regard.decoding.choice import best_of_group, best_of_model, log_probabilities
from regard.decoding.hypothesis import Hypothesis
from regard.decoding.limits import max_target_length
from regard.decoding.opening import answering, device_of, start_decoding
from regard.decoding.shelf import Shelf
from regard.decoding.steering import STRAIGHT, Rows, Steering
from regard.models.interface import MemoryT, StateT, TranslationModel
from regard.settings.decoding import DecodingSettings
from regard.text.control import BOS, EOS

_COMPLETE_SHARE: Final = 8
"""Complete sentences leave once they are one in so many: copying the rest costs more than computing a few in vain."""


@dataclass(frozen=True)
class Beams:
    """The live hypotheses of all sentences. A beam whose total is minus infinity is empty: it leads nowhere.

    Attributes:
        sentences: which source each group of beams belongs to.
        tokens: what was generated so far, BOS first.
        log_probabilities: of each generated token.
        totals: their sums, the best beam first.
    """

    sentences: tuple[int, ...]
    tokens: Int[Tensor, "sentence beam position"]
    log_probabilities: Float64[Tensor, "sentence beam length"]
    totals: Float64[Tensor, "sentence beam"]

    @property
    def length(self) -> int:
        """How many tokens were generated so far."""
        return self.log_probabilities.shape[2]

    @property
    def best_totals(self) -> list[float]:
        """The log-probability of each sentence's best live hypothesis."""
        totals: list[float] = self.totals.amax(1).tolist()
        return totals

    @property
    def rows(self) -> Rows:
        """The beams, one sentence's after the other's."""
        beam_size = self.totals.shape[1]
        return Rows(
            sentences=tuple(sentence for sentence in self.sentences for _ in range(beam_size)),
            prefixes=lambda: self.tokens.flatten(0, 1).tolist(),
            live=self._live,
        )

    def _live(self) -> set[int]:
        return {each for each, best in zip(self.sentences, self.best_totals, strict=True) if best > float("-inf")}

    def without(self, groups: Sequence[int]) -> "Beams":
        """With the beams of some sentences empty."""
        totals = self.totals.clone()
        totals[list(groups)] = float("-inf")
        return replace(self, totals=totals)

    def select(self, groups: Sequence[int]) -> "Beams":
        """The beams of some of the sentences."""
        picked = torch.tensor(groups, dtype=torch.long, device=self.tokens.device)
        sentences = tuple(self.sentences[group] for group in groups)
        return Beams(sentences, self.tokens[picked], self.log_probabilities[picked], self.totals[picked])


@dataclass(frozen=True)
class Candidates:
    """The best continuations of each sentence, best first: a parent beam and one more token."""

    parents: Int[Tensor, "sentence candidate"]
    tokens: Int[Tensor, "sentence candidate"]
    log_probabilities: Float64[Tensor, "sentence candidate"]
    totals: Float64[Tensor, "sentence candidate"]


def beam_search(
    model: TranslationModel[MemoryT, StateT],
    sources: Sequence[Sequence[int]],
    settings: DecodingSettings,
    steering: Steering = STRAIGHT,
) -> list[list[Hypothesis]]:
    """Translates non-empty sources side by side; sentences that are complete leave the batch.

    Returns:
        Per source at most ``num_hypotheses`` distinct hypotheses, best score first.
    """
    unbeatable = None if steering.selector is None else steering.selector.unbeatable
    limits = [max_target_length(len(source), settings, max_positions=model.max_positions) for source in sources]
    shelves = [Shelf(limit, settings, unbeatable=unbeatable) for limit in limits]
    with answering(model):
        state = start_decoding(model, sources, copies=settings.beam_size, width=steering.source_width)
        steering.opened()
        _search(model, state, shelves, settings, steering)
    return [shelf.ranked() for shelf in shelves]


def _search(
    model: TranslationModel[MemoryT, StateT],
    state: StateT,
    shelves: Sequence[Shelf],
    settings: DecodingSettings,
    steering: Steering,
) -> None:
    beams = open_beams(len(shelves), settings.beam_size, device=device_of(model))
    while beams.sentences:
        logits, state = model.step(state, beams.tokens[:, :, -1].flatten())
        candidates = _continuations(model, beams, logits, steering)
        set_aside(beams, candidates, shelves, length_penalty=settings.length_penalty)
        before = beams
        beams, parents = advance(before, candidates)
        cut_where_stuck(before, beams, shelves, length_penalty=settings.length_penalty)
        cut_at_limit(beams, shelves, length_penalty=settings.length_penalty)
        state, beams = _go_on(state.follow(parents), beams, incomplete(beams, shelves))


def _continuations(
    model: TranslationModel[MemoryT, StateT], beams: Beams, logits: Float[Tensor, "row vocab"], steering: Steering
) -> Candidates:
    if steering.is_straight:
        best = best_of_model(model, logits, beams.totals, num_candidates(beams.totals.shape[1]))
        if best is not None:
            return Candidates(best.members, best.ids, best.log_probabilities, best.totals)
    return expand(beams, steering.steer(log_probabilities(logits), beams.rows), steering)


def _go_on(state: StateT, beams: Beams, live: Sequence[int]) -> tuple[StateT, Beams]:
    """Without the sentences that are complete: they leave, or their beams stand empty until more of them do."""
    num_complete = len(beams.sentences) - len(live)
    if _COMPLETE_SHARE * num_complete >= len(beams.sentences):
        picked = torch.tensor(live, dtype=torch.long, device=beams.totals.device)
        return state.select(picked), beams.select(live)
    return state, beams.without(sorted(set(range(len(beams.sentences))) - set(live))) if num_complete else beams


def open_beams(num_sentences: int, beam_size: int, *, device: torch.device | str = "cpu") -> Beams:
    """Every sentence starts with one hypothesis, BOS; its other beams are empty, or all would be the same."""
    totals = torch.full((num_sentences, beam_size), float("-inf"), dtype=torch.float64, device=device)
    totals[:, 0] = 0
    return Beams(
        sentences=tuple(range(num_sentences)),
        tokens=torch.full((num_sentences, beam_size, 1), BOS, device=device),
        log_probabilities=torch.empty((num_sentences, beam_size, 0), dtype=torch.float64, device=device),
        totals=totals,
    )


def num_candidates(beam_size: int) -> int:
    """How many continuations of a sentence are looked at."""
    return 2 * beam_size if beam_size > 1 else 1


def expand(beams: Beams, log_probs: Float[Tensor, "row vocab"], steering: Steering = STRAIGHT) -> Candidates:
    """The best continuations of each sentence, twice ``beam_size``: even if every beam may end, enough go on.

    ``log_probs`` has a row per beam; a beam of 1 needs only the best, for if that is EOS the search is over. If
    somebody else chooses, each beam contributes what was chosen for it, and the best of that go on.
    """
    if steering.selector is not None:
        return steering.selector.select(beams, log_probs)
    if steering.chooser is not None:
        return _best_of_chosen(beams, log_probs, steering)
    beam_size = beams.totals.shape[1]
    by_sentence = log_probs.view(-1, beam_size, log_probs.shape[1])
    totals, parents, tokens = best_of_group(by_sentence, beams.totals, num_candidates(beam_size))
    cells = parents * log_probs.shape[1] + tokens
    return Candidates(parents, tokens, by_sentence.flatten(1).gather(1, cells).double(), totals)


def _best_of_chosen(beams: Beams, log_probs: Float[Tensor, "row vocab"], steering: Steering) -> Candidates:
    num_sentences, beam_size = beams.totals.shape
    values, tokens = steering.choose(log_probs, beam_size + 1 if beam_size > 1 else 1)
    per_beam = values.shape[1]
    values = values.double().view(num_sentences, beam_size, per_beam)
    totals = (beams.totals[:, :, None] + values).flatten(1)
    best, places = totals.topk(min(2 * beam_size, totals.shape[1]), dim=1)
    return Candidates(
        parents=places // per_beam,
        tokens=tokens.view(num_sentences, -1).gather(1, places),
        log_probabilities=values.flatten(1).gather(1, places),
        totals=best,
    )


def ending(candidates: Candidates, beam_size: int) -> Bool[Tensor, "sentence beam"]:
    """Which of the ``beam_size`` best candidates end their hypothesis."""
    return (candidates.tokens == EOS)[:, :beam_size] & candidates.totals.isfinite()[:, :beam_size]


def set_aside(beams: Beams, candidates: Candidates, shelves: Sequence[Shelf], *, length_penalty: float) -> None:
    """Puts the hypotheses that end now on their sentence's shelf."""
    for group, place in ending(candidates, beams.totals.shape[1]).nonzero().tolist():
        parent = int(candidates.parents[group, place])
        tokens = [*beams.tokens[group, parent, 1:].tolist(), EOS]
        values = [*beams.log_probabilities[group, parent].tolist(), float(candidates.log_probabilities[group, place])]
        shelves[beams.sentences[group]].add(Hypothesis.of(tokens, values, length_penalty=length_penalty))


def advance(beams: Beams, candidates: Candidates) -> tuple[Beams, Int[Tensor, "sentence beam"]]:
    """The next beams, from the ``beam_size`` best candidates that do not end.

    Returns:
        The beams, and which beam of its sentence each of them continues.
    """
    num_sentences, beam_size = beams.totals.shape
    places = (candidates.tokens == EOS).byte().argsort(dim=1, stable=True)[:, :beam_size]
    totals = candidates.totals.masked_fill(candidates.tokens == EOS, float("-inf")).gather(1, places)
    parents = candidates.parents.gather(1, places)
    groups = torch.arange(num_sentences, device=parents.device)[:, None]
    tokens = candidates.tokens.gather(1, places)[:, :, None]
    values = candidates.log_probabilities.gather(1, places)[:, :, None]
    grown = Beams(
        sentences=beams.sentences,
        tokens=torch.cat([beams.tokens[groups, parents], tokens], dim=2),
        log_probabilities=torch.cat([beams.log_probabilities[groups, parents], values], dim=2),
        totals=totals,
    )
    return grown, parents


def cut_at_limit(beams: Beams, shelves: Sequence[Shelf], *, length_penalty: float) -> None:
    """Puts the live hypotheses of sentences that reached their maximum length on the shelf, as cut."""
    for group, sentence in enumerate(beams.sentences):
        if beams.length >= shelves[sentence].limit:
            _cut(beams, group, shelves[sentence], length_penalty=length_penalty)


def cut_where_stuck(before: Beams, beams: Beams, shelves: Sequence[Shelf], *, length_penalty: float) -> None:
    """Puts what was live on the shelf, as cut, where nothing may follow and nothing was finished."""
    for group, (sentence, best) in enumerate(zip(beams.sentences, beams.best_totals, strict=True)):
        if best == float("-inf") and not shelves[sentence].ranked():
            _cut(before, group, shelves[sentence], length_penalty=length_penalty)


def _cut(beams: Beams, group: int, shelf: Shelf, *, length_penalty: float) -> None:
    for beam in beams.totals[group].isfinite().nonzero().flatten().tolist():
        tokens = beams.tokens[group, beam, 1:].tolist()
        values = beams.log_probabilities[group, beam].tolist()
        shelf.add(Hypothesis.of(tokens, values, length_penalty=length_penalty))


def incomplete(beams: Beams, shelves: Sequence[Shelf]) -> list[int]:
    """The groups of beams whose sentence is searched further."""
    sentences = zip(beams.sentences, beams.best_totals, strict=True)
    return [
        group
        for group, (sentence, best) in enumerate(sentences)
        if beams.length < shelves[sentence].limit and not shelves[sentence].is_complete(best, beams.length)
    ]
