"""What a reader is asked for in a file that may hold more than two languages: which ones, or which columns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regard.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Reading:
    """Which two sides of a file to read; ``None`` leaves it to what the file says.

    Args:
        source_language: the language of the source side, for example "en"; "en" also reads "en-GB".
        target_language: the language of its translation.
        source_column: the column of the source side, in formats that have columns.
        target_column: the column of its translation.
        columns_must_exist: whether a table without these columns is refused, or read as if none were asked for.
    """

    source_language: str | None = None
    target_language: str | None = None
    source_column: str | None = None
    target_column: str | None = None
    columns_must_exist: bool = True

    def in_table(self, names: Sequence[str]) -> "Reading":
        """What is asked of a table with columns of these names: those asked for, unless they need not be there."""
        asked = [column for column in (self.source_column, self.target_column) if column is not None]
        if self.columns_must_exist or all(column in names for column in asked):
            return self
        return replace(self, source_column=None, target_column=None)


AS_STATED = Reading()


def plain_code(language: str) -> str:
    """A language code as it is compared: "en_GB" and "EN-gb" are one."""
    return language.strip().replace("_", "-").casefold()


def fits(stated: str, wanted: str) -> bool:
    """Whether what a file states is the language that is wanted: "en" wants any English, "en-GB" takes "en" too."""
    one, other = plain_code(stated), plain_code(wanted)
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


def best_fit(stated: Iterable[str], wanted: str) -> str | None:
    """Of several languages the one that is wanted, said exactly if there is such a one; ``None`` if none is."""
    fitting = sorted((language for language in stated if fits(language, wanted)), key=lambda each: (len(each), each))
    exact = [language for language in fitting if plain_code(language) == plain_code(wanted)]
    return next(iter(exact or fitting), None)


def require_language(path: Path, side: str, *, stated: str | None, wanted: str | None) -> None:
    """Refuses a file whose one side is in another language than asked for; a file that says nothing passes.

    Raises:
        CorpusError: the file states another language.
    """
    if stated and wanted and not fits(stated, wanted):
        raise CorpusError(
            f"{path}: its {side} language is {stated}, but {wanted} is asked for; say --{side}-language {stated}, or "
            "give another file"
        )


def shown(languages: Sequence[str]) -> str:
    """Languages in a message."""
    return ", ".join(sorted(languages)[:12]) or "(none)"
