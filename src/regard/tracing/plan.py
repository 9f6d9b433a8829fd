"""What to record, and what cannot be recorded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import final

from regard.decoding import check_source_lengths, max_target_length
from regard.decoding.steering import Adjuster
from regard.errors import SettingsError
from regard.models import AnyModel
from regard.models.multihead import HeadCore
from regard.settings import DecodingSettings
from regard.text.shortlist import Shortlist
from regard.tracing.header import NOTHING, Interventions
from regard.tracing.interventions import unknown_names


@final
@dataclass(frozen=True)
class Plan:
    """What to record.

    Attributes:
        source: the sentence's ids, without EOS; at least one.
        search: how to translate it.
        source_width: cells of the source's row, EOS counted; as many as needed if None.
        prefix: the ids that the translation must begin with.
        target: all ids of the translation, without EOS, if it is given; then nothing is searched.
        layers: the first and the last layer to keep; None keeps all.
        interventions: what to change.
        shortlist: which pieces the translation may hold; all if None.
        adjusters: who else changes what search may choose.
    """

    source: tuple[int, ...]
    search: DecodingSettings
    source_width: int | None = None
    prefix: tuple[int, ...] = ()
    target: tuple[int, ...] | None = None
    layers: tuple[int, int] | None = None
    interventions: Interventions = NOTHING
    shortlist: Shortlist | None = None
    adjusters: tuple[Adjuster, ...] = ()

    @property
    def width(self) -> int:
        """Cells of the source's row, EOS and padding counted."""
        return len(self.source) + 1 if self.source_width is None else self.source_width

    def keeps(self, key: str) -> bool:
        """Whether the attention of this name is to be kept."""
        layer = int(key.split(".")[1])
        return self.layers is None or self.layers[0] <= layer <= self.layers[1]

    def limit(self, model: AnyModel) -> int:
        """How many tokens the translation may have, EOS counted."""
        return max_target_length(len(self.source), self.search, max_positions=model.max_positions)


def refuse_impossible(plan: Plan, model: AnyModel) -> None:
    """Refuses a plan that the model cannot follow.

    Raises:
        TokenLimitError: the source is longer than the settings allow.
        SettingsError: lists everything else that is wrong with the plan.
    """
    check_source_lengths([plan.source], plan.search.max_source_tokens)
    problems = [
        *_width_problems(plan, model),
        *_target_problems(plan, model),
        *_layer_problems(plan, model.attentions()),
    ]
    problems += unknown_names(plan.interventions, model.attentions())
    if problems:
        raise SettingsError("; ".join(problems))


def _width_problems(plan: Plan, model: AnyModel) -> Iterator[str]:
    needed = len(plan.source) + 1
    most = plan.search.max_source_tokens + 1
    if model.max_positions is not None:
        most = min(most, model.max_positions)
    if not needed <= plan.width <= max(most, needed):
        yield (
            f"pad_source_to is {plan.width}, but must be at least {needed} (the sentence's tokens and its end) "
            f"and at most {most}"
        )


def _target_problems(plan: Plan, model: AnyModel) -> Iterator[str]:
    if len(plan.prefix) >= plan.limit(model):
        yield (
            f"the prefix has {len(plan.prefix)} tokens, but the translation may have {plan.limit(model)}, its end "
            "counted; shorten it, or raise max_length"
        )
    if plan.target is not None and model.max_positions is not None and len(plan.target) >= model.max_positions:
        yield f"the target has {len(plan.target)} tokens, but the model has positions for {model.max_positions - 1}"


def _layer_problems(plan: Plan, attentions: Mapping[str, HeadCore]) -> Iterator[str]:
    if plan.layers is None:
        return
    first, last = plan.layers
    most = max((int(key.split(".")[1]) for key in attentions), default=0)
    if not 0 <= first <= last <= most:
        yield f"layers is {first} to {last}, but must lie between 0 and {most}, the first not above the last"
