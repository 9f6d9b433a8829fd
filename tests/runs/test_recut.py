"""Sentences cut anew each epoch: a function of (seed, epoch, sentence), within the limits of batches, text unharmed."""

import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.batches import BatchStream, EncodedPairs, Place
from regard.corpus import Origin, Pair
from regard.errors import TextError
from regard.runs.encode import encode
from regard.runs.recut import Recutting
from regard.text import Tokenizer, workers
from regard.text.control import EOS
from regard.text.cutting import FlatIds, cut_best
from regard.text.workers import CuttingWorker, cut_portions

WORDS = ["the", "cat", "horse", "sleeps", "quickly", "chases", "table", "le", "chat", "cheval", "dort", "poursuit"]
ALPHA = 0.3


def made_up_pairs(count: int) -> list[Pair]:
    chance = random.Random(3)
    sentences = [" ".join(chance.choices(WORDS, k=chance.randint(2, 12))) for _ in range(2 * count)]
    return [Pair(*sides, Origin("x", n)) for n, sides in enumerate(zip(sentences[::2], sentences[1::2], strict=True))]


PAIRS = made_up_pairs(120)


@pytest.fixture(scope="module", params=["bpe", "unigram"])
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return Tokenizer.train((text for pair in PAIRS for text in (pair.source, pair.target)), kind=request.param,
                           vocab_size=340)  # fmt: skip


def plain_pairs(tokenizer: Tokenizer, pairs: list[Pair] = PAIRS) -> EncodedPairs:
    return encode(pairs, tokenizer, max_tokens=250).pairs


def recutting(tokenizer: Tokenizer, *, seed: int = 1, max_tokens: int = 250, **more: Any) -> Recutting:
    return Recutting(tokenizer, alpha=ALPHA, seed=seed, max_tokens=max_tokens, **more)


def cut_in(cut: Recutting, epoch: int, pairs: list[Pair] = PAIRS) -> EncodedPairs:
    return cut(plain_pairs(cut.tokenizer, pairs), np.arange(len(pairs)), epoch)


def rows(pairs: EncodedPairs) -> list[tuple[list[int], list[int]]]:
    return [(pairs.source[index].tolist(), pairs.target[index].tolist()) for index in range(len(pairs))]


@given(epoch=st.integers(0, 10_000), seed=st.integers(0, 2**63 - 1))
@settings(max_examples=10)
def test_an_epoch_is_cut_the_same_at_any_time_and_reads_as_before(tokenizer: Tokenizer, epoch: int, seed: int) -> None:
    first = cut_in(recutting(tokenizer, seed=seed), epoch)
    later = recutting(tokenizer, seed=seed)
    cut_in(later, epoch + 1)  # a run that was elsewhere in between
    assert rows(first) == rows(cut_in(later, epoch))
    for pair, (source, target) in zip(PAIRS, rows(first), strict=True):
        assert (tokenizer.decode(source), tokenizer.decode(target)) == (pair.source, pair.target)


def test_a_sentence_does_not_depend_on_the_others(tokenizer: Tokenizer) -> None:
    whole = rows(cut_in(recutting(tokenizer), 4))
    others = [*PAIRS[:60], *(Pair("cat", "chat", pair.origin) for pair in PAIRS[60:])]
    assert rows(cut_in(recutting(tokenizer), 4, others))[:60] == whole[:60]
    every_third = plain_pairs(tokenizer).runs(np.arange(0, 120, 3), np.arange(0, 120, 3) + 1)
    assert rows(recutting(tokenizer)(every_third, np.arange(0, 120, 3), 4)) == whole[::3]


def test_epochs_seeds_and_sides_differ(tokenizer: Tokenizer) -> None:
    cut = recutting(tokenizer)
    epochs = [rows(cut_in(cut, epoch)) for epoch in range(3)]
    other_seed = rows(cut_in(recutting(tokenizer, seed=2), 0))
    for one, other in ((epochs[0], epochs[1]), (epochs[1], epochs[2]), (epochs[0], other_seed)):
        assert sum(a != b for a, b in zip(one, other, strict=True)) > 40
    same = [Pair(pair.source, pair.source, pair.origin) for pair in PAIRS]
    assert sum(source != target for source, target in rows(cut_in(recutting(tokenizer), 0, same))) > 40


def test_a_sentence_that_would_get_too_long_stays_as_it_is(tokenizer: Tokenizer) -> None:
    plain = encode(PAIRS, tokenizer, max_tokens=250).pairs
    limit = int(max(plain.source.lengths.max(), plain.target.lengths.max()))
    cut = cut_in(recutting(tokenizer, max_tokens=limit), 0)
    assert max(cut.source.lengths.max(), cut.target.lengths.max()) <= limit
    free = cut_in(recutting(tokenizer), 0)
    too_long = np.flatnonzero(free.source.lengths > limit)
    assert len(too_long)
    for index in too_long.tolist():
        assert cut.source[index].tolist() == plain.source[index].tolist()


@pytest.mark.parametrize("budget", [60, 200])
def test_batches_keep_their_budget_and_hold_every_pair(tokenizer: Tokenizer, budget: int) -> None:
    cut = recutting(tokenizer)
    stream = BatchStream(plain_pairs(tokenizer), budget=budget, seed=1, recut=cut)
    expected = rows(cut_in(cut, 0))
    seen = []
    for indices in list(stream.batches_of(0)):
        batch = stream.take()
        assert batch.source.numel() + batch.target_in.numel() <= budget or len(indices) == 1
        for index, row, length in zip(indices, batch.source.tolist(), batch.source_layout.lengths, strict=True):
            assert row[:length] == [*expected[index][0], EOS]
        seen += indices.tolist()
    assert sorted(seen) == list(range(len(PAIRS)))
    assert stream.place == Place(1, 0)


