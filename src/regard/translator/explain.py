"""``Translator.explain``: what a user asks becomes a plan, and the plan a trace."""

import logging
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeGuard, TypeVar, final, get_args

from pydantic import ValidationError

from regard.decoding.guided import restrictions
from regard.errors import SettingsError, TextError
from regard.models import Ensemble
from regard.settings import DecodingSettings
from regard.settings.section import Section
from regard.tracing import CellName, HeadName, Interventions, ModelFacts, Request, Trace
from regard.tracing.compose import record_trace, trace_of_nothing
from regard.tracing.header import Decoding, Family, Reason, family_of
from regard.tracing.live import Heard
from regard.tracing.plan import Plan
from regard.tracing.size import SizeEstimate, estimate_size
from regard.translator.phrases import ForbiddenPhrases
from regard.translator.prefix import prefix_ids
from regard.translator.search import asked_shortlist

if TYPE_CHECKING:
    from regard.translator.facade import Translator

LIFTABLE: Final = tuple(reason for reason in get_args(Reason) if reason not in ("switched_off", "other_hypothesis"))
"""Reasons that ``without_mask`` can name."""

_NOT_ONE_SEARCH: Final = (
    "samples", "minimum_risk", "diverse_groups", "glossary", "coverage_penalty", "length_formula", "deadline_seconds"
)  # fmt: skip
_ORDINARY: Final = DecodingSettings()
_log = logging.getLogger("regard.explain")

_HEAD: Final = re.compile(
    r"((?:encoder(?!\.\d+\.cross)|decoder)\.(\d{1,9})\.(?:self|cross))\.(\d{1,9})|(\d{1,9})\.(\d{1,9})"
)
_HEAD_FORM: Final = (
    "a head is named ('decoder.cross', layer, head), 'decoder.LAYER.cross.HEAD', or 'LAYER.HEAD' for that head of "
    f"every attention; attentions are {', '.join(get_args(Family))}, numbers count from 0, and None means all"
)
_CELL_FORM: Final = "a cell is named ('decoder.cross', layer, head, query, key), where None means all"

SectionT = TypeVar("SectionT", bound=Section)


@final
@dataclass(frozen=True)
class Question:
    """What a user asks ``Translator.explain``, as it was given."""

    text: str
    pad_source_to: object
    prefix: object
    target: object
    layers: object
    without_heads: object
    without_cells: object
    without_mask: object
    positions: object


def explain(
    translator: "Translator",
    question: Question,
    ids: Sequence[int],
    search: DecodingSettings,
    *,
    announce: Callable[[SizeEstimate], None] | None = None,
    on_step: Heard | None = None,
) -> Trace:
    """Translates the ids of the question's text as asked, and records it. Raises what ``Translator.explain`` says."""
    if isinstance(translator.model, Ensemble):
        raise SettingsError("several models translate here together; explain one of them, loaded by itself")
    request = _request(question, search)
    facts = _facts(translator)
    if not ids:
        return trace_of_nothing(facts=facts, request=request)
    tokenizer, target = translator.tokenizer, request.target
    _say_what_is_left_out(search)
    forbidden = ForbiddenPhrases(search.forbidden, translator.book) if search.forbidden else None
    plan = Plan(
        source=tuple(ids),
        search=search,
        source_width=request.pad_source_to,
        prefix=prefix_ids(request.prefix or "", tokenizer, search, forbidden),
        target=None if target is None else tuple(tokenizer.encode(target.strip())),
        layers=request.layers,
        interventions=request.interventions,
        shortlist=asked_shortlist(search, translator.shortlist),
        adjusters=(*([forbidden] if forbidden else []), *restrictions(search, [ids])),
    )
    if announce is not None:
        announce(estimate_size(plan, translator.model))
    return record_trace(translator.model, tokenizer, plan, facts=facts, request=request, on_step=on_step)


def _say_what_is_left_out(search: DecodingSettings) -> None:
    """The model's own settings may ask for more than one search; a single one is what can be looked at."""
    changed = [name for name in _NOT_ONE_SEARCH if getattr(search, name) != getattr(_ORDINARY, name)]
    if changed:
        _log.warning(
            f"this is an ordinary search, without the model's own {', '.join(changed)}, so translate may say something "
            "else"
        )


def _facts(translator: "Translator") -> ModelFacts:
    settings, model = translator.settings.model, translator.model
    core = next(iter(model.attentions().values()))
    source, target = translator.languages
    is_transformer = settings.kind == "transformer"
    return ModelFacts(
        name=translator.name,
        sha256=translator.weights_sha256,
        kind=settings.kind,
        source_language=source,
        target_language=target,
        encoder_layers=settings.encoder_layers,
        decoder_layers=settings.decoder_layers,
        num_heads=core.num_heads,
        model_dim=settings.model_dim,
        head_dim=core.head_dim,
        feedforward_dim=settings.feedforward_dim if is_transformer else 0,
        vocab_size=model.vocab_size,
        norm=settings.norm if is_transformer else "none",
        positions=settings.positions if is_transformer else "none",
        dtype=translator.dtype,
    )


