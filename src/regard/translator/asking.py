"""What is asked in one call, ready for any number of texts: settings, phrases as tokens, terms to look for."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, final

from regard.decoding import Demands, Hypothesis, RequiredPhrase, guided_ids
from regard.errors import SettingsError, TextError
from regard.models import AnyModel
from regard.settings import DecodingSettings
from regard.text.shortlist import Shortlist
from regard.translator.glossary import Glossary, Term
from regard.translator.phrases import ForbiddenPhrases, PhraseBook
from regard.translator.prefix import prefix_ids
from regard.translator.ranking import by_least_risk, needs_ranking, ranked
from regard.translator.search import asked_shortlist, search_settings
from regard.translator.threads import sensible_threads

_OF_THE_TEXT = ("prefix", "required", "cancel")


@final
class Asking:
    """The options of one call.

    Args:
        own: the model's settings.
        options: what the caller gave; None leaves a setting as it is.
        book: the phrases of the model's tokenizer.
        shortlist: the model's, if it has one.

    Raises:
        SettingsError: an option is wrong, or options contradict each other.
        InputError: the glossary cannot be read.
        TextError: a phrase is not text.
    """

    def __init__(
        self,
        own: DecodingSettings,
        options: Mapping[str, Any],
        book: PhraseBook,
        shortlist: Shortlist | None = None,
    ) -> None:
        glossary = options.get("glossary")
        is_made = isinstance(glossary, Glossary | Mapping)
        kept = {name: value for name, value in options.items() if name not in _OF_THE_TEXT}
        self.settings = search_settings(own, kept | ({"glossary": None} if is_made else {}))
        self._shortlist = asked_shortlist(self.settings, shortlist)
        self._book = book
        self._options = options
        self._glossary = Glossary.given(glossary if is_made else self.settings.glossary)
        self._forbidden = ForbiddenPhrases(self.settings.forbidden, book) if self.settings.forbidden else None
        beginning = _text(options.get("prefix") or "", "prefix")
        self._prefix = prefix_ids(beginning, book.tokenizer, self.settings, self._forbidden)
        given = options.get("required")
        self._required = tuple(self._phrase(each, "required") for each in _listed(given, "required"))
        if self._required or self._glossary is not None:
            self._refuse_what_cannot_require()
        if self._glossary is not None and (self._forbidden is not None or not book.can_write_all):
            for term in self._glossary.terms:
                self._phrase(term.targets, _name(term))  # refused now, and not when a line has it

    def hypotheses(
        self, model: AnyModel, sources: Sequence[Sequence[int]], numbers: Sequence[int]
    ) -> list[list[Hypothesis]]:
        """What search finds for the sources, in the order that was asked for; as many as may be of use.

        ``numbers`` says to which of the caller's texts each source belongs. Of a text that was cut, the first part
        begins with the prefix and holds the required phrases, so that its translation does so once.
        """
        with sensible_threads(self.settings):
            return self._found(model, sources, self._demands(sources, numbers))

    def _found(self, model: AnyModel, sources: Sequence[Sequence[int]], demands: Demands) -> list[list[Hypothesis]]:
        settings = self.settings
        # Several hypotheses can be one text, so all that search holds are asked for where more than one is wanted.
        most = settings.samples or settings.beam_size
        wanted = most if settings.num_hypotheses > 1 or needs_ranking(settings) else 1
        found = guided_ids(model, sources, settings.model_copy(update={"num_hypotheses": wanted}), demands)
        if needs_ranking(settings) and not settings.minimum_risk:
            found = ranked(model, sources, found, settings)
        if settings.minimum_risk:
            found = [by_least_risk(each, [self._book.tokenizer.decode(one.ids) for one in each]) for each in found]
        return found

    def _demands(self, sources: Sequence[Sequence[int]], numbers: Sequence[int]) -> Demands:
        cancel: Callable[[int], bool] | None = self._options.get("cancel")
        is_first = [each != before for before, each in pairwise((None, *numbers))]
        required = tuple(map(self._required_of, sources, is_first))
        return Demands(
            prefixes=tuple(self._prefix if first else () for first in is_first),
            required=required if any(required) else (),
            seams=self._book.seams if any(required) else None,
            adjusters=() if self._forbidden is None else (self._forbidden,),
            shortlist=self._shortlist,
            cancel=None if cancel is None else lambda source: cancel(numbers[source]),
        )

    def _required_of(self, source: Sequence[int], is_first: bool) -> tuple[RequiredPhrase, ...]:
        required = self._required if is_first else ()
        if self._glossary is None:
            return required
        terms = self._glossary.terms_in(self._book.tokenizer.decode(source))
        return (*required, *(self._phrase(term.targets, _name(term)) for term in terms))

    def _phrase(self, given: object, name: str) -> RequiredPhrase:
        texts = [_text(each, name) for each in (given if isinstance(given, tuple) else (given,))]
        if not texts or not all(map(str.strip, texts)):
            raise SettingsError(f"{name}: a phrase needs text, but {given!r:.60} is given")
        try:
            found = self._book.required(texts)
        except SettingsError as error:
            raise SettingsError(f"{name}: {error}") from None
        if self._forbidden is None:
            return found
        return _allowed(found, self._forbidden, f"{name} demands {' or '.join(map(repr, texts))}")

    def _refuse_what_cannot_require(self) -> None:
        settings = self.settings
        if settings.samples or settings.diverse_groups > 1:
            other = "samples" if settings.samples else "diverse_groups"
            raise SettingsError(f"required phrases and glossaries need a beam of their own; leave {other} out")


def _name(term: Term) -> str:
    return f"the term {term.source!r}"


def _allowed(found: RequiredPhrase, forbidden: ForbiddenPhrases, demand: str) -> RequiredPhrase:
    """Without the cuts that search would never write; one that may stand behind a space must be left."""
    cuts = tuple(cut for cut in found.cuts if not forbidden.leave_out(cut.ids))
    if all(cut.needs_opening or cut.only_first for cut in cuts):
        raise SettingsError(f"{demand}, but a forbidden phrase is part of that; forbid less, or ask for something else")
    return RequiredPhrase(cuts)


def _listed(given: object, name: str) -> Sequence[object]:
    if given is None:
        return ()
    if not isinstance(given, list | tuple):
        raise SettingsError(f"{name} takes a list of phrases, but {given!r:.60} is given")
    return given


def _text(given: object, name: str) -> str:
    if not isinstance(given, str):
        raise TextError(f"{name} must be a string, but {type(given).__name__} {given!r:.60} is given")
    return given