def test_a_stream_goes_on_in_the_middle_of_an_epoch(tokenizer: Tokenizer) -> None:
    whole = BatchStream(plain_pairs(tokenizer), budget=150, seed=1, recut=recutting(tokenizer))
    for _ in range(len(whole.batches_of(0)) + 3):
        whole.take()
    resumed = BatchStream(whole.pairs, budget=150, seed=1, recut=recutting(tokenizer), place=whole.place)
    assert whole.place == Place(1, 3)
    for _ in range(len(whole.batches_of(1))):
        one, other = whole.take(), resumed.take()
        assert (one.source.tolist(), one.target_out.tolist()) == (other.source.tolist(), other.target_out.tolist())


def test_a_program_that_works_ahead_changes_nothing(tokenizer: Tokenizer) -> None:
    ahead = recutting(tokenizer, ahead=True)
    with closing(ahead):
        plain = BatchStream(plain_pairs(tokenizer), budget=150, seed=1, recut=recutting(tokenizer))
        quick = BatchStream(plain_pairs(tokenizer), budget=150, seed=1, recut=ahead)
        for _ in range(2 * len(plain.batches_of(0))):
            one, other = plain.take(), quick.take()
            assert (one.source.tolist(), one.target_out.tolist()) == (other.source.tolist(), other.target_out.tolist())
        quick.place = plain.place = Place(7, 0)  # not what was expected next
        assert quick.take().source.tolist() == plain.take().source.tolist()


def nothing_else() -> FlatIds:
    raise AssertionError("the program has not answered")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_what_stops_a_group_of_processes_leaves_the_program_to_its_parent(
    tokenizer: Tokenizer, number: signal.Signals
) -> None:
    with CuttingWorker(tokenizer, tell=pytest.fail) as worker:
        worker.ask_best(["the cat"])
        assert worker.fetch(otherwise=nothing_else).sequences() == [tokenizer.encode("the cat")]
        worker._program.send_signal(number)
        worker.ask_best(["the horse"])
        assert worker.fetch(otherwise=nothing_else).sequences() == [tokenizer.encode("the horse")]
        assert worker._program.stdin is not None
        worker._program.stdin.close()
        assert worker._program.wait(timeout=60) == 0


@pytest.mark.parametrize("kill_it", ["before it is asked", "after it was asked"])
def test_epochs_are_the_same_when_the_program_dies_and_that_is_said_once(tokenizer: Tokenizer, kill_it: str) -> None:
    told: list[str] = []
    cut, numbers = recutting(tokenizer, ahead=True, tell=told.append), np.arange(len(PAIRS))
    pairs = plain_pairs(tokenizer)
    with closing(cut):
        for epoch in range(1, 4):
            cut.expect(pairs, numbers, epoch)
            assert cut._worker is not None
            if epoch == 1 and kill_it == "before it is asked":
                cut(pairs, numbers, epoch)
                cut._worker._program.kill()
                cut._worker._program.wait()
                continue
            cut._worker._program.kill()
            assert rows(cut(pairs, numbers, epoch)) == rows(cut_in(recutting(tokenizer), epoch))
    (sentence,) = told
    assert "ended unexpectedly (exit -9)" in sentence


def test_portions_of_programs_that_die_are_cut_here(tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_PROGRAM", "regard.text.control")  # ends at once
    told: list[str] = []
    portions = [[pair.source for pair in PAIRS[start : start + 9]] for start in range(0, len(PAIRS), 9)]
    cut = [each.sequences() for each in cut_portions(tokenizer, portions, processes=2, tell=told.append)]
    assert cut == [tokenizer.encode_batch(portion) for portion in portions]
    assert len(told) == 2


def test_what_is_no_text_is_refused_before_a_program_sees_it(tokenizer: Tokenizer) -> None:
    with CuttingWorker(tokenizer) as worker, pytest.raises(TextError, match="lone surrogate"):
        worker.ask_best(["a \ud800"])


@pytest.mark.skipif(not Path("/proc/self/wchan").exists(), reason="needs /proc to see what a program waits for")
def test_a_program_that_was_stopped_for_a_while_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-Z, and on: the answer it was writing is larger than a pipe holds, and nobody has begun to read it."""
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    tokenizer = Tokenizer.train(WORDS, vocab_size=300)
    texts = [" ".join(WORDS)] * 3_000
    with CuttingWorker(tokenizer, tell=lambda _: None) as worker:
        worker.ask_best(texts)
        waiting = Path(f"/proc/{worker._program.pid}/wchan")
        assert _comes(lambda: "pipe_write" in waiting.read_text())
        worker._program.send_signal(signal.SIGSTOP)
        assert _comes(lambda: "pipe_write" not in waiting.read_text())
        worker._program.send_signal(signal.SIGCONT)
        giving_up = threading.Timer(30, worker._program.kill)
        giving_up.start()
        try:
            fetched = worker.fetch(otherwise=lambda: pytest.fail("the rest of the answer never came"))
        finally:
            giving_up.cancel()
    assert fetched.sequences() == cut_best(tokenizer, texts).sequences()


def test_a_program_whose_parent_was_killed_ends_without_a_word(
    tokenizer: Tokenizer, capfd: pytest.CaptureFixture[str]
) -> None:
    with CuttingWorker(tokenizer, tell=pytest.fail) as worker:
        program = worker._program
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdout.close()
        worker.ask_best(["the cat"])
        program.stdin.close()
        assert program.wait(timeout=60) == 0
    assert capfd.readouterr().err == ""


def _comes(is_so: Callable[[], bool], *, seconds: float = 30.0) -> bool:
    until = time.monotonic() + seconds
    while not is_so() and time.monotonic() < until:
        time.sleep(0.01)
    return is_so()
