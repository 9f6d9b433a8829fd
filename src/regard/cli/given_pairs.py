"""Pairs that are named to a command together with a model: which files, and how they are read."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, final

import typer

from regard.cli.options import SourceColumnOption, SourceLanguageOption, TargetColumnOption, TargetLanguageOption
from regard.errors import InputError

if TYPE_CHECKING:
    from regard.corpus import Reading
    from regard.settings import DataSettings


@final
@dataclass(frozen=True, kw_only=True)
class GivenPairs:
    """What ``--source`` and the options that describe it say; without a source, the model's own pairs are meant.

    Raises:
        InputError: something describes a source that is not given.
    """

    source: Path | None = None
    target: Path | None = None
    source_language: str | None = None
    target_language: str | None = None
    source_column: str | None = None
    target_column: str | None = None

    def __post_init__(self) -> None:
        given = [f"--{each.name.replace('_', '-')}" for each in fields(self) if getattr(self, each.name) is not None]
        if given and self.source is None:
            raise InputError(
                f"{', '.join(given)} {'is' if len(given) == 1 else 'are'} given without --source; give that too, or "
                "nothing of the kind for the model's own pairs"
            )

    def reading(self, data: "DataSettings") -> "Reading":
        """Which two sides of the files to read: those asked for; where nothing is, those of the model.

        Args:
            data: the model's settings of its pairs.
        """
        from regard.corpus import Reading
        from regard.corpus.asked import reading_for

        asked = Reading(self.source_language, self.target_language, self.source_column, self.target_column)
        return reading_for(data, asked)

    def checked(self) -> "GivenPairs":
        """The same, once its files are known to be there: that is said before models are loaded, not after.

        Raises:
            CorpusError: one is not there, or cannot be a file of pairs; or none has columns, but some are asked for.
        """
        from regard.corpus.shards import require_columns, require_corpus

        if self.source is not None:
            require_corpus(self.source, self.target)
            if self.source_column is not None or self.target_column is not None:
                require_columns(self.source, self.target)
        return self

    def __str__(self) -> str:
        """The files."""
        return " and ".join(str(file) for file in (self.source, self.target) if file)


def given_pairs(source_help: str, target_help: str) -> Callable[..., GivenPairs]:
    """The options that name pairs, with what they are for; they return the pairs, whose files are known to be there."""

    def given(
        *,
        source: Annotated[Path | None, typer.Option("--source", help=source_help, show_default=False)] = None,
        target: Annotated[Path | None, typer.Option("--target", help=target_help, show_default=False)] = None,
        source_language: SourceLanguageOption = None,
        target_language: TargetLanguageOption = None,
        source_column: SourceColumnOption = None,
        target_column: TargetColumnOption = None,
    ) -> GivenPairs:
        return GivenPairs(**locals()).checked()

    return given
