"""Pairs learned by heart: the loss on the validation pairs rises again. Noticed at the end, with what helps."""

import math
from collections.abc import Iterator, Sequence

from regard.settings import Settings
from regard.training import ValidReport

_RISEN = 1.02
_SHARE_OF_RUN = 0.75
_SAMPLING = 0.1
_DROPOUT = 0.3


def pairs_known_by_heart(validations: Sequence[ValidReport], settings: Settings) -> str | None:
    """Since when, how far, and which settings would help, as a sentence; None while the loss has not risen for long.

    Args:
        validations: all of the run, in order; those without a loss count nothing.
        settings: of the run; what is chosen already is not advised.
    """
    known = [(report.scores.get("loss", math.nan), report.step) for report in validations]
    known = [(loss, step) for loss, step in known if math.isfinite(loss)]
    if not known:
        return None
    (lowest, since), (last, end) = min(known), known[-1]
    if since > _SHARE_OF_RUN * end or last < _RISEN * lowest:
        return None
    return (
        f"after step {since:,} of {end:,} the loss on the validation pairs rose again, from {lowest:.3f} to "
        f"{last:.3f}: the training pairs are being learned by heart. {_advice(settings)}"
    )


def _advice(settings: Settings) -> str:
    ways = " and ".join(_ways(settings))
    return f"More pairs help most; else try {ways}" if ways else "More pairs would help"


def _ways(settings: Settings) -> Iterator[str]:
    if settings.text.kind == "bpe" and not settings.text.sampling:
        yield f"text.sampling={_SAMPLING:g}"
    if settings.model.dropout < _DROPOUT:
        yield f"model.dropout={_DROPOUT:g}"
