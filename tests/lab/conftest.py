"""A bench whose networks are trained for a few updates: they know nothing, but everything about them works."""

import pytest

from regard.lab import Bench, Effort

TINY = Effort(
    name="tiny",
    corpus_size=1_000,
    overrides=(
        "training.max_steps=3",
        "training.validate_every=3",
        "training.valid_sentences=4",
        "training.threads=1",
        "training.dtype='float32'",
        "model.model_dim=32",
        "model.feedforward_dim=32",
        "model.encoder_layers=1",
        "model.decoder_layers=1",
        "text.vocab_size=500",
    ),
    num_sentences=6,
    lengths=(2, 4),
    timed_tokens=16,
    repeats=1,
)


@pytest.fixture(scope="session")
def tiny_bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("lab"), effort=TINY)
