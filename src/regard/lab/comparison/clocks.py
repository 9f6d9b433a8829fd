"""Three clocks: updates of training, many sentences at once, one sentence alone. The sides take turns."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Any, Final, final

from regard.lab.comparison.going import Going
from regard.lab.comparison.plan import Plan
from regard.runs.data import RunData
from regard.runs.machine import use_threads
from regard.text import Tokenizer
from regard.translator import Translator


@final
@dataclass(frozen=True, slots=True)
class Watch:
    """How much is timed: rounds of both sides in turns, and in each so many seconds and sentences.

    ``memory_seconds`` is how long training goes on while its memory is watched.
    """

    rounds: int = 3
    warm_seconds: float = 6.0
    training_seconds: float = 4.0
    batch_sentences: int = 200
    single_sentences: int = 20
    memory_seconds: float = 20.0


USUAL: Final = Watch()


@final
@dataclass
class _Found:
    batch_seconds: list[float] = field(default_factory=list)
    batch_tokens: int = 0
    single_seconds: list[float] = field(default_factory=list)


def read_clocks(
    plan: Plan,
    data: RunData,
    tokenizer: Tokenizer,
    translators: Sequence[Translator],
    sources: Sequence[str],
    *,
    watch: Watch = USUAL,
) -> dict[str, dict[str, Any]]:
    """The clocks of both sides, by name; the machine should have nothing else to do.

    Args:
        plan: names, settings, threads.
        data: the pairs of the timed updates.
        tokenizer: their subwords.
        translators: both sides, trained: how long translating takes depends on what comes out.
        sources: sentences to translate.
        watch: how much is timed.
    """
    use_threads(plan.threads)
    names = [side.name for side in plan.sides]
    going = [Going(side, data, tokenizer) for side in plan.sides]
    found = [_Found() for _ in names]
    for one, translator in zip(going, translators, strict=True):
        one.warm_up(watch.warm_seconds)
        translator.translate(list(sources[: watch.single_sentences]))
    for number in range(watch.rounds):
        for one in going:
            one.go(watch.training_seconds)
        for translator, times in zip(translators, found, strict=True):
            _time_batches(translator, sources[: watch.batch_sentences], times)
        for translator, times in zip(translators, found, strict=True):
            begin = number * watch.single_sentences % max(1, len(sources) - watch.single_sentences + 1)
            _time_singles(translator, sources[begin : begin + watch.single_sentences], times)
    return {name: _clocks(one, times, plan.threads) for name, one, times in zip(names, going, found, strict=True)}


def _time_batches(translator: Translator, sources: Sequence[str], times: _Found) -> None:
    seconds, answers = _timed(partial(translator.translate, list(sources)))
    times.batch_seconds.append(seconds)
    times.batch_tokens = sum(len(answer.tokens) for answer in answers)


def _time_singles(translator: Translator, sources: Sequence[str], times: _Found) -> None:
    for source in sources:
        times.single_seconds.append(_timed(partial(translator.translate, [source], beam_size=1))[0])


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _clocks(going: Going, times: _Found, threads: int) -> dict[str, Any]:
    return {
        "training_tokens_per_second": round(going.tokens / going.seconds, 1),
        "batch_tokens_per_second": round(times.batch_tokens / median(times.batch_seconds), 1),
        "single_p50_milliseconds": round(1e3 * median(times.single_seconds), 2),
        "rounds": len(times.batch_seconds),
        "threads": threads,
    }
