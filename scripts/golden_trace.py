#!/usr/bin/env python3
"""Makes tests/data/golden.trace.zip anew: one real trace, which the tests of every surface read.

A small network is trained on the built-in corpus (about two minutes of one core), unless --model names one. Run it with
.venv/bin/python after a change of the trace's format, and commit the file with the change.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import regard

GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "data" / "golden.trace.zip"
SENTENCE = "The cat chased the dog."
TRANSLATION = "Le chat a poursuivi le chien."
PADDING = 2
MOST_BYTES = 200_000
SMALL = [
    "text.vocab_size=2000",
    "model.model_dim=64",
    "model.num_heads=4",
    "model.feedforward_dim=256",
    "model.encoder_layers=2",
    "model.decoder_layers=2",
    "model.dropout=0.1",
    "training.max_steps=1200",
    "training.validate_every=1200",
    "training.valid_sentences=50",
    "training.batch_tokens=2048",
    "training.learning_rate=4e-3",
    "training.schedule=linear",
    "training.warmup_steps=100",
    "training.ema_decay=0.99",
    "training.dtype=float32",
    "training.threads=1",
]


def train(folder: Path) -> Path:
    """A network that has learned enough to translate the sentence."""
    command = [sys.executable, "-m", "regard", "train", "--preset", "tiny", "--out", str(folder), *SMALL]
    subprocess.run(command, check=True)
    return folder


def write(model: Path) -> None:
    """Records the sentence, with a source row that is two cells too long."""
    translator = regard.load(model, threads=1)
    needed = len(translator.tokenizer.encode(SENTENCE)) + 1
    trace = translator.explain(SENTENCE, beam_size=5, pad_source_to=needed + PADDING)
    if trace.failed or trace.translation.text != TRANSLATION:
        sys.exit(f"not written: {trace.translation.text!r}, failed checks: {trace.failed}")
    trace.save(GOLDEN)
    size = GOLDEN.stat().st_size
    if size > MOST_BYTES:
        sys.exit(f"{GOLDEN} has {size:,} bytes, but at most {MOST_BYTES:,} are wanted")
    print(f"{GOLDEN}: {size:,} bytes")


def main() -> None:
    """Trains if needed, and writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, help="the folder of a trained model")
    given = parser.parse_args().model
    if given is not None:
        write(given)
        return
    with tempfile.TemporaryDirectory() as folder:
        write(train(Path(folder) / "golden"))


if __name__ == "__main__":
    main()
