"""With nobody watching, translating runs the very operators that it would run without any hook."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.profiler import ProfilerActivity, profile

from regard.decoding import beam, greedy
from regard.decoding.steering import Rows, Steering
from regard.models.multihead import HeadCore, _joined
from regard.translator import Translator

Make = Callable[..., Translator]
TEXTS = ["The cat chased the dog.", "I love you."]


def operators_of(work: Callable[[], object]) -> list[tuple[str, int]]:
    """Every operator that ran, with how often."""
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        work()
    counted = Counter(event.name for event in profiler.events() if event.name.startswith("aten::"))
    return sorted(counted.items())


def take_the_hooks_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attention and search as they would be if nobody had ever wanted to watch."""
    monkeypatch.setattr(
        HeadCore, "mix_by", lambda self, attending, queries, known, view: _joined(attending(queries, known, view))
    )
    monkeypatch.setattr(Steering, "opened", lambda self: None)
    monkeypatch.setattr(Steering, "steer", lambda self, log_probabilities, _: log_probabilities)


@pytest.mark.guarantee(
    "Not tracing costs nothing: with nobody watching, the same operators run as without any hook",
    area="looking",
    control="test_a_watcher_is_seen_by_the_same_comparison",
    reported="pytorch #160064",
)
@pytest.mark.parametrize("beam_size", [1, 4])
@pytest.mark.parametrize("kind", ["transformer", "recurrent"])
def test_the_same_operators_run_as_without_hooks(
    make_translator: Make, monkeypatch: pytest.MonkeyPatch, kind: str, beam_size: int
) -> None:
    translator = make_translator(kind=kind)

    def work() -> object:
        return translator.translate(TEXTS, beam_size=beam_size)

    work()
    with_hooks = operators_of(work)
    assert len(with_hooks) > 10
    with monkeypatch.context() as without:
        take_the_hooks_away(without)
        assert operators_of(work) == with_hooks


def test_a_watcher_is_seen_by_the_same_comparison(make_translator: Make) -> None:
    """The negative control: a watcher who copies what it sees runs operators of its own."""
    translator = make_translator()
    before = operators_of(lambda: translator.translate(TEXTS[0]))

    class Copying:
        def admit(self, view: Any) -> Any:
            return view

        def saw(self, attended: Any) -> None:
            self.last = attended.steps.context.clone()

    next(iter(translator.model.attentions().values())).witness = Copying()
    assert operators_of(lambda: translator.translate(TEXTS[0])) != before


def test_nothing_is_asked_for_prefixes_that_nobody_hears() -> None:
    """The tokens so far are put together only for a listener."""
    log_probs = torch.zeros(1, 4)
    assert Steering().steer(log_probs, Rows((0,), pytest.fail, pytest.fail)) is log_probs
    assert greedy.STRAIGHT is beam.STRAIGHT
