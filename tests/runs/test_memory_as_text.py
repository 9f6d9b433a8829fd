"""Training on a translation memory is training on its pairs as text: the same subwords, ids, batches, weights."""

import hashlib
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import torch

from regard.batches import EncodedPairs
from regard.runs import train
from regard.runs.data import read_data
from regard.runs.encode import encode_data, tokenizer_of
from regard.runs.order import training_batches
from regard.settings import Settings, load_settings
from regard.text import Tokenizer
from regard.training import Alone

SMALL = [
    "text.vocab_size=320",
    "model.model_dim=16",
    "model.num_heads=2",
    "model.feedforward_dim=16",
    "model.encoder_layers=1",
    "model.decoder_layers=1",
    "training.batch_tokens=256",
    "training.max_steps=6",
    "training.validate_every=3",
    "training.threads=1",
    "training.dtype=float32",
    "data.valid_size=20",
]
NUMBERS = ("one", "two", "three", "four", "five")
# What XML writes otherwise than text does, and what a tokenizer could take for space.
PAIRS = [
    (f"{a} & {b} <{c}> {{name}}\u202f!", f"{c} « {b} » \u00e9t\u00e9 {a} &amp; \U0001f600")
    for a in NUMBERS
    for b in NUMBERS
    for c in NUMBERS
]


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, list[str]]:
    """The same pairs as a memory and as lines: the settings that name them."""
    memory, english, french = tmp_path / "m.tmx", tmp_path / "m.en", tmp_path / "m.fr"
    units = "".join(
        f'<tu><prop type="x">y</prop><tuv xml:lang="en"><seg>{escape(one)}</seg></tuv>\n'
        f'<tuv xml:lang="fr"><seg>{escape(other)}</seg></tuv></tu>'
        for one, other in PAIRS
    )
    memory.write_text(f'<tmx version="1.4"><header srclang="en"/><body>{units}</body></tmx>', encoding="utf-8")
    english.write_text("".join(f"{one}\n" for one, _ in PAIRS), encoding="utf-8")
    french.write_text("".join(f"{other}\n" for _, other in PAIRS), encoding="utf-8")
    text = [f"data.source={english}", f"data.target={french}"]
    return {"memory": [f"data.source={memory}"], "text": text}


def encoded(settings: Settings) -> tuple[Tokenizer, EncodedPairs]:
    data = read_data(settings.data)
    tokenizer = tokenizer_of(data, settings)
    return tokenizer, encode_data(data, tokenizer, max_tokens=settings.data.max_tokens).pairs


def first_epoch(settings: Settings) -> Sequence[list[torch.Tensor]]:
    tokenizer, pairs = encoded(settings)
    stream = training_batches(pairs, tokenizer, settings, Alone())
    with_epoch = ((stream.place, batch) for batch in stream)
    epoch = takewhile(lambda each: each[0].epoch == 0, with_epoch)
    return [[batch.source, batch.target_in, batch.target_out] for _, batch in epoch]


def test_the_ids_are_the_same(sources: dict[str, list[str]]) -> None:
    (one, ids), (two, others) = (encoded(load_settings(None, [*SMALL, *sources[name]])) for name in ("memory", "text"))
    assert one.to_bytes() == two.to_bytes()
    assert 100 < len(ids) == len(others) < len(PAIRS)
    assert ids.fingerprint == others.fingerprint
    assert all((ids.source[number] == others.source[number]).all() for number in range(len(ids)))


def test_the_first_epoch_has_the_same_batches(sources: dict[str, list[str]]) -> None:
    one, other = (first_epoch(load_settings(None, [*SMALL, *sources[name]])) for name in ("memory", "text"))
    assert len(one) == len(other) > 3
    for ours, theirs in zip(one, other, strict=True):
        assert all(torch.equal(mine, yours) for mine, yours in zip(ours, theirs, strict=True))


def test_the_weights_after_some_updates_are_the_same(sources: dict[str, list[str]], tmp_path: Path) -> None:
    sums = []
    for name in ("memory", "text"):
        train(load_settings(None, [*SMALL, *sources[name]]), tmp_path / name)
        weights = (tmp_path / name / "model" / "model.safetensors").read_bytes()
        sums.append(hashlib.sha256(weights).hexdigest())
    assert sums[0] == sums[1]


def test_one_changed_pair_is_noticed(sources: dict[str, list[str]], tmp_path: Path) -> None:
    memory = tmp_path / "m.tmx"
    memory.write_text(memory.read_text("utf-8").replace("two &amp; three", "two &amp; four", 1), encoding="utf-8")
    (_, ids), (_, others) = (encoded(load_settings(None, [*SMALL, *sources[name]])) for name in ("memory", "text"))
    assert ids.fingerprint != others.fingerprint
