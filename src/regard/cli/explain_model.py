"""A sentence translated while recording, and again with one thing changed, to say what that changes."""

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, final

import typer

from regard.cli.explain_request import Changes, Files, View
from regard.cli.explain_trace import finish

if TYPE_CHECKING:
    from regard.tracing import HeadName, HeadTrace, Trace
    from regard.tracing.size import SizeEstimate
    from regard.translator import Translator

_ALL_BUT_THE_FUTURE: Final = ("padding", "window", "prefix", "segment")


@final
@dataclass(frozen=True)
class Loading:
    """A model's folder, and how to load it."""

    folder: Path
    dtype: str
    device: str
    threads: int | None


def explain_model(loading: Loading, text: str, view: View, changes: Changes, files: Files) -> None:
    """Translates a sentence, recording, and shows what was recorded.

    Raises:
        InputError: the model, the text or what is asked for is wrong.
        CheckError: a check of the trace failed.
    """
    layers, heads = view.recorded_layers, changes.heads
    from regard.translator import load

    translator = load(loading.folder, dtype=loading.dtype, device=loading.device, threads=loading.threads)
    run = Run(translator, text, changes, heads, layers)
    finish(run.trace, view, files, effect=run.effect, ordinary=run.ordinary)


@final
@dataclass(frozen=True, eq=False)
class Run:
    """One sentence of one model."""

    translator: "Translator"
    text: str
    changes: Changes
    heads: "tuple[HeadName, ...]"
    layers: tuple[int, int] | None

    @cached_property
    def trace(self) -> "Trace":
        """The run as it was asked for."""
        return self._record(prefix=self.changes.prefix, layers=self.layers, announce=_announce)

    @cached_property
    def ordinary(self) -> "Trace | None":
        """The same run with nothing changed; None if nothing was."""
        if not self.changes.any_intervention:
            return None
        found: Trace = self.translator.explain(
            self.text,
            beam_size=self.changes.beam_size,
            pad_source_to=self.changes.pad_source_to,
            prefix=self.changes.prefix,
            layers=self.layers,
        )
        return found

    def effect(self, head: "HeadTrace") -> list[str]:
        """What switching one head off does to the probability of this very translation."""
        from regard.tracing import HeadName

        if not self.trace.translation.text:
            return []
        name = HeadName(attention=head.attention.attention, layer=head.attention.layer, head=head.head)
        without = _log_probability(self._forced(name))
        return [
            f"With this head switched off, this translation's log-probability goes from "
            f"{self._log_probability:.3f} to {without:.3f}."
        ]

    @cached_property
    def _log_probability(self) -> float:
        return _log_probability(self._forced())

    def _forced(self, *heads: "HeadName") -> "Trace":
        """This translation given, not searched for; as few layers recorded as can be."""
        # Read in one pass, where the future could be seen; while words were chosen it was not there.
        lifted = _ALL_BUT_THE_FUTURE if self.changes.without_mask else ()
        return self._record(*heads, target=self.trace.translation.text, layers=(0, 0), without_mask=lifted)

    def _record(self, *heads: "HeadName", **options: Any) -> "Trace":
        changes = self.changes
        found: Trace = self.translator.explain(
            self.text,
            beam_size=changes.beam_size,
            pad_source_to=changes.pad_source_to,
            without_heads=(*self.heads, *heads),
            **{"without_mask": changes.without_mask, "positions": not changes.no_positions, **options},
        )
        return found


def _announce(size: "SizeEstimate") -> None:
    """Says what a long sentence will take, before it takes it."""
    from regard.tracing.size import WORTH_SAYING

    if size.recording_bytes > WORTH_SAYING:
        typer.echo(f"recording {size}", err=True)


def _log_probability(trace: "Trace") -> float:
    return math.fsum(math.log(max(step.probability, 1e-300)) for step in trace.steps)
