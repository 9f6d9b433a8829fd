"""Which of the named columns of a table are the two sides."""

from collections.abc import Sequence
from pathlib import Path

from regard.corpus.formats.reading import Reading, best_fit
from regard.errors import CorpusError

_SOURCES = ("source", "src")
_TARGETS = ("target", "tgt", "trg", "translation")


def choose_columns(path: Path, names: Sequence[str], reading: Reading) -> tuple[int, int]:
    """The numbers of the source's and the target's column.

    Taken are, in this order: the columns asked for by name; those named like the languages ("en", "fr-FR"); "source"
    and "target".

    Raises:
        CorpusError: there are no such columns, or it is not clear which.
    """
    reading = reading.in_table(names)
    source = _asked(path, names, reading.source_column, "source")
    target = _asked(path, names, reading.target_column, "target")
    source = _guessed(names, reading.source_language, _SOURCES) if source is None else source
    target = _guessed(names, reading.target_language, _TARGETS) if target is None else target
    if source is None or target is None or source == target:
        raise CorpusError(
            f"{path} has the columns {', '.join(map(repr, names[:20]))}; say which hold source and target with "
            "--source-column and --target-column (regard train: data.source_column=… and data.target_column=…), or "
            "call them source and target"
        )
    return source, target


def _asked(path: Path, names: Sequence[str], wanted: str | None, side: str) -> int | None:
    if wanted is None:
        return None
    if wanted not in names:
        raise CorpusError(
            f"{path} has no column {wanted!r} for the {side}; its columns are {', '.join(map(repr, names[:20]))}"
        )
    return list(names).index(wanted)


def _guessed(names: Sequence[str], language: str | None, usual: Sequence[str]) -> int | None:
    lowered = [name.strip().lower() for name in names]
    found = best_fit(lowered, language) if language else None
    if found is None:
        found = next((name for name in usual if name in lowered), None)
    return None if found is None else lowered.index(found)
