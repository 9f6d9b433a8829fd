"""Memory that runs out: the batch is computed in parts, and its gradient stays the same."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from regard.batches import Batch, BatchStream, EncodedPairs, Ragged, halves, make_batch
from regard.errors import OutOfMemoryError, is_out_of_memory
from regard.models import Transformer, build_model
from regard.settings import ModelSettings, TrainingSettings
from regard.training import Processes, Silent, Surroundings, Trainer, ValidReport
from regard.training.memory import Memory, cells_of
from regard.training.update import compute_gradients

SENTENCES = [[5, 6, 7], [8], [4, 4], [9, 9, 9, 9, 9], [6, 5], [7]]
PAIRS = EncodedPairs(Ragged.of(SENTENCES), Ragged.of([[9], [10, 11, 12, 13], [6, 5], [7], [5, 5, 5], [8, 8]]))
CPU_WORDS = (
    "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate "
    "4096000000000 bytes. Error code 12 (Cannot allocate memory)"
)


def model_of(*, dropout: float = 0.0) -> Transformer:
    torch.manual_seed(0)
    model = build_model(ModelSettings(model_dim=16, num_heads=2, feedforward_dim=32, dropout=dropout), 20).double()
    assert isinstance(model, Transformer)
    return model


def batches_of(packed_width: int | None = None) -> list[Batch]:
    rows = np.arange(len(SENTENCES))
    return [make_batch(PAIRS, part, packed_width=packed_width) for part in (rows[:2], rows[2:], rows[:5])]


class SmallMachine:
    """Lets a network fail for batches of more rows than fit: on the way forward, or half way back."""

    def __init__(self, model: Transformer, *, rows: int, backward: bool, error: Exception) -> None:
        self.rows, self.backward, self.error, self.num_failures = rows, backward, error, 0
        self._features = model.features
        model.features = self.features  # type: ignore[method-assign]

    def features(self, source: Tensor, *others: Any) -> Tensor:
        if source.shape[0] <= self.rows:
            return self._features(source, *others)
        if not self.backward:
            self._fail(source)
        found = self._features(source, *others)
        # The output layer's gradient is there by now: tied to the embeddings, it would be counted twice.
        found.register_hook(self._fail)
        return found

    def _fail(self, _: Tensor) -> None:
        self.num_failures += 1
        raise self.error


ERRORS = {
    "cpu": RuntimeError(CPU_WORDS),
    "gpu": torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
    "python": MemoryError(),
}


@pytest.mark.guarantee(
    "A batch too large for the memory is computed in parts, with the same loss and the same gradient",
    area="training",
    control="test_going_on_after_half_a_backward_pass_would_be_noticed",
)
@pytest.mark.parametrize("packed_width", [None, 9])
@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("kind", ERRORS)
def test_a_split_batch_has_the_same_gradient(kind: str, backward: bool, packed_width: int | None) -> None:
    whole, split = model_of(), model_of()
    loss = compute_gradients(whole, batches_of(packed_width), smoothing=0.1)
    machine = SmallMachine(split, rows=1, backward=backward, error=ERRORS[kind])
    memory = Memory()
    assert compute_gradients(split, batches_of(packed_width), smoothing=0.1, memory=memory) == pytest.approx(loss)
    assert machine.num_failures == memory.num_failures > 1
    for first, second in zip(whole.parameters(), split.parameters(), strict=True):
        torch.testing.assert_close(first.grad, second.grad, rtol=1e-12, atol=1e-14)


def test_going_on_after_half_a_backward_pass_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Transformer, "zero_grad", lambda self, set_to_none: None)
    with pytest.raises(AssertionError, match="Tensor-likes are not close"):
        test_a_split_batch_has_the_same_gradient("cpu", True, None)


def test_batches_like_one_that_failed_are_split_before_they_fail() -> None:
    model, memory = model_of(), Memory()
    machine = SmallMachine(model, rows=3, backward=False, error=ERRORS["cpu"])
    compute_gradients(model, batches_of(), smoothing=0.1, memory=memory)
    failures = machine.num_failures
    assert failures > 0
    model.zero_grad()
    compute_gradients(model, batches_of(), smoothing=0.1, memory=memory)
    assert machine.num_failures == failures


@pytest.mark.parametrize("backward", [False, True])
def test_an_attempt_in_vain_draws_nothing(*, backward: bool) -> None:
    knowing, learning = model_of(dropout=0.3), model_of(dropout=0.3)
    memory = Memory()
    SmallMachine(learning, rows=1, backward=backward, error=ERRORS["cpu"])
    loss = compute_gradients(learning, batches_of(), memory=memory)
    known = Memory()
    known.too_many_cells = memory.too_many_cells
    assert compute_gradients(knowing, batches_of(), memory=known) == loss
    assert knowing.noise.state == learning.noise.state
    assert all(
        torch.equal(one.grad, two.grad) for one, two in zip(knowing.parameters(), learning.parameters(), strict=True)
    )


def test_an_attempt_in_vain_draws_nothing_from_pytorch_either() -> None:
    """Whose generator makes dropout on a GPU."""
    knowing, learning, memory, known = model_of(), model_of(), Memory(), Memory()
    SmallMachine(learning, rows=1, backward=True, error=ERRORS["gpu"])
    for model in (learning, knowing):
        features = model.features
        model.features = lambda *given, of=features: of(*given) + 0 * torch.rand(())  # type: ignore[method-assign]
    torch.manual_seed(5)
    compute_gradients(learning, batches_of(), memory=memory)
    drawn = torch.get_rng_state()
    known.too_many_cells = memory.too_many_cells
    torch.manual_seed(5)
    compute_gradients(knowing, batches_of(), memory=known)
    assert torch.equal(torch.get_rng_state(), drawn)


def test_a_single_row_that_does_not_fit_is_said_to_be_one() -> None:
    model = model_of()
    SmallMachine(model, rows=0, backward=False, error=ERRORS["cpu"])
    with pytest.raises(OutOfMemoryError, match=r"memory ran out for a single row of \d+ source and \d+ target tokens"):
        compute_gradients(model, batches_of(), smoothing=0.1, memory=Memory())


def test_other_errors_pass() -> None:
    model = model_of()
    SmallMachine(model, rows=1, backward=False, error=RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        compute_gradients(model, batches_of(), smoothing=0.1, memory=Memory())


def test_the_words_of_this_pytorch_are_understood() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**50, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


def test_processes_agree_on_what_does_not_fit(neighbours: Callable[[int], list[Processes]]) -> None:
    """Only the first one's number is saved: had the others another, a resumed run would draw another dropout."""
    count = 3
    trainers = []
    for rank, processes in enumerate(neighbours(count)):
        model = model_of()
        if rank:  # the first process has room for everything
            SmallMachine(model, rows=1, backward=False, error=ERRORS["cpu"])
        stream = BatchStream(PAIRS, budget=100, seed=1, share=(rank, count))
        settings = TrainingSettings(max_steps=2, ema_decay=None)
        trainers.append(Trainer(model, stream, settings, processes=processes))
    around = Surroundings(
        validate=lambda step: ValidReport(step, {"bleu": 1.0}),
        publish=lambda _: None,
        save=lambda *, insist: None,
        should_stop=lambda: False,
        reporter=Silent(),
    )
    with ThreadPoolExecutor(count) as threads:
        assert all(threads.map(lambda trainer: trainer.run(around), trainers))
    first, *others = [trainer.record().too_many_cells for trainer in trainers]
    assert first is not None
    assert others == [first] * (count - 1)


