"""The ``[data]`` and ``[text]`` sections: which sentence pairs, and how they become tokens."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from regard.settings.section import Conflict, Section, Text, is_writable


def _writable(path: Path) -> Path:
    """Refuses a path that no settings file could hold, or no file system."""
    if "\0" in str(path) or not is_writable(str(path)):
        raise ValueError("a path must be text")
    return path


FilePath = Annotated[Path, Field(strict=False), AfterValidator(_writable)]
Language = Annotated[str, Field(pattern=r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$", examples=["en", "fr", "pt-BR"])]


class DataSettings(Section):
    """Sentence pairs. With ``source`` alone, the file holds both sides (TSV); without it, the built-in corpus.

    A folder, or a path with ``*``, stands for all the files there, in the order of their names.
    """

    source: FilePath | None = Field(
        None, description="training sentences, or a file with both sides: .tsv, .jsonl, .tmx, .po, .xlf, .csv …"
    )
    target: FilePath | None = Field(None, description="their translations, line by line")
    valid_source: FilePath | None = Field(None, description="validation sentences; else some are held out")
    valid_target: FilePath | None = Field(None, description="their translations")
    source_language: Language = "en"
    target_language: Language = "fr"
    source_column: Text | None = Field(
        None, description="column of the source in a table with named columns, or its key in .jsonl"
    )
    target_column: Text | None = Field(None, description="column of the target there")
    check_alignment: bool = Field(True, description="files whose sides seem shifted against each other are refused")
    clean: bool = Field(False, description="leave out what regard corpus clean would: repeated, ill-matched pairs too")
    valid_size: int = Field(1000, ge=1, description="pairs held out when no validation files are given")
    in_memory_pairs: int = Field(
        500_000, ge=0, description="corpora with more pairs are prepared on disk, once, and read from there"
    )
    cache: FilePath | None = Field(None, description="where they are prepared; ~/.cache/regard if not given")
    concatenate: float = Field(
        0.0,
        ge=0,
        le=10,
        description="training pairs made of two random ones, per pair and epoch (Nguyen et al. 2021, there 1)",
    )
    max_tokens: int = Field(250, ge=1, description="training pairs with a longer side are left out and counted")

    def conflicts(self) -> Iterator[Conflict]:
        """A side without its counterpart."""
        if self.target and not self.source:
            yield Conflict(("target", "source"), "target is given without source; give both files, or source alone")
        if self.valid_target and not self.valid_source:
            yield Conflict(
                ("valid_target", "valid_source"), "valid_target is given without valid_source; give both, or none"
            )
        if self.valid_source and not self.source:
            yield Conflict(
                ("valid_source", "source"), "valid_source is given without source; the built-in corpus has its own"
            )


class TextSettings(Section):
    """Subwords, learned jointly from both sides of the training pairs."""

    kind: Literal["bpe", "unigram"] = "bpe"
    vocab_size: int = Field(8000, ge=300, le=1_000_000, description="pieces, the 256 bytes and controls included")
    sampling: float = Field(
        0.0,
        ge=0,
        le=1,
        description="above 0, each epoch cuts sentences anew: BPE-dropout with this probability (0.1 is usual)",
    )
