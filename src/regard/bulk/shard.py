"""One shard: read, translated and written in its own format, however large it is.

Text has one translation per line. JSON lines keep their objects, Parquet keeps its columns; both get ``translation``
beside them. Names that end in ``.gz`` are read and written packed.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import tee
from pathlib import Path
from typing import IO, Any, Final

from regard.corpus import read_lines
from regard.corpus.shards import files_named
from regard.disk import file_aside
from regard.errors import CorpusError, MissingExtraError
from regard.settings.section import is_writable

Translate = Callable[[Iterable[str]], Iterator[str]]

TRANSLATION: Final = "translation"
_JSON: Final = ".jsonl"
_PARQUET: Final = ".parquet"
_ROWS_AT_ONCE: Final = 4_096


def shard_files(source: Path) -> tuple[Path, ...]:
    """The shards that a folder, or a path with ``*``, stands for; a file is a shard too.

    Raises:
        CorpusError: there are none, or two of them have one name.
    """
    files = files_named(source)
    names = [file.name for file in files]
    if len(set(names)) < len(names):
        raise CorpusError(f"{source} has two shards of one name; translated shards keep their names")
    return files


def translate_shard(translate: Translate, shard: Path, target: Path, *, column: str = "text") -> int:
    """Translates a file into another, which is there when it is finished and not before.

    Args:
        translate: gives one translation per text, in order, without line breaks.
        shard: what to translate.
        target: what to write; replaced if it is there.
        column: in JSON lines and Parquet, what holds the text.

    Returns:
        How many texts it had.

    Raises:
        CorpusError: the shard cannot be read; the message says where.
        DiskFullError: no space is left; nothing was written.
    """
    suffix = (Path(shard.stem).suffix if _is_packed(shard) else shard.suffix).lower()
    if suffix == _PARQUET:
        return _translate_parquet(translate, shard, target, column)
    return _translate_lines(translate, shard, target, column if suffix == _JSON else None)


def _translate_lines(translate: Translate, shard: Path, target: Path, column: str | None) -> int:
    lines = iter(()) if shard.is_file() and shard.stat().st_size == 0 else read_lines(shard)
    kept, read = tee(lines)
    texts = read if column is None else (_text_in(line, shard, number, column) for number, line in enumerate(read, 1))
    count = 0
    with file_aside(target) as plain, _packed_like(shard, plain) as out:
        for line, translation in zip(kept, translate(texts), strict=True):
            written = translation if column is None else _with_translation(line, translation)
            out.write(f"{written}\n".encode("utf-8", "replace"))
            count += 1
    return count


def _text_in(line: str, shard: Path, number: int, column: str) -> str:
    try:
        found = json.loads(line)
        text = found[column]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = text = None
    if not isinstance(text, str):
        raise CorpusError(
            f"{shard}, line {number:,} is no JSON object with a text under {column!r}; --field names another one"
        )
    if TRANSLATION in found:
        raise CorpusError(f"{shard}, line {number:,} has a field {TRANSLATION!r} already; rename it first")
    if not is_writable(text):
        raise CorpusError(
            f"{shard}, line {number:,}: {column!r} holds a lone surrogate, half of a character; repair it"
        )
    return text


def _with_translation(line: str, translation: str) -> str:
    """The object with one field more; what it held stays as it was written, to the last digit."""
    return (
        f"{line.rstrip().removesuffix('}').rstrip()}, {json.dumps({TRANSLATION: translation}, ensure_ascii=False)[1:]}"
    )


def _translate_parquet(translate: Translate, shard: Path, target: Path, column: str) -> int:
    pyarrow = _pyarrow()
    import pyarrow.parquet as parquet

    count = 0
    with _opened_parquet(shard, pyarrow) as table:
        names = table.schema_arrow.names
        if column not in names:
            raise CorpusError(f"{shard} has no column {column!r}, but {', '.join(names)}; --field names another one")
        if TRANSLATION in names:
            raise CorpusError(f"{shard} has a column {TRANSLATION!r} already; rename it first")
        schema = table.schema_arrow.append(pyarrow.field(TRANSLATION, pyarrow.string()))
        with file_aside(target) as file, parquet.ParquetWriter(file, schema) as out:
            for rows in _batches(table, shard, pyarrow):
                values = enumerate(_values(rows, shard, column), count + 1)
                texts = [_text_of(value, shard, row, column) for row, value in values]
                translations = pyarrow.array(list(translate(texts)), pyarrow.string())
                out.write_batch(pyarrow.RecordBatch.from_arrays([*rows.columns, translations], schema=schema))
                count += len(texts)
    return count


def _batches(table: Any, shard: Path, pyarrow: Any) -> Iterator[Any]:
    """Rows, a few thousand at once. What cannot be read is the shard's fault, not that of the file being written."""
    with _readable_parquet(shard, pyarrow):
        yield from table.iter_batches(batch_size=_ROWS_AT_ONCE)


def _values(rows: Any, shard: Path, column: str) -> list[object]:
    try:
        return list(rows.column(column).to_pylist())
    except UnicodeDecodeError as error:
        raise CorpusError(f"{shard}: the column {column!r} is not UTF-8: {error.reason}") from None


def _text_of(value: object, shard: Path, row: int, column: str) -> str:
    if not isinstance(value, str):
        found = "nothing" if value is None else type(value).__name__
        raise CorpusError(f"{shard}, row {row:,}: the column {column!r} holds {found}, but text is expected")
    return value


def _pyarrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise MissingExtraError(
            "Parquet is read with pyarrow, which is not installed: pip install 'regard[formats]'"
        ) from None
    return pyarrow


@contextmanager
def _opened_parquet(shard: Path, pyarrow: Any) -> Iterator[Any]:
    import pyarrow.parquet as parquet

    with _readable_parquet(shard, pyarrow):
        table = parquet.ParquetFile(shard)
    with table:
        yield table


@contextmanager
def _readable_parquet(shard: Path, pyarrow: Any) -> Iterator[None]:
    try:
        yield
    except (pyarrow.ArrowException, OSError) as error:  # pyarrow has OSError without a number for a damaged page
        raise CorpusError(f"{shard} cannot be read as Parquet: {error}") from None


@contextmanager
def _packed_like(shard: Path, plain: IO[bytes]) -> Iterator[Any]:
    if not _is_packed(shard):
        yield plain
        return
    with gzip.GzipFile(
        filename="", fileobj=plain, mode="wb", mtime=0
    ) as packed:  # the same bytes whenever it is written
        yield packed


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"
