"""Numbers in words, and settings of two small networks that read them: one is able to learn, one is crippled."""

import random
from pathlib import Path

import pytest

_ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_FRENCH = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]
_SETTINGS = """\
[text]
vocab_size = 330
[model]
model_dim = 64
feedforward_dim = 128
encoder_layers = 1
decoder_layers = 1
dropout = 0.0
[training]
learning_rate = {rate}
batch_tokens = 512
warmup_steps = 20
valid_sentences = 20
threads = 1
dtype = "float32"
"""


@pytest.fixture(scope="session")
def numbers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files by their names: numbers of five digits, some of them kept apart for the test, and settings."""
    folder, draw = tmp_path_factory.mktemp("numbers"), random.Random(1)
    drawn = [[draw.randrange(10) for _ in range(5)] for _ in range(1500)]
    for name, chosen in (("train", drawn[:1400]), ("test", drawn[1400:])):
        for suffix, words in (("en", _ENGLISH), ("fr", _FRENCH)):
            lines = (" ".join(words[digit] for digit in number) for number in chosen)
            (folder / f"{name}.{suffix}").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    for name, rate in (("able", "5e-3"), ("crippled", "1e-7")):
        (folder / f"{name}.toml").write_text(_SETTINGS.format(rate=rate), encoding="utf-8")
    return {path.name: path for path in folder.iterdir()}
