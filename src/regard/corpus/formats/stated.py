"""Which languages a file says it holds, read from its beginning."""

from itertools import islice
from pathlib import Path

from regard.corpus.files import open_bytes
from regard.corpus.formats.po import language_of, po_encoding
from regard.corpus.formats.po_entries import po_entries
from regard.corpus.formats.reading import AS_STATED
from regard.corpus.formats.registry import suffix_of
from regard.corpus.formats.tmx import languages_of
from regard.corpus.formats.xliff import stated_by
from regard.corpus.formats.xml_file import stream_elements
from regard.corpus.lines import read_lines

Stated = tuple[str | None, str | None]
_MOST_ELEMENTS = 100


def stated_languages(path: Path) -> Stated:
    """The languages of source and target, as far as the file states them.

    Raises:
        CorpusError: the file cannot be read, or is damaged where it begins.
    """
    match suffix_of(path):
        case ".tmx":
            reading = languages_of(path, islice(stream_elements(path, {"tu"}), _MOST_ELEMENTS), AS_STATED)
            return reading.source_language, reading.target_language
        case ".xlf" | ".xliff":
            return _of_xliff(path)
        case ".po" | ".pot":
            return None, _of_po(path)
    return None, None


def _of_xliff(path: Path) -> Stated:
    around = islice(stream_elements(path, {"trans-unit", "unit"}), _MOST_ELEMENTS)
    found = (stated_by(element) for element in around)
    return next((languages for languages in found if languages[0]), (None, None))


def _of_po(path: Path) -> str | None:
    with open_bytes(path) as file:
        encoding = po_encoding(path, file.read(1 << 16))
    first = next(po_entries(path, read_lines(path, encoding=encoding)), None)
    return language_of(first) if first is not None and first.is_header else None
