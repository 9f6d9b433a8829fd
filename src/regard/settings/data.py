"""The ``[data]`` and ``[text]`` sections: which sentence pairs, and how they become tokens."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from regard.settings.section import Section

FilePath = Annotated[Path, Field(strict=False)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$")]


class DataSettings(Section):
    """Sentence pairs. With ``source`` alone, the file holds both sides (TSV); without it, the built-in corpus."""

    source: FilePath | None = Field(None, description="training sentences, or a two-column file with both sides")
    target: FilePath | None = Field(None, description="their translations, line by line")
    valid_source: FilePath | None = Field(None, description="validation sentences; else some are held out")
    valid_target: FilePath | None = Field(None, description="their translations")
    source_language: Language = "en"
    target_language: Language = "fr"
    valid_size: int = Field(1000, ge=1, description="pairs held out when no validation files are given")
    max_tokens: int = Field(250, ge=1, description="training pairs with a longer side are left out and counted")


class TextSettings(Section):
    """Subwords, learned jointly from both sides of the training pairs."""

    kind: Literal["bpe", "unigram"] = "bpe"
    vocab_size: int = Field(8000, ge=300, le=1_000_000, description="pieces, the 256 bytes and controls included")
