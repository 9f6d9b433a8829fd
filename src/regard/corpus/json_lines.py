"""Reads pairs from JSON lines: one object per line with the keys "source" and "target", or those asked for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from regard.corpus.formats.reading import AS_STATED, Reading
from regard.corpus.lines import read_lines
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError

_Keys = tuple[str, str]


def read_json_lines(path: Path, reading: Reading = AS_STATED) -> Iterator[Pair]:
    """The pair of every line; other keys are allowed and not read. A blank line is a blank pair.

    Raises:
        CorpusError: the file cannot be read, or a line is no JSON object with the strings "source" and "target", or
            with those that are asked for as columns.
    """
    return _records(path, read_lines(path), reading)


def _records(path: Path, lines: Iterator[str], reading: Reading) -> Iterator[Pair]:
    file = str(path)
    keys: _Keys | None = None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            yield Pair("", "", Origin(file, number))
            continue
        record = _parsed(path, number, line)
        keys = keys or _keys(path, record, reading)
        source, target = (_text(path, number, record, key, keys=keys) for key in keys)
        yield Pair(source, target, Origin(file, number))


def _keys(path: Path, first: Any, reading: Reading) -> _Keys:
    """The keys of both sides, chosen by the first record as columns are by the first row of a table."""
    asked = reading.in_table(tuple(first) if isinstance(first, dict) else ())
    source, target = asked.source_column or "source", asked.target_column or "target"
    if source == target:
        raise CorpusError(
            f"{path}: both sides would be {source!r}; name the other one too, with --source-column or --target-column "
            "(regard train: data.source_column=… or data.target_column=…)"
        )
    return source, target


def _parsed(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}, line {number}: this is not JSON ({error})") from None


def _text(path: Path, number: int, record: Any, key: str, *, keys: _Keys) -> str:
    value = record.get(key) if isinstance(record, dict) else None
    if not isinstance(value, str):
        expected = " and ".join(f'"{each}"' for each in keys)
        raise CorpusError(
            f"{path}, line {number}: an object with the strings {expected} is expected, but {_shown(record)} is given"
        )
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise CorpusError(f"{path}, line {number}: {key} holds a lone surrogate, half of a character; repair the file")
    return value


def _shown(record: Any) -> str:
    if isinstance(record, dict):
        return "an object with the keys " + (", ".join(map(repr, sorted(record)[:8])) or "(none)")
    return repr(record)[:60]
