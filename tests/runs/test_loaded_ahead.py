"""What a run needs at its end is loaded before it begins: the program may be replaced while it trains for hours."""

import subprocess
import sys
from pathlib import Path

import pytest

LINES = [f"{a} {b} {c}\t{c} {b} {a}" for a in "abcde" for b in "fghij" for c in "klmno"]
SCRIPT = """
import sys
from pathlib import Path
from regard.runs import train
from regard.settings import load_settings
from regard.training import Silent

class Listening(Silent):
    seen = None

    def step(self, report):
        Listening.seen = Listening.seen or set(sys.modules)

small = ["text.vocab_size=300", "model.model_dim=16", "model.num_heads=2", "model.feedforward_dim=32"]
small += ["model.encoder_layers=1", "model.decoder_layers=1", "training.max_steps=4", "training.validate_every=2"]
small += ["training.threads=1", "training.log_every=1", f"data.source={sys.argv[1]}", *sys.argv[3:]]
train(load_settings(None, small), Path(sys.argv[2]), reporter=Listening())
print(sorted(name for name in set(sys.modules) - Listening.seen if name.startswith("regard")))
"""


@pytest.mark.parametrize("more", [[], ["training.average_checkpoints=2"]])
def test_nothing_is_loaded_once_training_goes_on(tmp_path: Path, more: list[str]) -> None:
    (tmp_path / "pairs.tsv").write_text("\n".join(LINES) + "\n")
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "pairs.tsv"), str(tmp_path / "run"), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\n"
