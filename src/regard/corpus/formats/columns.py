"""Which of the named columns of a table are the two sides."""

import re
from collections.abc import Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

from regard.corpus.formats.reading import Reading, plain_code
from regard.errors import CorpusError

_USUAL: Final = MappingProxyType({"source": ("source", "src"), "target": ("target", "tgt", "trg", "translation")})
_VARIETY: Final = re.compile(r"(?i:Arab|Cyrl|Deva|Hans|Hant|Latn)([-_]([A-Z]{2}|\d{3}))?|[A-Z]{2}|\d{3}")
"""What is behind a language: "Latn", "GB", "419", "Hant_TW"."""


def choose_columns(path: Path, names: Sequence[str], reading: Reading) -> tuple[int, int]:
    """The numbers of the source's and the target's column.

    Taken are, in this order: the columns asked for by name; those named like the languages ("en", then "fr-FR");
    "source" and "target". A column "fr_mt" may be French as it is spoken in Malta, or by a machine: it is taken only if
    there is neither a "target" nor another name that begins with "fr_".

    Raises:
        CorpusError: there are no such columns, or it is not clear which.
    """
    reading = reading.in_table(names)
    source = _asked(path, names, reading.source_column, "source")
    target = _asked(path, names, reading.target_column, "target")
    source = _guessed(path, names, reading.source_language, "source") if source is None else source
    target = _guessed(path, names, reading.target_language, "target") if target is None else target
    if source is None or target is None or source == target:
        raise CorpusError(
            f"{path} has the columns {_shown(names)}; say which hold source and target with "
            "--source-column and --target-column (regard train: data.source_column=… and data.target_column=…), or "
            "call them source and target"
        )
    return source, target


def _asked(path: Path, names: Sequence[str], wanted: str | None, side: str) -> int | None:
    if wanted is None:
        return None
    if wanted not in names:
        raise CorpusError(f"{path} has no column {wanted!r} for the {side}; its columns are {_shown(names)}")
    return list(names).index(wanted)


def _guessed(path: Path, names: Sequence[str], language: str | None, side: str) -> int | None:
    lowered = [name.strip().lower() for name in names]
    usual = [names[lowered.index(each)] for each in _USUAL[side] if each in lowered][:1]
    fitting = _of_language(names, language, otherwise=usual) if language else usual
    if len(fitting) > 1:
        raise CorpusError(
            f"{path} has several columns that may be the {side}: {_shown(fitting)}; say which with --{side}-column "
            f"(regard train: data.{side}_column=…)"
        )
    return list(names).index(fitting[0]) if fitting else None


def _of_language(names: Sequence[str], language: str, *, otherwise: Sequence[str]) -> Sequence[str]:
    """The names that say the language as well as any does; ``otherwise``, if none does."""
    wanted = plain_code(language)
    codes = {name: plain_code(name) for name in names}
    if exact := [name for name in names if codes[name] == wanted]:
        return exact
    longer = [name for name in names if codes[name].startswith(f"{wanted}-")]
    varieties = {name: name.strip()[len(wanted) + 1 :] for name in longer}
    stated = [name for name in longer if _VARIETY.fullmatch(varieties[name]) and not name.isupper()]
    if near := [*stated, *(name for name in names if wanted.startswith(f"{codes[name]}-"))]:
        return near
    # Where letters are all small or all big, "fr_mt" may be a region or anything; "en_id" is no English of Indonesia.
    may_be = any(_VARIETY.fullmatch(each.upper()) and each.lower() != "id" for each in varieties.values())
    return [*otherwise, *longer] if may_be else otherwise


def _shown(names: Sequence[str]) -> str:
    return ", ".join(f"{name!r:.60}" for name in names[:20])
