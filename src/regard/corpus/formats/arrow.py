"""Tables in columns: Parquet, Arrow, and folders that the ``datasets`` library saved. They need the package pyarrow."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from regard.corpus.files import is_gzip, require_file
from regard.corpus.formats.columns import choose_columns
from regard.corpus.formats.reading import AS_STATED, Reading, best_fit, shown
from regard.corpus.formats.unit import in_one_line
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError, MissingExtraError
from regard.text_file import read_text_file

if TYPE_CHECKING:
    import pyarrow

_BATCH_ROWS: Final = 4096
_NESTED: Final = "translation"
_SPLITS: Final = "dataset_dict.json"
_STATE: Final = "state.json"
_STATE_MEBIBYTES: Final = 64


def read_arrow(path: Path, reading: Reading = AS_STATED) -> Iterator[Pair]:
    """The pairs of a file or a saved data set, batch by batch.

    Columns are chosen as in a CSV file; a column ``translation`` with the languages inside is understood too.

    Raises:
        CorpusError: the file is damaged or packed by gzip, or has no such columns.
        MissingExtraError: pyarrow is not installed.
    """
    files, arrow = _files(path), _arrow()
    row = 0
    try:
        for file in files:
            for batch in _batches(file):
                source, target = _sides(path, batch, reading)
                for one, other in zip(source, target, strict=True):
                    row += 1
                    yield Pair(_sentence(path, row, one), _sentence(path, row, other), Origin(str(path), row))
    except (arrow.ArrowException, OSError) as error:
        raise CorpusError(
            f"{path} cannot be read as a table in columns ({_first_line(error)}); copy it again"
        ) from None


def is_dataset(path: Path) -> bool:
    """Whether a folder is what the ``datasets`` library saves."""
    return path.is_dir() and ((path / _STATE).is_file() or (path / _SPLITS).is_file())


def _arrow() -> Any:
    try:
        import pyarrow
    except ImportError:
        raise MissingExtraError(
            "Parquet and Arrow files are read with pyarrow, which is not installed: pip install 'regard[formats]'"
        ) from None
    return pyarrow


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        require_file(path)
        if is_gzip(path):
            raise CorpusError(
                f"{path} is packed by gzip, but tables in columns are not; unpack it first: gunzip {path}"
            )
        return [path]
    if (path / _SPLITS).is_file():
        splits = sorted(folder.name for folder in path.iterdir() if is_dataset(folder))
        raise CorpusError(f"{path} holds the splits {', '.join(splits) or '(none)'}; give one of them: {path}/train")
    files = _named_files(path) or sorted(path.glob("*.arrow"))
    if not files:
        raise CorpusError(f"{path} has no .arrow file, as a saved data set has")
    for file in files:
        require_file(file)
    return files


def _named_files(folder: Path) -> list[Path]:
    """The files that a data set says are its own; beside them the library leaves copies of what it computed."""
    state = folder / _STATE
    if not state.is_file():
        return []
    text = read_text_file(state, what="state of the data set", most_mebibytes=_STATE_MEBIBYTES, error=CorpusError)
    try:
        return [folder / file["filename"] for file in json.loads(text).get("_data_files", ())]
    except (ValueError, LookupError, AttributeError, TypeError, RecursionError):
        raise CorpusError(
            f"{state} does not say which files the data set has; copy or save the data set again"
        ) from None


def _batches(path: Path) -> "Iterator[pyarrow.RecordBatch]":
    import pyarrow.parquet

    if path.suffix.lower() == ".parquet":
        with pyarrow.parquet.ParquetFile(path) as table:
            yield from table.iter_batches(batch_size=_BATCH_ROWS)
        return
    with pyarrow.memory_map(str(path)) as file:
        try:
            yield from pyarrow.ipc.open_stream(file)
        except pyarrow.ArrowInvalid:
            reader = pyarrow.ipc.open_file(file)
            yield from (reader.get_batch(number) for number in range(reader.num_record_batches))


def _sides(path: Path, batch: "pyarrow.RecordBatch", reading: Reading) -> tuple[Sequence[Any], Sequence[Any]]:
    names = list(batch.schema.names)
    reading = reading.in_table(names)
    if _NESTED in names and not (reading.source_column or reading.target_column):
        column = batch.column(names.index(_NESTED))
        if _arrow().types.is_struct(column.type):  # not so if it is plain texts, the target of a column "source"
            return _nested_sides(path, column, reading)
    source, target = choose_columns(path, names, reading)
    return batch.column(source).to_pylist(), batch.column(target).to_pylist()


def _nested_sides(path: Path, column: "pyarrow.StructArray", reading: Reading) -> tuple[Sequence[Any], Sequence[Any]]:
    languages = [field.name for field in column.type]
    source = best_fit(languages, reading.source_language) if reading.source_language else next(iter(languages), None)
    others = [language for language in languages if language != source]
    target = best_fit(others, reading.target_language) if reading.target_language else next(iter(others), None)
    if source is None or target is None or (len(languages) > 2 and not reading.target_language):
        raise CorpusError(
            f"{path} holds the languages {shown(languages)}; say which with --source-language and --target-language"
        )
    sides = dict(zip(languages, column.flatten(), strict=True))  # a row that is null has null in each language
    return sides[source].to_pylist(), sides[target].to_pylist()


def _sentence(path: Path, row: int, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise CorpusError(f"{path}, row {row:,}: a text is expected, but there is {value!r:.60}")
    return in_one_line(value)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
