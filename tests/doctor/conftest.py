"""A translator whose every part is real, as a patient; faults are planted in copies of its parts."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from regard.corpus import Origin, Pair
from regard.doctor import Patient
from regard.models import build_model
from regard.settings import DataSettings, ModelSettings, Settings, TextSettings
from regard.text import Tokenizer
from regard.translator import Translator

SENTENCES = [
    ("the cat sleeps", "le chat dort"),
    ("I love", "j'aime"),
    ("the old cat sleeps on the mat", "le vieux chat dort sur le tapis"),
]
PAIRS = [Pair(source, target, Origin("tests", line)) for line, (source, target) in enumerate(SENTENCES, start=1)]

MakePatient = Callable[..., Patient]


@pytest.fixture(scope="session")
def tokenizer() -> Tokenizer:
    return Tokenizer.train([text for pair in SENTENCES for text in pair], vocab_size=320)


@pytest.fixture(scope="session")
def make_patient(tokenizer: Tokenizer) -> MakePatient:
    """Builds a patient with random weights; ``model`` are settings of the network."""

    def make(**model: object) -> Patient:
        settings = Settings(
            data=DataSettings(source_language="en", target_language="fr"),
            text=TextSettings(vocab_size=tokenizer.vocab_size),
            model=ModelSettings.model_validate(
                {"model_dim": 16, "num_heads": 2, "encoder_layers": 2, "decoder_layers": 2}
                | ({} if "kind" in model else {"feedforward_dim": 32})
                | model
            ),
        )
        torch.manual_seed(3)
        network = build_model(settings.model, tokenizer.vocab_size)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.2)
        return Patient.of(Translator(network, tokenizer, settings), PAIRS)

    return make


@pytest.fixture
def patient(make_patient: MakePatient) -> Patient:
    """One to plant a fault in."""
    return make_patient()


@pytest.fixture(scope="session")
def trained(tiny_run: Path) -> Patient:
    """A model that has learned something. Do not change it."""
    return Patient.load(tiny_run)
