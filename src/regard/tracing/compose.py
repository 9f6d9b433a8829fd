"""From a recorded run to a trace: names, tokens and checks around the numbers."""

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any, Final, get_args

import numpy as np
from numpy.typing import NDArray

from regard.attention import Reason
from regard.models import AnyModel
from regard.text import Tokenizer
from regard.tracing.assemble import Table
from regard.tracing.checks import Recorded, checks_of
from regard.tracing.header import (
    AXES,
    AttentionFacts,
    Axis,
    Candidate,
    Check,
    Header,
    MaskFacts,
    ModelFacts,
    Request,
    Step,
    TokenList,
    Tokens,
    TranslationFacts,
    family_of,
)
from regard.tracing.header import Reason as ReasonName
from regard.tracing.live import Heard, live_step
from regard.tracing.plan import Plan
from regard.tracing.record import Run, record
from regard.tracing.tokens import tokens_of
from regard.tracing.trace import Trace
from regard.tracing.watch import SeenStep
from regard.version import __version__

_ROWS: Final[dict[str, TokenList]] = {"source": "source", "target": "target_in"}

Arrays = dict[str, NDArray[Any]]


def record_trace(
    model: AnyModel,
    tokenizer: Tokenizer,
    plan: Plan,
    *,
    facts: ModelFacts,
    request: Request,
    on_step: Heard | None = None,
) -> Trace:
    """Records a run and says what it was.

    Args:
        model: the network.
        tokenizer: what cut the text, and spells the translation.
        plan: what to record, in ids.
        facts: what is known of the network.
        request: the same as the plan, in the user's words.
        on_step: told each step of the search as it is taken.

    Raises:
        SettingsError: the plan asks for what the model does not have, or gives too little room.
        TokenLimitError: the source is longer than the settings allow.
        DivergedError: the model's logits are not finite.
    """
    run = record(model, plan, None if on_step is None else _speaking(on_step, tokenizer))
    masks = _masks(run.tables)
    vectors = {_ROWS[side]: each for side, each in run.position_vectors.items()}
    header = Header(
        made_by=f"Regard {__version__}",
        model=facts,
        request=request,
        translation=_translation(run, tokenizer),
        tokens=tokens_of(tokenizer, text=request.text, source=plan.source, width=plan.width, target=run.tokens),
        steps=tuple(_steps(run, plan, tokenizer)),
        attentions=tuple(_attention(key, run, mask) for key, (mask, _) in masks.items()),
        masks={mask: _mask_facts(mask, codes) for mask, codes in masks.values()},
        position_vectors={row: f"npz:positions/{row}" for row in vectors},
        checks=_checks(run, model),
    )
    return Trace(header, _read_only(_tensors(run, dict(masks.values()), vectors)))


def _speaking(on_step: Heard, tokenizer: Tokenizer) -> Callable[[SeenStep], None]:
    places = count()
    return lambda seen: on_step(live_step(next(places), seen, tokenizer))


def trace_of_nothing(*, facts: ModelFacts, request: Request) -> Trace:
    """The trace of a text without any token: its translation is empty, and the model was not asked."""
    header = Header(
        made_by=f"Regard {__version__}",
        model=facts,
        request=request,
        translation=TranslationFacts(text="", score=0.0, finished=True),
        tokens=Tokens(source=(), target_in=(), target_out=()),
        steps=(),
        attentions=(),
        masks={},
        checks=(),
    )
    return Trace(header, {})


def _translation(run: Run, tokenizer: Tokenizer) -> TranslationFacts:
    found = run.hypothesis
    return TranslationFacts(text=tokenizer.decode(found.ids), score=found.score, finished=found.finished)


def _steps(run: Run, plan: Plan, tokenizer: Tokenizer) -> Iterator[Step]:
    given = len(plan.prefix) if plan.target is None else len(run.tokens)
    pieces = tokenizer.pieces(run.tokens)
    for place, (seen, row) in enumerate(run.steps):
        best = seen.candidates[row]
        names = tokenizer.pieces(candidate.id for candidate in best)
        yield Step(
            i=place,
            id=run.tokens[place],
            piece=pieces[place],
            probability=_probability(run.hypothesis.token_log_probabilities[place]),
            top=tuple(
                Candidate(id=each.id, piece=name, probability=_probability(each.log_probability))
                for each, name in zip(best, names, strict=True)
            ),
            entropy=max(0.0, seen.entropies[row]),
            milliseconds=seen.milliseconds,
            forced=place < given,
        )


def _probability(log_probability: float) -> float:
    return min(1.0, math.exp(log_probability))


def _attention(key: str, run: Run, mask: str) -> AttentionFacts:
    table, core, family = run.tables[key], run.cores[key], family_of(key)
    return AttentionFacts(
        key=key,
        attention=family,
        layer=int(key.split(".")[1]),
        query_tokens="source" if family == "encoder.self" else "target_in",
        key_tokens="target_in" if family == "decoder.self" else "source",
        num_heads=len(table.queries),
        head_dim=table.queries.shape[-1],
        value_dim=table.values.shape[-1],
        score=core.score,
        scale=core.scale if core.score == "dot" else 1.0,
        mask=mask,
        completed=_names_of(table.completed),
    )


def _names_of(reasons: Reason) -> tuple[ReasonName, ...]:
    names: tuple[ReasonName, ...] = get_args(ReasonName)
    return tuple(name for name in names if Reason[name.upper()] & reasons)


def _masks(tables: Mapping[str, Table]) -> dict[str, tuple[str, NDArray[np.uint8]]]:
    """The mask of each attention: its name and its codes, without heads where they agree.

    It has the name of its kind of attention, ``decoder.cross``; or of that very attention, ``decoder.1.cross``, where
    layers differ.
    """
    codes = {key: _without_equal_heads(table.codes) for key, table in tables.items()}
    families: dict[str, list[str]] = {}
    for key in tables:
        families.setdefault(family_of(key), []).append(key)
    named: dict[str, tuple[str, NDArray[np.uint8]]] = {}
    for family, keys in families.items():
        agree = all(np.array_equal(codes[key], codes[keys[0]]) for key in keys)
        named |= {key: (family if agree else key, codes[key]) for key in keys}
    return named


def _without_equal_heads(codes: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return codes[0] if len(codes) and (codes == codes[:1]).all() else codes


def _mask_facts(name: str, codes: NDArray[np.uint8]) -> MaskFacts:
    axes: tuple[Axis, ...] = ("head", "query", "key")
    return MaskFacts(axes=axes[-codes.ndim :], shape=codes.shape, data=f"npz:masks/{name}")


def _checks(run: Run, model: AnyModel) -> tuple[Check, ...]:
    recorded = [Recorded(key, run.cores[key], table) for key, table in run.tables.items()]
    return checks_of(recorded, dtype=model.dtype, other_way=run.other_way)


def _tensors(run: Run, masks: Arrays, vectors: Mapping[TokenList, NDArray[np.float32]]) -> Arrays:
    """Every array of the trace by its name, in the order of the header."""
    tensors: Arrays = {f"masks/{name}": codes for name, codes in masks.items()}
    tensors |= {f"positions/{row}": each for row, each in vectors.items()}
    for key, table in run.tables.items():
        tensors |= {f"{key}/{name}": getattr(table, name) for name in AXES}
    return tensors


def _read_only(tensors: Arrays) -> Arrays:
    contiguous = {name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}
    for tensor in contiguous.values():
        tensor.flags.writeable = False
    return contiguous
