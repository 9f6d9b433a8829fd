"""Whether a converted model does what ours does: scores of known translations, and translations of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, final

import numpy as np
import torch

from regard.batches.rectangle import rectangle
from regard.convert.format import Foreign, Ids
from regard.convert.original import Array, Original
from regard.convert.sample import Sample
from regard.convert.search import followed_part, left_out
from regard.decoding import guided_ids
from regard.errors import CheckError
from regard.evaluation import evaluate
from regard.settings import DecodingSettings
from regard.text.control import BOS, EOS

_ROWS_AT_ONCE: Final = 16
_LEAST_SAME_PIECES: Final = 0.99  # a typed "▁" or "</s>" is cut differently by other toolkits


@final
@dataclass(frozen=True)
class Translations:
    """How the translations of one kind of search compare.

    Attributes:
        beam_size: 1 is greedy search.
        identical: the share of sentences whose translation is ours, token by token.
        own_bleu: BLEU of our translations.
        bleu: BLEU of the converted model's.
        reference: what both were scored against: translations by people, or ours where there are none.
    """

    beam_size: int
    identical: float
    own_bleu: float
    bleu: float
    reference: Literal["people", "ours"]

    @property
    def bleu_loss(self) -> float:
        """BLEU that the conversion costs."""
        return self.own_bleu - self.bleu

    def __str__(self) -> str:
        search = "greedy search" if self.beam_size == 1 else f"beam {self.beam_size}"
        change = f"BLEU {self.own_bleu:.2f} → {self.bleu:.2f} ({self.bleu - self.own_bleu:+.2f})"
        against = "" if self.reference == "people" else " against our own translations"
        return f"{search}: {self.identical:.1%} of the translations identical, {change}{against}"


@final
@dataclass(frozen=True)
class Agreement:
    """What was found about a conversion.

    Attributes:
        num_sentences: how many sentences it was tried on.
        description: where they come from.
        same_pieces: the share of sentences that the converted tokenizer cuts as ours does.
        measured: what was compared number by number while our greedy translations were read: all logits, or the
            log-probabilities of the tokens where the format gives nothing else.
        largest_difference: the largest of these differences.
        mean_difference: their mean.
        translations: one entry per kind of search, greedy search first.
        left_out: what the model's own search does and the other toolkit's, or ours after an import, does not; by the
            names of the settings there.
    """

    num_sentences: int
    description: str
    same_pieces: float
    measured: str
    largest_difference: float
    mean_difference: float
    translations: tuple[Translations, ...]
    left_out: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The findings as sentences."""
        return [
            f"verified on {self.num_sentences} sentences: {self.description}",
            f"{self.same_pieces:.1%} of them cut into the same pieces",
            f"largest difference of {self.measured}: {self.largest_difference:.2g} (mean {self.mean_difference:.2g})",
            *map(str, self.translations),
            *([self._said_of_the_search()] if self.left_out else []),
        ]

    def _said_of_the_search(self) -> str:
        names = ", ".join(self.left_out)
        return f"the model's own search settings {names} are left out, so it may translate otherwise"

    def record(self) -> dict[str, Any]:
        """The same for JSON."""
        return asdict(self)

    def check(self, *, tolerance: float, bleu_tolerance: float) -> None:
        """Looks whether the differences may be.

        Raises:
            CheckError: a difference, or the loss of BLEU with greedy search, is above its tolerance.
        """
        found = "; ".join(self.lines())
        if self.same_pieces < _LEAST_SAME_PIECES:
            raise CheckError(
                f"the converted tokenizer does not cut text as ours does and is not kept: {self.same_pieces:.1%} of "
                f"the sentences are cut alike, but at least {_LEAST_SAME_PIECES:.0%} are expected. {found}"
            )
        if not self.largest_difference <= tolerance:  # a NaN is no agreement either
            raise CheckError(
                f"the converted model does not agree with ours and is not kept: the largest difference of "
                f"{self.measured} is {self.largest_difference:.3g}, but at most {tolerance:g} is tolerated. {found}"
            )
        greedy = self.translations[0]  # beams end differently from toolkit to toolkit, with the very same scores
        if not greedy.bleu_loss <= bleu_tolerance:
            raise CheckError(
                f"the converted model translates worse than ours and is not kept: it loses {greedy.bleu_loss:.2f} "
                f"BLEU, but at most {bleu_tolerance:g} is tolerated. {found}"
            )


