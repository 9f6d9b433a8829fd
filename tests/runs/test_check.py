"""A look before a long run: it passes what can learn, and names what cannot and why."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from regard.attention import Diagnosis
from regard.batches import Batch, EncodedPairs, Ragged, make_batch
from regard.bundle import load_bundle
from regard.corpus import Origin, Pair
from regard.errors import CorpusError
from regard.models import build_model
from regard.models.stack import EncoderLayer
from regard.runs import Plan, plan_run, rehearse, train
from regard.runs.check import batch_is_learned, gradients_flow, sides_differ, targets_shifted
from regard.runs.rehearsal import Learning, Rehearsal
from regard.settings import ModelSettings

SHAPE = [
    "text.vocab_size=300",
    "model.model_dim=32",
    "model.num_heads=2",
    "model.feedforward_dim=64",
    "model.encoder_layers=1",
    "model.decoder_layers=1",
    "training.learning_rate=5e-3",
    "training.dtype=float32",
    "training.threads=1",
]
LINES = [f"{a} {b} {c}\t{c} {b} {a}" for a in "abcde" for b in "fghij" for c in "klmno"]
NAMES = [
    "targets differ",
    "sides differ",
    "pairs fit",
    "targets shifted",
    "gradients flow",
    "batch is learned",
    "source is used",
    "known by heart",
]


def planned(folder: Path, lines: list[str], *more: str) -> Plan:
    (folder / "pairs.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return plan_run(None, [f"data.source={folder / 'pairs.tsv'}", "data.check_alignment=false", *SHAPE, *more])


def rehearsed(folder: Path, lines: list[str], *more: str) -> Diagnosis:
    plan = planned(folder, lines, *more)
    return rehearse(plan.settings, plan.data, model=folder / "model").diagnosis


def failed(found: Diagnosis) -> set[str]:
    return {finding.name for finding in found.failed}


@pytest.mark.guarantee(
    "A look before a run says in seconds whether it could learn, and names what stands in its way",
    area="training",
    control="test_a_detached_layer_is_named",
    reported="OpenNMT-py #227, joeynmt #58, hkproj #18",
)
@pytest.mark.parametrize(
    "more",
    [[], ["model.kind=recurrent"], ["training.packed_width=20", "training.optimizer=muon", "model.qk_norm=true"]],
)
def test_a_run_that_can_learn_passes_and_leaves_its_network(more: list[str], tmp_path: Path) -> None:
    found = rehearsed(tmp_path, LINES, *more)
    assert failed(found) == set(), found.table()
    assert [finding.name for finding in found.findings] == NAMES
    assert {finding.verdict for finding in found.findings} == {"pass"}
    assert load_bundle(tmp_path / "model").settings.model.model_dim == 32


def test_a_detached_layer_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forward = EncoderLayer.forward

    def detached(self: EncoderLayer, *arguments: Any, **named: Any) -> Tensor:
        return forward(self, *arguments, **named).detach()

    monkeypatch.setattr(EncoderLayer, "forward", detached)
    finding = rehearsed(tmp_path, LINES)["gradients flow"]
    assert finding.verdict == "fail"
    assert "weights get no gradient: encoder.0." in finding.explanation
    assert "something between these weights and the loss is detached" in finding.advice


def test_frozen_parts_are_counted_and_get_none(tmp_path: Path) -> None:
    begun = planned(tmp_path, LINES, "training.max_steps=2", "training.valid_sentences=2")
    train(begun.settings, tmp_path / "run")
    finding = rehearsed(tmp_path, LINES, f"training.init={tmp_path / 'run'}", 'training.freeze=["encoder"]')[
        "gradients flow"
    ]
    assert finding.verdict == "pass"
    frozen = int(finding.explanation.partition("trained get one, ")[2].split()[0])
    assert frozen > 5


def _unshifted(batch: Batch) -> Batch:
    """The decoder reads what it has to predict."""
    return replace(batch, target_in=batch.target_out)


def _lagging(batch: Batch) -> Batch:
    """The decoder has to predict what it just read."""
    return replace(batch, target_out=batch.target_in)


@pytest.mark.parametrize("shift", [_unshifted, _lagging])
def test_a_wrong_shift_of_the_targets_is_named(
    shift: Callable[[Batch], Batch], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrongly_made(*arguments: Any, **named: Any) -> Batch:
        return shift(make_batch(*arguments, **named))

    monkeypatch.setattr("regard.runs.rehearsal.make_batch", wrongly_made)
    found = rehearsed(tmp_path, LINES)
    finding = found["targets shifted"]
    assert finding.verdict == "fail"
    assert "does not read the word before the one it predicts; at" in finding.explanation
    assert found["batch is learned"].verdict == "pass", "the loss alone would have praised it"
    assert found["known by heart"].verdict == "fail"


@pytest.mark.parametrize("packed_width", [None, 12])
def test_right_batches_are_not_suspected(packed_width: int | None) -> None:
    assert targets_shifted(make_batch(PAIRS, np.arange(10), packed_width=packed_width)).verdict == "pass"


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        ("1e-12", r"it does not move: training.learning_rate = 1e-12 changes next to nothing"),
        ("3", r"it does not stay down: training.learning_rate = 3 is too high, try 0.3"),
        ("1e-4", r"it falls, but slowly: try training.learning_rate = 0.0003 in place of 0.0001"),
    ],
)
def test_a_learning_rate_that_cannot_be_is_named(
    rate: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regard.runs.rehearsal._UPDATES", 50)
    finding = rehearsed(tmp_path, LINES, f"training.learning_rate={rate}")["batch is learned"]
    assert finding.verdict == "fail"
    assert "so few sentences can be learned by heart" in finding.explanation
    assert words in finding.advice


def test_a_learning_rate_of_nothing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings refuse a rate of 0; a schedule that forgets to raise it comes to the same."""
    monkeypatch.setattr("regard.runs.rehearsal._UPDATES", 50)
    monkeypatch.setattr("regard.runs.rehearsal.set_learning_rate", lambda optimizer, rate: silence(optimizer))
    finding = rehearsed(tmp_path, LINES)["batch is learned"]
    assert finding.verdict == "fail"
    assert finding.advice.startswith("it does not move: training.learning_rate")


