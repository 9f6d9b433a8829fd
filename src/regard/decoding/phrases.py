"""Phrases that a translation must contain, in ids, and how far each hypothesis has come with them.

A phrase can be cut into tokens in several ways, behind a space or behind an apostrophe for example; each way is a
``Cut``. A phrase counts only as words: no letter may stand directly before it or behind it. Which tokens begin or end
inside a word is said by ``Seams``; what the tokens spell is nobody's business here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import torch
from jaxtyping import Bool, Int
from torch import Tensor

_NO_TOKEN: Final = -1


@final
@dataclass(frozen=True, slots=True)
class Cut:
    """One way to cut a phrase into tokens.

    Attributes:
        ids: the tokens.
        needs_opening: it begins inside a word, unless what stands before it ends one ("l'" does).
        needs_closing: it ends inside a word if the next token goes on with letters.
        only_first: it may stand at the beginning of a translation alone, because of its capital.
    """

    ids: tuple[int, ...]
    needs_opening: bool = False
    needs_closing: bool = True
    only_first: bool = False


@final
@dataclass(frozen=True, slots=True)
class RequiredPhrase:
    """A phrase of which one cut must appear; several texts may be meant, each with its cuts."""

    cuts: tuple[Cut, ...]

    @property
    def length(self) -> int:
        """Tokens of the longest cut."""
        return max(len(cut.ids) for cut in self.cuts)


@final
@dataclass(frozen=True, eq=False)
class Seams:
    """Of every token of a vocabulary, whether words meet at its ends.

    Attributes:
        joins: it begins with a letter or a digit, so it would go on with the word before it.
        opens: a word may begin behind it without a space, as behind an apostrophe.
    """

    joins: Bool[Tensor, " vocab"]
    opens: Bool[Tensor, " vocab"]


@final
@dataclass(frozen=True, eq=False)
class Progress:
    """How far hypotheses have come.

    Attributes:
        met: whether they contain a phrase.
        reached: how many tokens of a cut they end with; 0 where the cut would have to begin anew.
        may_begin: whether a cut may begin with the next token.
        closing: whether they end with a phrase that no letter may follow.
    """

    met: Bool[Tensor, "sentence beam phrase"]
    reached: Int[Tensor, "sentence beam cut"]
    may_begin: Bool[Tensor, "sentence beam cut"]
    closing: Bool[Tensor, "sentence beam"]


@final
class PhraseTable:
    """The required phrases of several sentences as rectangles; cells that stand for nothing are filled up.

    Args:
        required: the phrases of each sentence.
        seams: of the vocabulary.
    """

    def __init__(self, required: Sequence[Sequence[RequiredPhrase]], seams: Seams) -> None:
        cuts = [[(cut, owner) for owner, phrase in enumerate(each) for cut in phrase.cuts] for each in required]
        width = max(1, *map(len, cuts))
        longest = max((len(cut.ids) for each in cuts for cut, _ in each), default=1)
        self.seams = seams
        self.num_phrases = max(1, *map(len, required))
        self.ids = torch.full((len(cuts), width, longest), _NO_TOKEN)
        self.lengths = torch.zeros((len(cuts), width), dtype=torch.long)
        self.owners = torch.zeros((len(cuts), width), dtype=torch.long)
        self.flags = torch.zeros((3, len(cuts), width), dtype=torch.bool)
        self.weights = torch.zeros((len(cuts), self.num_phrases), dtype=torch.long)
        for sentence, each in enumerate(cuts):
            self._fill(sentence, each, required[sentence])

    def _fill(self, sentence: int, cuts: Sequence[tuple[Cut, int]], phrases: Sequence[RequiredPhrase]) -> None:
        for place, (cut, owner) in enumerate(cuts):
            self.ids[sentence, place, : len(cut.ids)] = torch.tensor(cut.ids)
            self.lengths[sentence, place] = len(cut.ids)
            self.owners[sentence, place] = owner
            flags = cut.needs_opening, cut.needs_closing, cut.only_first
            self.flags[:, sentence, place] = torch.tensor(flags)
        self.weights[sentence, : len(phrases)] = torch.tensor([phrase.length for phrase in phrases])

    def select(self, sentences: Sequence[int]) -> "PhraseTable":
        """The phrases of some sentences, in the given order."""
        picked = torch.tensor(sentences, dtype=torch.long)
        table = object.__new__(PhraseTable)
        table.seams, table.num_phrases = self.seams, self.num_phrases
        table.ids, table.lengths, table.owners = self.ids[picked], self.lengths[picked], self.owners[picked]
        table.flags, table.weights = self.flags[:, picked], self.weights[picked]
        return table

    def to(self, device: torch.device) -> "PhraseTable":
        """The table where the tokens lie."""
        table = object.__new__(PhraseTable)
        table.seams = Seams(self.seams.joins.to(device), self.seams.opens.to(device))
        table.num_phrases = self.num_phrases
        table.ids, table.lengths, table.owners = self.ids.to(device), self.lengths.to(device), self.owners.to(device)
        table.flags, table.weights = self.flags.to(device), self.weights.to(device)
        return table

    def progress(self, tokens: Int[Tensor, "sentence beam position"]) -> Progress:
        """How far hypotheses have come, from their tokens, BOS first."""
        needs_opening, needs_closing, only_first = (flag[:, None] for flag in self.flags)
        written = tokens[:, :, 1:]
        before, behind = self._seams_between(tokens)
        starts_well = ~needs_opening[..., None] | before[:, :, None]
        at_start = torch.arange(written.shape[2] + 1, device=tokens.device) == 0
        starts_well = starts_well & (~only_first[..., None] | at_start)
        found, reached = self._matches(written, starts_well)
        complete = found & (~needs_closing[..., None] | behind[:, :, None])
        met = self._by_phrase(complete.any(3))
        last = found[..., -1:].any(3) & ~self.is_met(self._by_phrase(complete[..., :-1].any(3)))
        return Progress(met, reached, starts_well[..., -1], (last & needs_closing).any(2))

    def is_met(self, met: Bool[Tensor, "sentence beam phrase"]) -> Bool[Tensor, "sentence beam cut"]:
        """Whether the phrase of each cut is met; cuts that stand for nothing count as met."""
        owners = self.owners[:, None].expand(-1, met.shape[1], -1)
        return met.gather(2, owners) | (self.lengths == 0)[:, None]

    def all_met(self, met: Bool[Tensor, "sentence beam phrase"]) -> Bool[Tensor, "sentence beam"]:
        """Whether nothing is left to do."""
        return (met | (self.weights == 0)[:, None]).all(2)

    def next_tokens(
        self, progress: Progress
    ) -> tuple[Int[Tensor, "sentence beam cut"], Bool[Tensor, "sentence beam cut"]]:
        """The token that would bring each cut forward, and whether it may be written."""
        places = progress.reached.clamp(max=self.ids.shape[2] - 1)[..., None]
        ids = self.ids[:, None].expand(-1, places.shape[1], -1, -1).gather(3, places)[..., 0]
        useful = ~self.is_met(progress.met) & ((progress.reached > 0) | progress.may_begin)
        return ids.clamp(min=0), useful

    def _seams_between(self, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Before and behind each place: whether a word may begin there, whether the next token leaves it complete."""
        opens = self.seams.opens[tokens]
        opens[:, :, 0] = True
        leaves = ~self.seams.joins[tokens[:, :, 1:]]
        end = torch.ones_like(leaves[:, :, :1] if leaves.shape[2] else opens[:, :, :1])
        return opens, torch.cat((leaves, end), dim=2)[:, :, 1:]

    def _matches(self, written: Tensor, starts_well: Tensor) -> tuple[Tensor, Tensor]:
        """Where each cut ends, per place; and how many of its tokens the hypothesis ends with, if not all."""
        length, longest = written.shape[2], self.ids.shape[2]
        run = starts_well[..., :length].clone()
        found = torch.zeros_like(run)
        reached = torch.zeros(run.shape[:3], dtype=torch.long, device=run.device)
        for place in range(min(longest, length)):
            # run[..., p]: a cut that began at p agrees with the first ``place`` tokens behind it.
            wanted = self.ids[:, None, :, place, None]
            same = torch.zeros_like(run)
            same[..., : length - place] = written[:, :, None, place:] == wanted
            run = run & same
            is_end = (self.lengths == place + 1)[:, None, :, None]
            found[..., place:] |= (run & is_end)[..., : length - place]
            goes_on = run[..., length - place - 1] & ~is_end[..., 0]
            reached = torch.where(goes_on, place + 1, reached)
        return found, reached

    def _by_phrase(self, complete: Tensor) -> Tensor:
        """Cuts to phrases: one cut is enough."""
        owners = self.owners[:, None].expand(-1, complete.shape[1], -1)
        counts = torch.zeros(*complete.shape[:2], self.num_phrases, dtype=torch.long, device=complete.device)
        return counts.scatter_add(2, owners, (complete & (self.lengths > 0)[:, None]).long()) > 0


def num_missing(ids: Sequence[int], required: Sequence[RequiredPhrase], seams: Seams) -> int:
    """How many required phrases a finished translation does not contain."""
    return sum(not any(_contains(ids, cut, seams) for cut in phrase.cuts) for phrase in required)


def _contains(ids: Sequence[int], cut: Cut, seams: Seams) -> bool:
    size = len(cut.ids)
    for begin in range(1 if cut.only_first else len(ids) - size + 1):
        if tuple(ids[begin : begin + size]) == cut.ids:
            opens = begin == 0 or not cut.needs_opening or bool(seams.opens[ids[begin - 1]])
            behind = ids[begin + size] if begin + size < len(ids) else None
            if opens and (behind is None or not cut.needs_closing or not bool(seams.joins[behind])):
                return True
    return False