def test_halves_have_all_tokens_and_no_needless_cells() -> None:
    batch = make_batch(PAIRS, np.arange(6))
    first, second = halves(batch)
    assert first.num_tokens + second.num_tokens == batch.num_tokens
    assert first.num_target_tokens + second.num_target_tokens == batch.num_target_tokens
    assert cells_of(first) + cells_of(second) < cells_of(batch)
    assert first.source.shape[1] == max(first.source_layout.lengths)
    with pytest.raises(ValueError, match="one row cannot be halved"):
        halves(make_batch(PAIRS, np.arange(1)))


REAL = """
import resource, numpy as np, torch
from pathlib import Path
from regard.batches import EncodedPairs, Ragged, make_batch
from regard.models import build_model
from regard.settings import ModelSettings
from regard.training.memory import Memory
from regard.training.update import compute_gradients

torch.manual_seed(0)
torch.set_num_threads(1)
settings = ModelSettings(model_dim=64, num_heads=2, feedforward_dim=64, encoder_layers=1, decoder_layers=1, dropout=0.0)
model = build_model(settings, 8000)
rng = np.random.default_rng(0)
def batch(rows):
    sides = [Ragged.of(rng.integers(4, 8000, size=(rows, 30)).astype(np.int32)) for _ in range(2)]
    return make_batch(EncodedPairs(*sides), np.arange(rows))
large = batch(256)
compute_gradients(model, [batch(2)], smoothing=0.1)
model.zero_grad()
pages = int(Path("/proc/self/statm").read_text().split()[0]) * 4096
resource.setrlimit(resource.RLIMIT_AS, (pages + 400_000_000, resource.RLIM_INFINITY))
memory = Memory()
loss = compute_gradients(model, [large], smoothing=0.1, memory=memory)
resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
split = [weight.grad.clone() for weight in model.parameters()]
model.zero_grad()
whole = compute_gradients(model, [large], smoothing=0.1)
worst = max(float((a - b.grad).abs().max() / b.grad.abs().max()) for a, b in zip(split, model.parameters()))
print(memory.num_failures, abs(loss - whole) / whole, worst)
"""


def test_memory_that_really_runs_out() -> None:
    if sys.platform != "linux":
        pytest.skip("limits the address space, as Linux does")
    result = subprocess.run([sys.executable, "-c", REAL], capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    failures, loss, gradient = map(float, result.stdout.split())
    assert failures >= 1
    assert loss < 1e-6
    assert gradient < 1e-4
