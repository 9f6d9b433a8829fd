"""Reads pairs from JSON lines: one object per line with the keys "source" and "target"."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from regard.corpus.lines import read_lines
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError


def read_json_lines(path: Path) -> Iterator[Pair]:
    """The pair of every line; other keys are allowed and not read. A blank line is a blank pair.

    Raises:
        CorpusError: the file cannot be read, or a line is no JSON object with the strings "source" and "target".
    """
    return _records(path, read_lines(path))


def _records(path: Path, lines: Iterator[str]) -> Iterator[Pair]:
    file = str(path)
    for number, line in enumerate(lines, start=1):
        record = _parsed(path, number, line) if line.strip() else {"source": "", "target": ""}
        yield Pair(_text(path, number, record, "source"), _text(path, number, record, "target"), Origin(file, number))


def _parsed(path: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}, line {number}: this is not JSON ({error})") from None


def _text(path: Path, number: int, record: Any, key: str) -> str:
    value = record.get(key) if isinstance(record, dict) else None
    if not isinstance(value, str):
        raise CorpusError(
            f'{path}, line {number}: an object with the strings "source" and "target" is expected, '
            f"but {_shown(record)} is given"
        )
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise CorpusError(f"{path}, line {number}: {key} holds a lone surrogate, half of a character; repair the file")
    return value


def _shown(record: Any) -> str:
    if isinstance(record, dict):
        return "an object with the keys " + (", ".join(map(repr, sorted(record)[:8])) or "(none)")
    return repr(record)[:60]
