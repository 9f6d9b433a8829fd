"""A translator that has learned nothing, but whose every part is real."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from regard.bundle import BundleFacts, save_bundle
from regard.models import build_model
from regard.settings import DataSettings, DecodingSettings, ModelSettings, Settings, TextSettings
from regard.text import Tokenizer
from regard.text.control import EOS
from regard.translator import Translator

SENTENCES = [
    "The cat sat on the mat.",
    "The cat chased the dog.",
    "The horse ran quickly.",
    "I love you.",
    "Je t'aime.",
    "Le chat est sur le tapis.",
    "Le chien court vite, très vite.",
]

MakeTranslator = Callable[..., Translator]


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.train(SENTENCES, vocab_size=320)


@pytest.fixture(scope="session")
def make_translator(tokenizer: Tokenizer) -> MakeTranslator:
    """Builds a small translator; ``ending`` makes sentences shorter, ``favourite`` is a token it likes to write."""

    def make(
        *,
        decoding: dict[str, object] | None = None,
        model: dict[str, object] | None = None,
        max_tokens: int = 250,
        ending: float = 4.0,
        favourite: int | None = None,
    ) -> Translator:
        settings = Settings(
            data=DataSettings(source_language="en", target_language="fr", max_tokens=max_tokens),
            text=TextSettings(vocab_size=tokenizer.vocab_size),
            model=ModelSettings.model_validate(
                {"model_dim": 16, "num_heads": 2, "feedforward_dim": 32, "encoder_layers": 1, "decoder_layers": 1}
                | {"output_bias": True}
                | (model or {})
            ),
            decoding=DecodingSettings.model_validate({"beam_size": 2, "max_length": 8} | (decoding or {})),
        )
        torch.manual_seed(2)
        network = build_model(settings.model, tokenizer.vocab_size)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.3)
            assert network.output_bias is not None
            network.output_bias[EOS] = ending
            if favourite is not None:
                network.output_bias[favourite] = 100.0
        return Translator(network.double().eval(), tokenizer, settings)

    return make


@pytest.fixture(scope="session")
def translator(make_translator: MakeTranslator) -> Translator:
    return make_translator()


@pytest.fixture
def model_folder(translator: Translator, tmp_path: Path) -> Path:
    """A run folder, as training leaves it: the model lies in ``model/``."""
    run = tmp_path / "run"
    run.mkdir()
    save_bundle(
        run / "model",
        settings=translator.settings,
        tokenizer=translator.tokenizer.to_bytes(),
        weights=translator.model.state_dict(),
        facts=BundleFacts(),
    )
    return run
