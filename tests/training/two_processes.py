"""Run by two processes side by side: what they compute together is compared with one process, in float64."""

import copy
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

from regard.batches import BatchStream, EncodedPairs, Ragged
from regard.models import AnyModel, build_model, weights_of
from regard.runs.together import gathered
from regard.settings import ModelSettings
from regard.settings.training import TrainingSettings
from regard.training import Alone, Processes, Trainer
from regard.training.update import apply_update, compute_gradients

VOCABULARY = 40
UPDATES = 6


def pairs() -> EncodedPairs:
    rng = np.random.default_rng(0)
    sides = [[rng.integers(4, VOCABULARY, rng.integers(1, 9)).tolist() for _ in range(60)] for _ in range(2)]
    return EncodedPairs(Ragged.of([[5] * 30, *sides[0]]), Ragged.of([[6] * 30, *sides[1]]))  # one too long to share


def network() -> AnyModel:
    torch.manual_seed(1)
    settings = ModelSettings(
        model_dim=16, num_heads=2, feedforward_dim=32, encoder_layers=2, decoder_layers=2, dropout=0
    )
    return build_model(settings, VOCABULARY, seed=1).double()


def trainer(settings: TrainingSettings, processes: Processes) -> Trainer:
    share = (processes.rank, processes.size)
    stream = BatchStream(pairs(), budget=40, seed=3, packed_width=settings.packed_width, share=share)
    model = network().float() if settings.dtype == "float32" else network()
    return Trainer(model, stream, settings, processes=processes)


def largest_difference(one: dict[str, Any], other: dict[str, Any]) -> float:
    assert one.keys() == other.keys()
    return max(float((one[name].double() - other[name].double()).abs().max()) for name in one)


def gradients(learner: Trainer) -> tuple[float, dict[str, torch.Tensor]]:
    batches = [learner.stream.take() for _ in range(learner.settings.accumulate)]
    loss = compute_gradients(learner.network, batches, smoothing=0.1)
    learner.processes.sum_gradients(learner.network)
    found = {name: weight.grad for name, weight in learner.network.named_parameters() if weight.grad is not None}
    return learner.processes.sum([loss])[0], learner.processes.whole(found)


def compared(settings: TrainingSettings, processes: Processes) -> dict[str, float]:
    """The largest differences from one process: of the first gradients, and of everything after some updates."""
    together, alone = trainer(settings, processes), trainer(settings, Alone())
    (loss, found), (expected_loss, expected) = gradients(together), gradients(alone)
    figures = {"loss": abs(loss - expected_loss), "gradient": largest_difference(found, expected)}
    for learner in (together, alone):
        learner.optimizer.zero_grad()
        learner.stream.place = type(learner.stream.place)()
        for step in range(UPDATES):
            batches = [learner.stream.take() for _ in range(settings.accumulate)]
            update = apply_update(learner.network, learner.optimizer, batches, settings, processes=learner.processes)
            assert learner.average is not None
            learner.average.update(learner.network, num_updates=step)
            figures[f"loss {step}"] = abs(update.loss - figures.get(f"loss {step}", 0.0))
    states = [
        {name: tensor for name, tensor in learner.tensors().items() if not name.startswith("random")}
        for learner in (together, alone)
    ]
    return {**figures, "state": largest_difference(*states), **restored(settings, processes, states[0])}


def restored(settings: TrainingSettings, processes: Processes, state: dict[str, torch.Tensor]) -> dict[str, float]:
    """A state goes into another trainer and comes back as it was."""
    fresh = trainer(settings, processes)
    state = {name: tensor.clone() for name, tensor in state.items()}
    fresh.restore(copy.deepcopy(fresh.record()), state)
    again = {name: tensor for name, tensor in fresh.tensors().items() if not name.startswith("random")}
    return {"restored": largest_difference(state, again)}


def main() -> None:
    torch.set_num_threads(1)
    found = {}
    common: dict[str, Any] = {"ema_decay": 0.9, "learning_rate": 1e-2}
    with gathered(TrainingSettings(device="cpu")) as replicas:
        from regard.training.together import Shards

        for name, processes, more in (
            ("replicas", replicas, {}),
            ("replicas, accumulating", replicas, {"accumulate": 3, "clip_norm": 0.01}),
            ("replicas, packed", replicas, {"packed_width": 12}),
            ("shards", Shards(), {}),
            ("shards in float32", Shards(), {"dtype": "float32"}),
            ("shards, accumulating", Shards(), {"accumulate": 2, "clip_norm": 0.01}),
        ):
            found[name] = compared(TrainingSettings(**common, **more), processes)
        assert set(weights_of(network())) == {name for name, _ in network().named_parameters()}
        if replicas.is_first:
            Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
