"""Trains on sentence pairs from Python: what ``regard train`` does, with a reporter of one's own.

The pairs here are made up on the spot, two files of numbers in words, so that the example runs anywhere in seconds.
Run it with: python examples/02_train_on_your_own_pairs.py
"""

import tempfile
from pathlib import Path

import regard
from regard.settings import load_settings
from regard.training import Silent, ValidReport

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
FRENCH = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]


class Scores(Silent):
    """Prints validations, and nothing else."""

    def validated(self, report: ValidReport) -> None:
        """Prints the score, and one of the sentences."""
        source, _, translation = report.samples[0]
        print(f"step {report.step}: chrF {report.scores['chrf']:.0f}   {source} → {translation}")


def write_numbers(file: Path, words: list[str]) -> Path:
    """The numbers from 000 to 999, one a line, digit by digit: "three one two"."""
    numbers = (" ".join(words[int(digit)] for digit in f"{number:03d}") for number in range(1000))
    file.write_text("".join(f"{line}\n" for line in numbers), encoding="utf-8")
    return file


def main() -> None:
    """Writes the pairs, trains for some steps, translates."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = write_numbers(folder / "numbers.en", ENGLISH)
        target = write_numbers(folder / "numbers.fr", FRENCH)
        overrides = [
            f"data.source={source}",
            f"data.target={target}",
            "text.vocab_size=330",
            "model.model_dim=64",
            "model.feedforward_dim=128",
            "model.encoder_layers=1",
            "model.decoder_layers=1",
            "training.max_steps=150",
            "training.validate_every=50",
            "training.valid_metric=chrf",
            "training.ema_decay=0.95",
        ]
        settings = load_settings(None, overrides, preset="tiny")
        regard.train(settings, folder / "run", reporter=Scores())
        print(regard.load(folder / "run").translate("four two seven"))


if __name__ == "__main__":
    main()
