"""Models with random weights in every shape a format may have to hold, saved as folders."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch

from regard.bundle import BundleFacts, save_bundle
from regard.models import build_model
from regard.settings import DataSettings, ModelSettings, Settings, TextSettings
from regard.settings.decoding import DecodingSettings
from regard.text import Tokenizer

SENTENCES = [
    ("the cat sleeps", "le chat dort"),
    ("I love", "j'aime"),
    ("the old cat sleeps on the mat", "le vieux chat dort sur le tapis"),
    ("naïve 😀 cats", "chats naïfs 😀"),
]

MakeModel = Callable[..., Path]


@pytest.fixture(scope="session")
def tokenizers() -> dict[str, Tokenizer]:
    texts = [text for pair in SENTENCES for text in pair]
    return {kind: Tokenizer.train(texts, kind=kind, vocab_size=310) for kind in ("bpe", "unigram", "word")}


@pytest.fixture
def make_model(tmp_path: Path, tokenizers: dict[str, Tokenizer]) -> MakeModel:
    """The folder of a model with random weights; ``network`` are settings of it, ``decoding`` those of its search."""

    def make(*, pieces: str = "bpe", decoding: Mapping[str, object] | None = None, **network: object) -> Path:
        tokenizer = tokenizers[pieces]
        shape = {"model_dim": 16, "num_heads": 2, "encoder_layers": 2, "decoder_layers": 2}
        shape |= {} if "kind" in network else {"feedforward_dim": 32}
        settings = Settings(
            data=DataSettings(source_language="en", target_language="fr"),
            text=TextSettings(vocab_size=310),
            model=ModelSettings.model_validate(shape | network),
            decoding=DecodingSettings.model_validate({"beam_size": 3, "max_source_tokens": 60} | dict(decoding or {})),
        )
        folder = tmp_path / "model"
        save_bundle(
            folder,
            settings=settings,
            tokenizer=tokenizer.to_bytes(),
            weights=_random_weights(settings, tokenizer.vocab_size),
            facts=BundleFacts(),
        )
        return folder

    return make


def _random_weights(settings: Settings, vocab_size: int) -> dict[str, torch.Tensor]:
    """Fresh weights, stirred so that no norm is neutral, no bias zero, and the end of a sentence likely enough."""
    torch.manual_seed(5)
    network = build_model(settings.model, vocab_size)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return network.state_dict()


@pytest.fixture
def sentences_file(tmp_path: Path) -> Path:
    path = tmp_path / "sentences.txt"
    path.write_text("".join(f"{source}\n" for source, _ in SENTENCES), encoding="utf-8")
    return path