def compare(original: Original, foreign: Foreign, sample: Sample, beam_sizes: Sequence[int]) -> Agreement:
    """Tries both models on the sentences of a sample."""
    sources = sample.ids(original.translator)
    own = original.settings.decoding
    search = _search(original, sources, followed_part(own, foreign.follows))
    ours = {beam_size: _translate(original, sources, _of(search, beam_size)) for beam_size in beam_sizes}
    differences = np.concatenate(list(_differences(original, foreign, sources, ours[beam_sizes[0]])))
    return Agreement(
        num_sentences=len(sources),
        description=sample.description,
        same_pieces=_same_pieces(original, foreign, sample),
        measured=foreign.measured,
        largest_difference=float(differences[:, 0].max()),
        mean_difference=float(differences[:, 1].mean()),
        translations=tuple(
            _compare_translations(original, mine, foreign.translate(sources, _of(search, beam_size)), sample, beam_size)
            for beam_size, mine in ours.items()
        ),
        left_out=left_out(own, foreign.follows),
    )


def _same_pieces(original: Original, foreign: Foreign, sample: Sample) -> float:
    texts = [original.translator.tokenizer.normalise(sentence.strip()) for sentence in sample.sentences]
    pairs = zip(sample.ids(original.translator), foreign.encode(texts), strict=True)
    return sum(ours == theirs for ours, theirs in pairs) / len(texts)


def _search(original: Original, sources: Ids, search: DecodingSettings) -> DecodingSettings:
    """One limit for all sentences, so that every toolkit can keep to it."""
    longest = 2 * max(map(len, sources)) + 20
    limit = original.translator.model.max_positions
    max_length = longest if limit is None else min(longest, limit - 1)
    return search.model_copy(update={"max_length": max_length})


def _of(search: DecodingSettings, beam_size: int) -> DecodingSettings:
    return search.model_copy(update={"beam_size": beam_size})


def _translate(original: Original, sources: Ids, search: DecodingSettings) -> list[list[int]]:
    return [list(found[0].ids) for found in guided_ids(original.translator.model, sources, search)]


def _differences(original: Original, foreign: Foreign, sources: Ids, targets: Ids) -> Iterator[Array]:
    """Per target token, the largest and the mean difference."""
    for first in range(0, len(sources), _ROWS_AT_ONCE):
        rows = slice(first, first + _ROWS_AT_ONCE)
        ours = _own_scores(original, sources[rows], targets[rows], logits=foreign.measured == "logits")
        for mine, theirs in zip(ours, foreign.scores(sources[rows], targets[rows]), strict=True):
            apart = np.abs(mine - theirs).reshape(len(mine), -1)
            yield np.stack([apart.max(axis=1), apart.mean(axis=1)], axis=1)


def _own_scores(original: Original, sources: Ids, targets: Ids, *, logits: bool) -> list[Array]:
    source, source_layout = rectangle([[*ids, EOS] for ids in sources])
    inputs, layout = rectangle([[BOS, *ids] for ids in targets])
    outputs, _ = rectangle([[*ids, EOS] for ids in targets])
    with torch.inference_mode():
        scores = original.translator.model.score(source, source_layout, inputs, layout).float()
        if not logits:
            scores = scores.log_softmax(-1).gather(2, outputs[:, :, None])[:, :, 0]
    return [row[:length] for row, length in zip(scores.numpy(), layout.lengths, strict=True)]


def _compare_translations(original: Original, ours: Ids, theirs: Ids, sample: Sample, beam_size: int) -> Translations:
    same = sum(list(mine) == list(other) for mine, other in zip(ours, theirs, strict=True))
    spell = original.translator.tokenizer.decode
    own, other = [spell(ids) for ids in ours], [spell(ids) for ids in theirs]
    known = sample.references
    return Translations(
        beam_size=beam_size,
        identical=same / len(ours),
        own_bleu=_bleu(own, known or own),
        bleu=_bleu(other, known or own),
        reference="people" if known else "ours",
    )


def _bleu(hypotheses: Sequence[str], references: Sequence[str]) -> float:
    return evaluate(hypotheses, [references], ["bleu"])["bleu"].value