def _request(question: Question, search: DecodingSettings) -> Request:
    prefix, target = _string(question.prefix, "prefix"), _string(question.target, "target")
    if prefix is not None and target is not None:
        raise SettingsError("prefix and target are both given; a target is the whole translation, so leave prefix out")
    decoding: Decoding = "greedy" if search.beam_size == 1 else "beam"
    return Request(
        text=question.text,
        decoding=decoding if target is None else "forced",
        beam_size=search.beam_size if target is None else 1,
        length_penalty=search.length_penalty,
        max_length=search.max_length,
        pad_source_to=_whole_number(question.pad_source_to),
        prefix=prefix,
        target=target,
        layers=_layers(question.layers),
        interventions=Interventions(
            without_heads=tuple(map(_head, _several(question.without_heads, "without_heads", _HEAD_FORM))),
            without_cells=tuple(map(_cell, _several(question.without_cells, "without_cells", _CELL_FORM))),
            without_masks=_left_out(question.without_mask, future_is_there=target is not None),
            positions=bool(question.positions),
        ),
    )


def _string(given: object, name: str) -> str | None:
    if given is None or isinstance(given, str):
        return given
    raise TextError(f"{name} must be a string, but {type(given).__name__} {given!r:.60} is given")


def _is_count(given: object) -> TypeGuard[int]:
    return type(given) is int and 0 <= given < 1 << 31


def _whole_number(given: object) -> int | None:
    if given is not None and not _is_count(given):
        raise SettingsError(f"pad_source_to must be a whole number of tokens, but is {given!r:.60}")
    return given


def _layers(given: object) -> tuple[int, int] | None:
    if given is None:
        return None
    if not isinstance(given, tuple | list) or len(given) != 2 or not all(map(_is_count, given)):
        raise SettingsError(f"layers must be (first, last), counted from 0, but is {given!r:.60}")
    return given[0], given[1]


def _several(given: object, name: str, form: str) -> Iterable[object]:
    if isinstance(given, str | tuple) and given and (isinstance(given, str) or isinstance(given[0], str | None)):
        one_is_meant = isinstance(given, str) or len(given) in (3, 5)
        raise SettingsError(
            f"{name} takes a list, but {given!r:.80} is given; {'put it into [ ]: ' if one_is_meant else ''}{form}"
        )
    if not isinstance(given, list | tuple | set | frozenset):
        raise SettingsError(f"{name} takes a list, but {given!r:.80} is given; {form}")
    return given


def _head(given: object) -> HeadName:
    if isinstance(given, HeadName):
        return given
    if isinstance(given, str) and (match := _HEAD.fullmatch(given)):
        key, layer, head, any_layer, any_head = match.groups()
        family = family_of(key) if key else None
        return HeadName(attention=family, layer=int(layer or any_layer), head=int(head or any_head))
    return _named(HeadName, ("attention", "layer", "head"), given, f"without_heads: {_HEAD_FORM}")


def _cell(given: object) -> CellName:
    if isinstance(given, CellName):
        return given
    names = ("attention", "layer", "head", "query", "key")
    return _named(CellName, names, given, f"without_cells: {_CELL_FORM}")


def _named(kind: type[SectionT], names: Sequence[str], given: object, form: str) -> SectionT:
    parts: Sequence[Any] = given if isinstance(given, tuple | list) and len(given) == len(names) else ()
    try:
        return kind(**dict(zip(names, parts, strict=True)))
    except (ValidationError, ValueError):
        raise SettingsError(f"{form}; but {given!r:.80} is given") from None


def _left_out(given: object, *, future_is_there: bool) -> tuple[Reason, ...]:
    """The masks that hide nothing in this run; where words are chosen one by one, not that of the future."""
    reasons = _reasons(given)
    if future_is_there or "future" not in reasons:
        return reasons
    if given is not True:
        _log.warning(
            "the future mask stays: while a word is chosen, later ones are not there; give a target to show them"
        )
    return tuple(reason for reason in reasons if reason != "future")


def _reasons(given: object) -> tuple[Reason, ...]:
    """``without_mask``: True is all of them, False none; else one name, or several."""
    if isinstance(given, bool):
        return LIFTABLE if given else ()
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, list | tuple | set | frozenset) or any(name not in LIFTABLE for name in names):
        raise SettingsError(
            f"without_mask is True for all masks, or names of them: {', '.join(LIFTABLE)}; but {given!r:.80} is given"
        )
    return tuple(reason for reason in LIFTABLE if reason in names)
