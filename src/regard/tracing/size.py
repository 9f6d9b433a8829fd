"""How large a trace will be, before it is recorded: it grows with the square of the sentence.

The sizes of the arrays follow from the plan exactly, but for one thing: how long the translation will be is known only
when it is there, so the longest that search allows is counted, and "at most" is meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, final

from regard.errors import TraceError
from regard.models import AnyModel
from regard.models.multihead import HeadCore
from regard.tracing.header import family_of
from regard.tracing.plan import Plan

MOST_BYTES: Final = 1 << 30
"""Of memory while recording, at most."""

WORTH_SAYING: Final = 100 << 20
"""Below so much memory nobody needs to be told."""

# Measured with greedy search, as growth of the process: 3.0 to 3.8 times the arrays of the trace, as calls are kept
# until the run is over, and the same attention is computed in a second way to check the first. Of a beam, the calls of
# all its rows are kept until it is known which of them win: 5.2 times with a beam of 5.
_WHILE_RECORDING: Final = 4
_BYTES_PER_CALL: Final = 4096  # each of them is a dozen small arrays
_BYTES_PER_TOKEN: Final = 400  # of a token and its step in trace.json, compressed


@final
@dataclass(frozen=True)
class SizeEstimate:
    """What a plan will take, at most.

    Attributes:
        num_source_tokens: the end and padding counted.
        num_target_tokens: the end counted.
        num_attentions: how many are kept.
        num_heads: of each.
        tensor_bytes: the arrays of the trace.
        recording_bytes: memory while recording.
        file_bytes: the saved file.
    """

    num_source_tokens: int
    num_target_tokens: int
    num_attentions: int
    num_heads: int
    tensor_bytes: int
    recording_bytes: int
    file_bytes: int

    def __str__(self) -> str:
        return (
            f"{self.num_attentions} attentions of {self.num_heads} heads over {self.num_source_tokens} source tokens "
            f"and up to {self.num_target_tokens} target tokens: at most {_megabytes(self.recording_bytes)} of memory "
            f"while recording, a file of at most {_megabytes(self.file_bytes)}"
        )


def estimate_size(plan: Plan, model: AnyModel) -> SizeEstimate:
    """What recording a plan will take. Nothing is computed for it."""
    cores = {key: core for key, core in model.attentions().items() if plan.keeps(key)}
    num_source, num_target = plan.width, plan.limit(model) if plan.target is None else len(plan.target) + 1
    array_bytes = {key: _attention_bytes(core, *_sides(key, num_source, num_target)) for key, core in cores.items()}
    tensor_bytes = sum(array_bytes.values()) + _mask_bytes(cores, num_source, num_target)
    rows_that_lose = (plan.search.beam_size if plan.target is None else 1) - 1
    beam_bytes = rows_that_lose * sum(number for key, number in array_bytes.items() if key.startswith("decoder"))
    return SizeEstimate(
        num_source_tokens=num_source,
        num_target_tokens=num_target,
        num_attentions=len(cores),
        num_heads=max((core.num_heads for core in cores.values()), default=0),
        tensor_bytes=tensor_bytes,
        recording_bytes=_WHILE_RECORDING * tensor_bytes + beam_bytes + _BYTES_PER_CALL * len(cores) * num_target,
        file_bytes=tensor_bytes + _BYTES_PER_TOKEN * (num_source + 2 * num_target),
    )


def refuse_too_large(estimate: SizeEstimate, *, most_bytes: int = MOST_BYTES) -> None:
    """Refuses before anything is computed.

    Raises:
        TraceError: recording would take more than ``most_bytes`` of memory.
    """
    if estimate.recording_bytes > most_bytes:
        raise TraceError(
            f"too large to be recorded: {estimate}; allowed are {_megabytes(most_bytes)}. Keep fewer layers "
            "(layers=(0, 0), on the command line --layers 0), allow a shorter translation, or split the text"
        )


def _sides(key: str, num_source: int, num_target: int) -> tuple[int, int]:
    """How many queries and keys an attention has."""
    family = family_of(key)
    return (
        num_source if family == "encoder.self" else num_target,
        num_target if family == "decoder.self" else num_source,
    )


def _attention_bytes(core: HeadCore, num_queries: int, num_keys: int) -> int:
    """Queries and context, keys and values, scores and weights, in float32."""
    vectors = 2 * core.head_dim * (num_queries + num_keys)
    return 4 * core.num_heads * (vectors + 2 * num_queries * num_keys)


def _mask_bytes(cores: Mapping[str, HeadCore], num_source: int, num_target: int) -> int:
    """One mask for each kind of attention, as long as nothing is switched off."""
    families = {family_of(key): key for key in cores}
    sizes = (_sides(key, num_source, num_target) for key in families.values())
    return sum(num_queries * num_keys for num_queries, num_keys in sizes)


def _megabytes(num_bytes: int) -> str:
    return f"{num_bytes / 1e6:,.0f} MB"
