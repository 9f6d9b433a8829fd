"""Several processes that share every batch do what one process does: loss, gradients, weights, moments and averages."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as distributed

from regard.batches import BatchStream, EncodedPairs, Ragged, make_batch, make_share
from regard.errors import MachineError, SettingsError
from regard.launch import Launch
from regard.models import build_model
from regard.settings import ModelSettings, load_settings
from regard.training.together import Replicas, Shards, _reaching_others

PROGRAM = Path(__file__).with_name("two_processes.py")


def side_by_side(command: list[str], count: int = 2) -> None:
    """Runs a command in processes that find each other as those of a launcher do."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {**os.environ, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count)}
    processes = [
        subprocess.Popen(
            command,
            env={**common, "RANK": str(rank), "LOCAL_RANK": str(rank), "LOCAL_WORLD_SIZE": str(count)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(count)
    ]
    errors = [process.communicate(timeout=400)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * count, "\n".join(errors)


@pytest.fixture(scope="module")
def differences(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, float]]:
    out = tmp_path_factory.mktemp("together") / "differences.json"
    side_by_side([sys.executable, str(PROGRAM), str(out)])
    found: Mapping[str, Mapping[str, float]] = json.loads(out.read_text(encoding="utf-8"))
    return found


@pytest.mark.guarantee(
    "Two processes compute the loss and the gradient of one process with the same global batch",
    area="training",
    control="test_a_mean_over_each_process_would_be_noticed",
)
@pytest.mark.parametrize(
    "name", ["replicas", "replicas, accumulating", "replicas, packed", "shards", "shards, accumulating"]
)
def test_two_processes_do_what_one_does(differences: Mapping[str, Mapping[str, float]], name: str) -> None:
    found = differences[name]
    assert found["loss"] < 1e-12
    assert found["gradient"] < 1e-12
    assert max(found[f"loss {step}"] for step in range(6)) < 1e-9
    assert found["state"] < 1e-6  # Adam divides by roots of tiny numbers: 1e-15 in a gradient may become 1e-8
    assert found["restored"] == 0


def test_what_is_really_trained_in_goes_between_processes_too(differences: Mapping[str, Mapping[str, float]]) -> None:
    assert differences["shards in float32"]["gradient"] < 1e-5


def made_up(lengths: list[int]) -> EncodedPairs:
    return EncodedPairs(Ragged.of([[7] * n for n in lengths]), Ragged.of([[9] * (n + 1) for n in lengths]))


def test_a_mean_over_each_process_would_be_noticed() -> None:
    """Had each process divided by its own tokens, shares of unequal length would weigh alike."""
    pairs, indices = made_up([1, 8, 1, 8]), np.arange(4)
    own = [make_share(pairs, indices, rank=rank, size=2) for rank in range(2)]
    assert own[0].num_target_tokens != own[1].num_target_tokens
    assert own[0].whole == own[1].whole == make_batch(pairs, indices).whole
    assert sum(share.num_target_tokens for share in own) == own[0].whole.num_target_tokens


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_shares_hold_every_row_once(size: int) -> None:
    pairs = made_up([number % 9 + 1 for number in range(40)])
    whole = BatchStream(pairs, budget=60, seed=1)
    shares = [BatchStream(pairs, budget=60, seed=1, share=(rank, size)) for rank in range(size)]
    for _ in range(2 * len(whole.batches_of(0))):
        batch, parts = whole.take(), [stream.take() for stream in shares]
        real = [part for part in parts if not part.is_idle]
        assert sum(part.num_tokens for part in real) == batch.num_tokens
        assert sum(part.source_layout.num_rows for part in real) == batch.source_layout.num_rows
        assert {part.whole for part in parts} == {batch.whole}
        assert {stream.place for stream in shares} == {whole.place}


def test_a_process_without_a_row_keeps_the_others_company() -> None:
    share = make_share(made_up([30]), np.arange(1), rank=1, size=2)
    assert share.is_idle
    assert share.whole.num_target_tokens == 32


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ModelSettings(decoder_layer_drop=0.1), "leaves out other layers in each process"),
        (ModelSettings(kind="recurrent"), "distributes the layers of a Transformer"),
    ],
)
def test_what_cannot_be_sharded_is_refused(
    settings: ModelSettings, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distributed, "get_rank", lambda: 0)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 2)
    with pytest.raises(SettingsError, match=message):
        Shards().network(build_model(settings, 30, seed=1))


def test_whole_matrices_cannot_be_changed_in_parts() -> None:
    with pytest.raises(SettingsError, match="each process has a part of them"):
        load_settings(None, ["training.distribution=shards", "training.optimizer=muon"])


@pytest.mark.parametrize("missing", ["RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"])
def test_only_a_launcher_makes_one_of_several(missing: str) -> None:
    environment = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "x", "MASTER_PORT": "1"}
    assert Launch.of(environment) == Launch(rank=1, size=2, local_rank=1)
    assert not Launch.of(environment).is_first
    del environment[missing]
    assert Launch.of(environment) == Launch()


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096000000000 bytes."),
    ],
    ids=["gpu", "cpu"],
)
def test_memory_that_runs_out_here_is_not_taken_for_a_lost_process(error: RuntimeError) -> None:
    with pytest.raises(type(error), match=r"out of memory|can't allocate memory"), _reaching_others():
        raise error


def test_a_lost_process_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def lose(_: object) -> None:
        raise RuntimeError("Connection closed by peer")

    monkeypatch.setattr(distributed, "get_rank", lambda: 0)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 2)
    monkeypatch.setattr(distributed, "all_reduce", lose)
    with pytest.raises(MachineError, match=r"has ended or cannot be reached \(Connection closed by peer\)"):
        Replicas().sum([1.0])
