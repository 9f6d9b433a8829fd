"""A run whose short sentences share rows: it learns what it would have learnt, and resumes."""

import json
from pathlib import Path

import pytest

from regard.runs import train
from regard.settings import load_settings

WORDS = {"one": "un", "two": "deux", "six": "six", "ten": "dix"}


def losses_of_a_run(folder: Path, out: str, *more: str) -> list[float]:
    lines = [f"{a} {b}\t{WORDS[a]} {WORDS[b]}" for a in WORDS for b in WORDS] * 6
    (folder / "pairs.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    small = ["model_dim=16", "num_heads=2", "feedforward_dim=32", "encoder_layers=1", "decoder_layers=1", "dropout=0.0"]
    training = ["batch_tokens=256", "max_steps=6", "log_every=1", "threads=1", "dtype=float32"]
    settings = load_settings(
        None,
        [
            f"data.source={folder / 'pairs.tsv'}",
            "text.vocab_size=300",
            *(f"model.{each}" for each in small),
            *(f"training.{each}" for each in training),
            *more,
        ],
    )
    train(settings, folder / out)
    rows = (json.loads(line) for line in (folder / out / "log.jsonl").read_text(encoding="utf-8").splitlines())
    return [row["loss"] for row in rows if row.get("kind") == "step"]


def test_a_run_with_packed_rows_has_the_losses_of_one_without(tmp_path: Path) -> None:
    separate = losses_of_a_run(tmp_path, "separate")
    packed = losses_of_a_run(tmp_path, "packed", "training.packed_width=48")
    assert len(packed) == 6
    assert packed == pytest.approx(separate, abs=1e-4)
    assert "packed_width = 48" in (tmp_path / "packed" / "settings.toml").read_text(encoding="utf-8")
