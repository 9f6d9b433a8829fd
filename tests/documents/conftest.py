"""Speakers for the tests of this room: they translate by rule, so what has to come out can be worked out by hand."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from regard.documents.voice import Candidate, Links

FORMATS = Path(__file__).resolve().parents[1] / "data" / "formats"


class Shouting:
    """Says everything in capitals, word by word; small letters in placeholders are lost, as with a model."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def translate(self, sentences: Sequence[str], *, copied: Sequence[str] = ()) -> list[list[Candidate]]:
        self.asked += sentences
        return [[Candidate(self.say(sentence), 0.5)] for sentence in sentences]

    def say(self, sentence: str) -> str:
        return sentence.upper()

    def align(self, sources: Sequence[str], targets: Sequence[str]) -> list[Links | None]:
        return [frozenset((number, number) for number in range(len(source.split()))) for source in sources]


class Backwards(Shouting):
    """Says the words in reverse order, and copies what it was not taught: numbers and names; it loses odd signs."""

    def say(self, sentence: str) -> str:
        return " ".join("".join(sign for sign in word if sign.isalnum()) for word in reversed(sentence.split()))

    def align(self, sources: Sequence[str], targets: Sequence[str]) -> list[Links | None]:
        counts = [len(source.split()) for source in sources]
        return [frozenset((number, count - 1 - number) for number in range(count)) for count in counts]


class Forgetful(Shouting):
    """Whatever it is told, it says the same."""

    def say(self, sentence: str) -> str:
        return "Bonjour"


class Inventive(Shouting):
    """Puts a placeholder where none was."""

    def say(self, sentence: str) -> str:
        return f"{sentence.lower()} %s <b>"


class Obedient(Forgetful):
    """Says the same, but for the words it is made to write."""

    def __init__(self, confidence: float = 0.5) -> None:
        super().__init__()
        self.confidence = confidence

    def translate(self, sentences: Sequence[str], *, copied: Sequence[str] = ()) -> list[list[Candidate]]:
        self.asked += sentences
        kept = [[word for word in sentence.split() if word in copied] for sentence in sentences]
        return [[Candidate(" ".join(["Bonjour", *words]), self.confidence)] for words in kept]


@pytest.fixture
def obedient() -> Obedient:
    return Obedient()


@pytest.fixture
def shouting() -> Shouting:
    return Shouting()


@pytest.fixture
def backwards() -> Backwards:
    return Backwards()


@pytest.fixture
def forgetful() -> Forgetful:
    return Forgetful()


@pytest.fixture
def inventive() -> Inventive:
    return Inventive()


@pytest.fixture(scope="session")
def format_files() -> Path:
    """The folder of small files, one of each format."""
    return FORMATS
