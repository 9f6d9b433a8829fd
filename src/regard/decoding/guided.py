"""Search as somebody asks for it: drawn, diverse, with phrases that must or must not appear, within a time.

Sentences for which nothing is asked take the ordinary way (``batched``), so that a feature costs those alone that use
it. Of what is asked, most are adjusters of an ordinary search (``restrictions``), drawing is a chooser (``sampling``),
and required phrases and groups rank a beam's candidates (``banks``, ``diverse``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

from regard.decoding.banks import Banks
from regard.decoding.batched import cells_of_batch, plan_batches, search, translate_ids
from regard.decoding.beam import beam_search
from regard.decoding.diverse import Groups
from regard.decoding.hypothesis import Flag, Hypothesis
from regard.decoding.limits import check_source_lengths
from regard.decoding.phrases import RequiredPhrase, Seams, num_missing
from regard.decoding.restrictions import Clock, MinimumLength, NoRepeat
from regard.decoding.sampling import Sampler
from regard.decoding.steering import Adjuster, Steering
from regard.decoding.within import Within
from regard.models.interface import MemoryT, StateT, TranslationModel
from regard.settings.decoding import DecodingSettings
from regard.text.shortlist import Shortlist

Ids = Sequence[int]


@final
@dataclass(frozen=True, eq=False)
class Demands:
    """What is asked of translations beside the settings; nothing unless it is given.

    Attributes:
        prefixes: the ids that the translation of each source begins with; empty where none is asked for.
        required: the phrases that the translation of each source must contain; empty where none must.
        seams: of the vocabulary; needed with ``required``.
        adjusters: who else changes what may be chosen. They must not depend on which sentences are searched together.
        shortlist: which pieces may occur in a translation; all of them if not given.
        cancel: asked once a step about each source that is still searched, by its number from 0; once it says True of
            one, that one is searched no further.
    """

    prefixes: tuple[tuple[int, ...], ...] = ()
    required: tuple[tuple[RequiredPhrase, ...], ...] = ()
    seams: Seams | None = None
    adjusters: tuple[Adjuster, ...] = ()
    shortlist: Shortlist | None = None
    cancel: Callable[[int], bool] | None = None

    def prefix_of(self, sentence: int) -> tuple[int, ...]:
        """The ids that the translation of one source begins with."""
        return self.prefixes[sentence] if self.prefixes else ()

    def required_of(self, sentence: int) -> tuple[RequiredPhrase, ...]:
        """The phrases that the translation of one source must contain."""
        return self.required[sentence] if self.required else ()

    def within(self, sources: Sequence[Ids], sentences: Sequence[int]) -> Within | None:
        """The pieces that may occur in translations of some sources; what is asked for always may."""
        if self.shortlist is None:
            return None
        asked = [
            {*self.prefix_of(each), *(i for phrase in self.required_of(each) for cut in phrase.cuts for i in cut.ids)}
            for each in sentences
        ]
        return Within.of(self.shortlist, sources, asked)


NOTHING_ASKED: Final = Demands()


def guided_ids(
    model: TranslationModel[MemoryT, StateT],
    sources: Sequence[Ids],
    settings: DecodingSettings,
    demands: Demands = NOTHING_ASKED,
) -> list[list[Hypothesis]]:
    """Translates sentences of ids (without BOS and EOS) as the settings and the demands say.

    Returns:
        Per source, in the same order, at most ``num_hypotheses`` distinct hypotheses, best score first. Where one
        contains all that is required, all do. An empty source has one empty hypothesis. With ``minimum_risk``, which
        is decided by their texts, all samples are returned, repeated ones too.

    Raises:
        TokenLimitError: a source has more than ``max_source_tokens``.
        DivergedError: the model's logits are not finite.
    """
    check_source_lengths(sources, settings.max_source_tokens)
    found = [[Hypothesis.empty()] for _ in sources]
    asked = _is_anything_asked(settings, demands)
    for size, sentences in _by_required(sources, demands).items():
        if size == 0 and not asked:
            results = translate_ids(model, [sources[s] for s in sentences], settings, demands.shortlist)
        else:
            results = _Guided(model, settings, demands, size).translate(sources, sentences)
        for sentence, hypotheses in zip(sentences, results, strict=True):
            found[sentence] = hypotheses
    return found


def restrictions(settings: DecodingSettings, sources: Sequence[Ids]) -> list[Adjuster]:
    """What the settings forbid translations of the sources, whoever searches."""
    found: list[Adjuster] = []
    if settings.no_repeat_ngram:
        found.append(NoRepeat(settings.no_repeat_ngram))
    if settings.min_length_ratio:
        found.append(MinimumLength.of(sources, settings.min_length_ratio))
    return found


def _is_anything_asked(settings: DecodingSettings, demands: Demands) -> bool:
    of_settings = settings.no_repeat_ngram, settings.min_length_ratio, settings.samples, settings.deadline_seconds
    return any(of_settings) or settings.diverse_groups > 1 or bool(
        any(demands.prefixes) or demands.adjusters or demands.cancel is not None
    )  # fmt: skip


def _by_required(sources: Sequence[Ids], demands: Demands) -> dict[int, list[int]]:
    """Sentences by how many tokens are required of them: those searched together have equally wide beams."""
    groups: dict[int, list[int]] = {}
    for sentence, source in enumerate(sources):
        if source:
            size = sum(phrase.length for phrase in demands.required_of(sentence))
            groups.setdefault(size, []).append(sentence)
    return groups


@final
class _Guided:
    """A search for sentences of which ``num_required`` tokens are required each."""

    def __init__(
        self,
        model: TranslationModel[MemoryT, StateT],
        settings: DecodingSettings,
        demands: Demands,
        num_required: int,
    ) -> None:
        self.model = model
        self.settings = settings
        self.demands = demands
        self.copies = settings.samples or settings.diverse_groups
        # A bank per required token, besides the beam that an ordinary search has.
        width = 1 if settings.samples else settings.beam_size // settings.diverse_groups + num_required
        self.inner = settings.model_copy(update={"beam_size": width, "num_hypotheses": width})
        self.is_required = num_required > 0

    def translate(self, sources: Sequence[Ids], sentences: Sequence[int]) -> list[list[Hypothesis]]:
        """The hypotheses of some of the sources."""
        found = [[replace(Hypothesis.empty(), finished=False, flags=("cancelled",))] for _ in sentences]
        cells = cells_of_batch(self.settings, self.inner.beam_size * self.copies)
        for batch in plan_batches([len(sources[sentence]) for sentence in sentences], cells):
            wanted = [place for place in batch if not self._is_cancelled(sentences[place])]
            if not wanted:
                continue
            together = [sentences[place] for place in wanted]
            for place, hypotheses in zip(wanted, self._search(sources, together), strict=True):
                found[place] = hypotheses
        return found

    def _is_cancelled(self, sentence: int) -> bool:
        return self.demands.cancel is not None and self.demands.cancel(sentence)

    def _search(self, sources: Sequence[Ids], together: Sequence[int]) -> list[list[Hypothesis]]:
        clock = Clock(self.settings.deadline_seconds, lambda copy: self._is_cancelled(together[copy // self.copies]))
        repeated = [sources[sentence] for sentence in together for _ in range(self.copies)]
        owners = [sentence for sentence in together for _ in range(self.copies)]
        steering = self._steering(repeated, owners, together, clock)
        # Greedy search would be the same for a beam of 1, but nobody ranks anything there.
        searching = search if steering.selector is None else beam_search
        results = searching(self.model, repeated, self.inner, steering)
        flagged = [
            [self._flagged(each, together[copy // self.copies], copy, clock) for each in hypotheses]
            for copy, hypotheses in enumerate(results)
        ]
        return [
            self._best([each for group in flagged[at : at + self.copies] for each in group])
            for at in range(0, len(flagged), self.copies)
        ]

    def _steering(
        self, repeated: Sequence[Ids], owners: Sequence[int], together: Sequence[int], clock: Clock
    ) -> Steering:
        settings, adjusters = self.settings, [*self.demands.adjusters, *restrictions(self.settings, repeated)]
        if settings.deadline_seconds is not None or self.demands.cancel is not None:
            adjusters.append(clock)
        sampler = Sampler(repeated, [n % self.copies for n in range(len(repeated))], settings)
        return Steering(
            prefixes=tuple(map(self.demands.prefix_of, owners)),
            adjusters=(*adjusters, sampler) if settings.samples else tuple(adjusters),
            chooser=sampler if settings.samples else None,
            selector=self._selector(together),
            within=self.demands.within(repeated, owners),
        )

    def _selector(self, together: Sequence[int]) -> Banks | Groups | None:
        if self.is_required:
            assert self.demands.seams is not None
            required = [self.demands.required_of(sentence) for sentence in together]
            return Banks(required, self.demands.seams, unbeatable=self.settings.num_hypotheses)
        if self.copies > 1 and not self.settings.samples:
            return Groups(self.copies, self.settings.diversity)
        return None

    def _flagged(self, found: Hypothesis, sentence: int, copy: int, clock: Clock) -> Hypothesis:
        flags: list[Flag] = []
        if copy in clock.cancelled or copy in clock.late:  # a finished one too: better ones were still being written
            flags.append("cancelled" if copy in clock.cancelled else "deadline")
        required = self.demands.required_of(sentence)
        if required and self.demands.seams is not None and num_missing(found.ids, required, self.demands.seams):
            flags.append("unmet")
        return replace(found, flags=tuple(flags)) if flags else found

    def _best(self, hypotheses: Sequence[Hypothesis]) -> list[Hypothesis]:
        """Distinct ones, best score first; those that lack a phrase only where all do. For least risk all samples."""
        if self.settings.minimum_risk:
            return sorted(hypotheses, key=lambda each: -each.score)
        distinct = list({(each.ids, each.finished): each for each in hypotheses}.values())
        complete = [each for each in distinct if "unmet" not in each.flags]
        best_first = sorted(complete or distinct, key=lambda each: -each.score)
        return best_first[: self.settings.num_hypotheses]
