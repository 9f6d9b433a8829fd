"""Pairs learned by heart: seen in the losses of the validations, told at the end of a run, with what helps."""

import math
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.runs import train
from regard.runs.memorising import pairs_known_by_heart
from regard.settings import Settings, load_settings
from regard.training import Silent, ValidReport


def validations(*losses: float) -> list[ValidReport]:
    return [ValidReport(100 * number, {"loss": loss}) for number, loss in enumerate(losses, start=1)]


def test_a_loss_that_rose_for_long_is_told_with_its_numbers() -> None:
    known = pairs_known_by_heart(validations(3.0, 1.5, 1.0, 1.04, 1.1), Settings())
    assert known is not None
    assert "after step 300 of 500" in known
    assert "from 1.000 to 1.100" in known
    assert "text.sampling=0.1 and model.dropout=0.3" in known


@pytest.mark.parametrize(
    "losses", [(), (1.0,), (3.0, 2.0, 1.0), (3.0, 1.0, 1.01, 1.01), (3.0, 2.0, 1.5, 1.0, 1.2), (math.nan, math.nan)]
)
def test_one_that_falls_or_stays_or_rose_only_just_now_is_not(losses: tuple[float, ...]) -> None:
    assert pairs_known_by_heart(validations(*losses), Settings()) is None


def test_validations_without_a_loss_count_nothing() -> None:
    lost = [ValidReport(50, {"bleu": 3.0}), *validations(3.0, 1.0, math.nan, 1.1), ValidReport(600, {})]
    known = pairs_known_by_heart(lost, Settings())
    assert known is not None
    assert "after step 200 of 400" in known


@given(
    sampling=st.sampled_from([0.0, 0.1]), dropout=st.sampled_from([0.1, 0.3]), kind=st.sampled_from(["bpe", "unigram"])
)
def test_what_is_chosen_already_is_not_advised(sampling: float, dropout: float, kind: str) -> None:
    tables = {"text": {"sampling": sampling, "kind": kind}, "model": {"dropout": dropout}}
    known = pairs_known_by_heart(validations(3.0, 1.0, 1.1, 1.2), Settings.model_validate(tables))
    assert known is not None
    assert ("text.sampling" in known) == (sampling == 0 and kind == "bpe")
    assert ("model.dropout" in known) == (dropout == 0.1)
    assert known.rstrip()[-1].isalnum()


class Notes(Silent):
    """Keeps what a run says."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def note(self, message: str) -> None:
        self.said.append(message)


def nonsense_in(folder: Path) -> list[str]:
    """Pairs without any rule, so that nothing but learning by heart is possible; other ones to validate with."""
    chance, words = Random(0), ["un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit"]
    for name in ("train", "valid"):
        rows = ["\t".join(" ".join(chance.choices(words, k=4)) for _ in range(2)) for _ in range(24)]
        (folder / f"{name}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return [f"data.source={folder / 'train.tsv'}", f"data.valid_source={folder / 'valid.tsv'}"]


def test_a_run_that_learns_its_few_pairs_by_heart_says_so_in_its_log_too(tmp_path: Path) -> None:
    small = ["text.vocab_size=300", "model.model_dim=32", "model.num_heads=2", "model.feedforward_dim=64",
             "model.encoder_layers=1", "model.decoder_layers=1", "model.dropout=0.0", "training.threads=1",
             "training.max_steps=80", "training.warmup_steps=5", "training.learning_rate=1e-2",
             "training.validate_every=8", "training.ema_decay=none", "data.check_alignment=false"]  # fmt: skip
    notes = Notes()
    train(load_settings(None, [*nonsense_in(tmp_path), *small]), tmp_path / "run", reporter=notes)
    found = [note for note in notes.said if "learned by heart" in note]
    assert len(found) == 1, notes.said
    assert found[0] in (tmp_path / "run" / "log.jsonl").read_text(encoding="utf-8")
