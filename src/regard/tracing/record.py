"""Recording: a sentence is translated once, by the model's own modules, and what they did is kept.

The run works on a twin of the network: the same weights, a watcher beside each attention, the plain path pinned. A
second run computes the same in the other way, one pass over all positions where the first went word by word; it is
there only to be compared.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import torch
from numpy.typing import NDArray

from regard.batches import rectangle
from regard.decoding import Hypothesis, Steering, Within, search
from regard.decoding.choice import log_probabilities
from regard.decoding.opening import answering, device_of
from regard.models import AnyModel
from regard.models.multihead import HeadCore
from regard.text import BOS, EOS
from regard.tracing.assemble import Table, ancestry, assembled, with_keys_nobody_saw
from regard.tracing.interventions import changes_of, show_padding, zero_positions
from regard.tracing.plan import Plan, refuse_impossible
from regard.tracing.size import estimate_size, refuse_too_large
from regard.tracing.twin import twin_of
from regard.tracing.watch import AttentionWatch, PositionWatch, SearchWatch, SeenStep, seen_step


@final
@dataclass(frozen=True, eq=False)
class Run:
    """What happened.

    Attributes:
        hypothesis: the translation.
        tokens: its ids, EOS included if it is finished.
        steps: how each of them was chosen: a step, and the row of it that wrote the translation.
        tables: every attention that was kept, by its name.
        cores: the same attentions themselves.
        position_vectors: what was added for positions, by ``source`` and ``target``, where the model has them.
        other_way: the tables of the second run; None where that would not compute the same.
    """

    hypothesis: Hypothesis
    tokens: tuple[int, ...]
    steps: tuple[tuple[SeenStep, int], ...]
    tables: dict[str, Table]
    cores: dict[str, HeadCore]
    position_vectors: dict[str, NDArray[np.float32]]
    other_way: dict[str, Table] | None


def record(model: AnyModel, plan: Plan, heard: Callable[[SeenStep], None] | None = None) -> Run:
    """Translates, or reads a given translation, and keeps what every attention did.

    ``heard`` is told each step of the search when it has been taken.

    Raises:
        SettingsError: the plan asks for what the model does not have, or gives too little room.
        TokenLimitError: the source is longer than the settings allow.
        TraceError: it would take too much memory.
        DivergedError: the model's logits are not finite.
    """
    refuse_impossible(plan, model)
    refuse_too_large(estimate_size(plan, model))
    twin = twin_of(model)
    for core in twin.attentions().values():
        core.path = "plain"
    if not plan.interventions.positions:
        zero_positions(twin)
    if "padding" in plan.interventions.without_masks:
        show_padding(twin)
    with answering(twin):
        return _recorded(twin, plan, heard)


def _recorded(twin: AnyModel, plan: Plan, heard: Callable[[SeenStep], None] | None) -> Run:
    with PositionWatch(twin) as positions:
        seen = _word_by_word(twin, plan, heard) if plan.target is None else _in_one_pass(twin, plan, plan.target)
    tokens = (*seen.hypothesis.ids, EOS) if seen.hypothesis.finished else seen.hypothesis.ids
    cores = {key: core for key, core in twin.attentions().items() if key in seen.tables}
    tables, other_way = seen.tables, _other_way(twin, plan, tokens)
    if plan.target is None and other_way is not None:
        tables = {key: with_keys_nobody_saw(table, other_way[key], cores[key]) for key, table in tables.items()}
    return Run(
        hypothesis=seen.hypothesis,
        tokens=tokens,
        steps=seen.steps,
        tables=tables,
        cores=cores,
        position_vectors=positions.vectors({"source": plan.width, "target": len(tokens)}),
        other_way=other_way,
    )


@final
@dataclass(frozen=True, eq=False)
class _Seen:
    """What one run left."""

    hypothesis: Hypothesis
    steps: tuple[tuple[SeenStep, int], ...]
    tables: dict[str, Table]


def _word_by_word(twin: AnyModel, plan: Plan, heard: Callable[[SeenStep], None] | None = None) -> _Seen:
    """A search, watched; of its rows, those that led to the translation."""
    watches, listener = _watch(twin, plan, future_is_there=False), SearchWatch(heard)
    within = None if plan.shortlist is None else Within.of(plan.shortlist, [plan.source], [plan.prefix])
    steering = Steering(
        prefixes=(plan.prefix,),
        source_width=plan.source_width,
        listener=listener,
        adjusters=plan.adjusters,
        within=within,
    )
    hypothesis = search(twin, [plan.source], plan.search, steering)[0][0]
    tokens = (*hypothesis.ids, EOS) if hypothesis.finished else hypothesis.ids
    rows = ancestry(listener.steps, tokens)
    return _Seen(hypothesis, tuple(zip(listener.steps, rows, strict=False)), _tables(watches, rows))


def _in_one_pass(twin: AnyModel, plan: Plan, target: Sequence[int], *, future_is_there: bool = True) -> _Seen:
    """A given translation, all of its positions at once, as in training."""
    watches, device = _watch(twin, plan, future_is_there=future_is_there), device_of(twin)
    source, layout = rectangle([[*plan.source, EOS]], width=plan.source_width)
    inputs, input_layout = rectangle([[BOS, *target]])
    log_probs = log_probabilities(twin.score(source.to(device), layout, inputs.to(device), input_layout)[0])
    outputs = torch.tensor([*target, EOS], device=device)
    values: list[float] = log_probs.gather(1, outputs[:, None])[:, 0].tolist()
    hypothesis = Hypothesis.of(outputs.tolist(), values, length_penalty=plan.search.length_penalty)
    seen = seen_step([], log_probs)
    return _Seen(hypothesis, tuple((seen, row) for row in range(len(values))), _tables(watches, [0] * len(values)))


def _other_way(twin: AnyModel, plan: Plan, tokens: Sequence[int]) -> dict[str, Table] | None:
    """The same sentence and translation again: in one pass if it went word by word, and the other way round."""
    if plan.target is None:
        return _in_one_pass(twin, plan, tokens[:-1], future_is_there=False).tables
    if "future" in plan.interventions.without_masks:
        return None  # who writes word by word cannot look ahead
    only_this = plan.search.model_copy(update={"beam_size": 1, "num_hypotheses": 1, "max_length": len(tokens)})
    again = replace(plan, target=None, prefix=plan.target, search=only_this, adjusters=())
    return _word_by_word(twin, again).tables


def _watch(twin: AnyModel, plan: Plan, *, future_is_there: bool) -> dict[str, AttentionWatch]:
    """A new watcher beside every attention."""
    cores = twin.attentions()
    changes = changes_of(plan.interventions, cores, future_is_there=future_is_there)
    watches = {key: AttentionWatch(changes[key], core, keeps=plan.keeps(key)) for key, core in cores.items()}
    for key, watch in watches.items():
        cores[key].witness = watch
    return watches


def _tables(watches: dict[str, AttentionWatch], rows: Sequence[int]) -> dict[str, Table]:
    """The table of every attention that was kept; what it was made from is let go of, one after the other."""
    tables = {}
    for key, watch in watches.items():
        if watch.keeps:
            tables[key] = assembled(watch.calls, rows, watch.change, watch.core)
            watch.calls.clear()
    return tables
