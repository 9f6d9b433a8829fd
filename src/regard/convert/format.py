"""What every format of another toolkit has to answer: what it cannot hold, how it is written, how it translates."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar, Literal

from regard.convert.original import Array, Original
from regard.errors import InputError, MissingExtraError
from regard.settings import DecodingSettings

Ids = Sequence[Sequence[int]]
Measured = Literal["logits", "log-probabilities of the tokens"]


class Foreign(ABC):
    """A converted model, run by the other toolkit. Ids are ours, without control tokens."""

    measured: Measured
    """What ``scores`` gives."""

    follows: ClassVar[frozenset[str]]
    """The search settings of ours that ``translate`` follows, and that the folder holds or its README calls with."""

    @abstractmethod
    def encode(self, texts: list[str]) -> list[list[int]]:
        """The ids that the converted tokenizer cuts texts into, without control tokens; texts are in NFC."""

    @abstractmethod
    def scores(self, sources: Ids, targets: Ids) -> list[Array]:
        """Per sentence one row per target token and one for its end: logits, or the log-probability of that token."""

    @abstractmethod
    def translate(self, sources: Ids, search: DecodingSettings) -> list[list[int]]:
        """The best translation of each source; ``search`` names a ``max_length``."""


class Format(ABC):
    """A format to convert to.

    Attributes:
        name: what the user calls it.
        title: what its documentation calls it.
        packages: what has to be installed to write it and to try it.
        tolerances: by quantization, the largest difference to our scores that a conversion may show.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    packages: ClassVar[tuple[str, ...]]
    tolerances: ClassVar[Mapping[str, float]]

    @abstractmethod
    def obstacles(self, original: Original) -> Iterator[str]:
        """What of the model this format cannot hold, each as a sentence without its full stop."""

    @abstractmethod
    def write(self, original: Original, folder: Path, *, quantization: str) -> None:
        """Writes the model into an empty folder, with a README that says how to call it."""

    @abstractmethod
    def open(self, folder: Path, original: Original, *, quantization: str) -> Foreign:
        """The model in a folder that ``write`` filled, run by the other toolkit."""

    def beam_sizes(self, original: Original) -> tuple[int, ...]:
        """The searches to compare translations of: greedy, and the model's own."""
        return tuple(sorted({1, original.settings.decoding.beam_size}))

    def require(self) -> None:
        """Looks whether the other toolkit is there.

        Raises:
            MissingExtraError: it is not; the message says how to install it.
        """
        require(f"converting to {self.title}", self.packages)

    def refuse(self, original: Original, *, quantization: str) -> None:
        """Looks whether the format can hold the model, before anything is written.

        Raises:
            InputError: it cannot; the message gives every reason.
        """
        if quantization not in self.tolerances:
            raise InputError(
                f"{self.title} takes the quantizations {', '.join(self.tolerances)}, but {quantization!r} is asked for"
            )
        reasons = list(self.obstacles(original))
        if reasons:
            raise InputError(f"{self.title} cannot hold this model: {'; '.join(reasons)}")


def require(purpose: str, packages: Sequence[str]) -> None:
    """Looks whether other toolkits' packages are there.

    Raises:
        MissingExtraError: one is not; the message says how to install it.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise MissingExtraError(
            f"{purpose} needs {' and '.join(missing)}: pip install {' '.join(missing)}, or regard[export] for all "
            "formats but those of transformers"
        )


def obstacles_of_every_format(original: Original) -> Iterator[str]:
    """What no format can hold: other networks than Transformers, and experiments shown going wrong."""
    network = original.network
    if network.kind != "transformer":
        yield f"it is a {network.kind} network (model.kind), and only Transformers have a counterpart there"
        return
    if not network.future_mask:
        yield "it was trained without the future mask (model.future_mask), which every other toolkit applies"
    if not network.padding_mask:
        yield "it looks at padding (model.padding_mask), which every other toolkit hides"
    if original.vocabulary.kind not in ("bpe", "unigram"):
        yield f"its pieces are {original.vocabulary.kind}s, which SentencePiece cannot cut text into"
