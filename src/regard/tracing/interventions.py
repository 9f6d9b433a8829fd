"""What if: heads, cells and masks switched off, positions zeroed, all of it inside the model's own modules.

A head that is switched off sees nothing, by one more mask in the same attention: its weights and its context are 0.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, final

from regard.attention import Cell, Reason, SwitchedOff, View
from regard.models import AnyModel, Transformer
from regard.models.embedding import PositionTable
from regard.models.multihead import HeadCore, SelfAttention
from regard.tracing.header import CellName, HeadName, Interventions
from regard.tracing.twin import modules_of

LIFTABLE: Final = (Reason.PADDING, Reason.FUTURE, Reason.WINDOW, Reason.PREFIX, Reason.SEGMENT)
"""Reasons whose mask can be left out. What belongs to another hypothesis stays hidden: it is not this run's past."""


@final
@dataclass(frozen=True)
class Change:
    """What is changed in one attention.

    Attributes:
        hidden: cells that are hidden besides what the model's own mask hides.
        lifted: reasons of the model's own mask that hide nothing.
    """

    hidden: SwitchedOff
    lifted: Reason = Reason.VISIBLE

    def applied(self, view: View, *, first_query: int) -> View:
        """The view to attend with, of queries from position ``first_query`` on."""
        if not self.hidden.cells and not self.lifted:
            return view
        num_queries, num_keys = view.allowed.shape[-2] // view.beams, view.allowed.shape[-1] // view.cells
        own = view.reasons() & (0xFF ^ int(self.lifted))
        hidden = self.hidden.reasons(num_queries, num_keys, first_query=first_query, device=view.allowed.device)
        # Hypotheses side by side share a position: what is switched off there is switched off for all of them.
        codes = own | hidden.repeat_interleave(view.beams, -2).repeat_interleave(view.cells, -1)
        return replace(View.of(codes == 0, codes=lambda: codes), beams=view.beams, cells=view.cells)


def changes_of(
    interventions: Interventions, attentions: Mapping[str, HeadCore], *, future_is_there: bool
) -> dict[str, Change]:
    """The change of every attention, by its name.

    ``future_is_there`` where a whole target is read in one pass; where it is written word by word, there is no future
    yet that could be shown.
    """
    lifted = Reason.VISIBLE
    for name in interventions.without_masks:
        lifted |= Reason[name.upper()]
    if not future_is_there:
        lifted &= ~Reason.FUTURE
    return {
        key: Change(SwitchedOff(_cells_of(key, interventions), core.num_heads), lifted)
        for key, core in attentions.items()
    }


def unknown_names(interventions: Interventions, attentions: Mapping[str, HeadCore]) -> Iterator[str]:
    """A sentence for each head or cell that names what the model does not have."""
    there = ", ".join(f"{key} ({core.num_heads} heads)" for key, core in attentions.items())
    for name in (*interventions.without_heads, *interventions.without_cells):
        if not any(_means(name, key, core) for key, core in attentions.items()):
            yield f"there is no {_described(name)} to switch off; counted from 0, the model has {there}"


def zero_positions(twin: AnyModel) -> None:
    """No token of this network knows any more where it stands, unless through a mask."""
    for _, table in modules_of(twin, PositionTable):
        table.kind = "none"
    for _, attention in modules_of(twin, SelfAttention):
        attention.rotary = False


def show_padding(twin: AnyModel) -> None:
    """The keys of padding reach the attentions of this network as they are.

    Leaving the mask out of each attention is not enough: a Transformer blanks these keys once, before any attention.
    """
    if isinstance(twin, Transformer):
        twin.settings = twin.settings.model_copy(update={"padding_mask": False})


def _cells_of(key: str, interventions: Interventions) -> Iterator[Cell]:
    for head in _of(key, interventions.without_heads):
        yield Cell(head=head.head)
    for cell in _of(key, interventions.without_cells):
        assert isinstance(cell, CellName)
        yield Cell(head=cell.head, query=cell.query, key=cell.key)


def _of(key: str, names: Sequence[HeadName]) -> list[HeadName]:
    return [name for name in names if _names(name, key)]


def _names(name: HeadName, key: str) -> bool:
    side, layer, which = key.split(".")
    return name.attention in (None, f"{side}.{which}") and name.layer in (None, int(layer))


def _means(name: HeadName, key: str, core: HeadCore) -> bool:
    return _names(name, key) and (name.head is None or name.head < core.num_heads)


def _described(name: HeadName) -> str:
    parts: list[str] = [name.attention or "every attention"]
    parts += [] if name.layer is None else [f"layer {name.layer}"]
    parts += [] if name.head is None else [f"head {name.head}"]
    return " ".join(parts)