def silence(optimizer: torch.optim.Optimizer) -> None:
    for group in optimizer.param_groups:
        group["lr"] = 0.0


def test_time_that_was_up_is_no_fault() -> None:
    slow = batch_is_learned(Learning((8.0, 5.0, 3.0), ran_out_of_time=True), rate=1e-3)
    assert (slow.verdict, slow.explanation) == (
        "pass",
        "in 3 updates the loss went from 8.00 to 3.00, and time was up",
    )
    assert batch_is_learned(Learning((8.0, 7.9), ran_out_of_time=True), rate=1e-3).verdict == "fail"


def test_a_network_without_a_loss_from_the_beginning_is_no_matter_of_the_rate() -> None:
    finding = batch_is_learned(Learning((math.inf,), ran_out_of_time=False), rate=1e-3)
    assert finding.verdict == "fail"
    assert "loss or gradient is no number already: try training.dtype=float32" in finding.advice


def test_one_pair_that_is_short_enough_has_no_other_source_to_be_mistaken_for(tmp_path: Path) -> None:
    long = [f"{'aaa bbb ccc ' * 9}{number}\t{'ddd eee fff ' * 9}{number}" for number in range(200)]
    found = rehearsed(tmp_path, [*long, "ab cd\tkl mn"], "data.max_tokens=24")
    assert failed(found) == {"pairs fit"}, found.table()
    assert found["source is used"].verdict == "skip"


def test_targets_that_are_all_the_same_are_named(tmp_path: Path) -> None:
    finding = rehearsed(tmp_path, [line.split("\t")[0] + "\tyes" for line in LINES])["targets differ"]
    assert finding.verdict == "fail"
    assert "target sentences are the same, 'yes'" in finding.explanation


def test_sources_in_place_of_targets_are_named() -> None:
    copies = [Pair(str(number), str(number), Origin("pairs.tsv", number)) for number in range(10)]
    finding = sides_differ(copies)
    assert finding.verdict == "fail"
    assert "10 of 10 targets are the same as their source" in finding.explanation


def test_pairs_that_are_too_long_are_named(tmp_path: Path) -> None:
    long = [f"{'a ' * 40}{number}\t{'b ' * 40}{number}" for number in range(80)]
    finding = rehearsed(tmp_path, [*LINES, *long, *long], "data.max_tokens=30")["pairs fit"]
    assert finding.verdict == "fail"
    assert "of the pairs have more than 30 tokens on a side" in finding.explanation
    with pytest.raises(
        CorpusError, match=r"none of the first \d+ pairs has at most 2 tokens a side .* check the files"
    ):
        rehearsed(tmp_path, LINES, "data.max_tokens=2")


def test_where_every_line_is_long_the_shortest_are_learned(tmp_path: Path) -> None:
    lines = [
        f"{'a ' * number} {number} {'b ' * 30}\t{'b ' * 30} {number} {'a ' * number}" for number in range(40, 0, -1)
    ]
    plan = planned(tmp_path, lines)
    rehearsal = Rehearsal(plan.settings, plan.data)
    taken = sorted(pair.source.split().count("a") for pair in rehearsal.chosen)
    there = sorted(pair.source.split().count("a") for pair in rehearsal.sample)
    assert taken == there[:8]
    assert min(rehearsal.pairs.source.lengths) > 24, "none of them is as short as those that are taken otherwise"


PAIRS = EncodedPairs(
    Ragged.of([[number, number + 1] for number in range(4, 14)]), Ragged.of([[number, 4] for number in range(4, 14)])
)


def test_a_weight_that_no_gradient_reaches_or_an_endless_one_is_named() -> None:
    torch.manual_seed(0)
    model = build_model(ModelSettings(model_dim=16, num_heads=2, feedforward_dim=16), 20)
    batch = make_batch(PAIRS, np.arange(10))
    assert gradients_flow(model, batch).verdict == "pass"
    weight: Tensor = dict(model.named_parameters())["decoder.1.cross.output.weight"]
    weight.register_hook(lambda gradient: gradient * float("inf"))
    finding = gradients_flow(model, batch)
    assert finding.verdict == "fail"
    assert "1 of" in finding.explanation
    assert "weights get one that is not finite: decoder.1.cross.output" in finding.explanation
