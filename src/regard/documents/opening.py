"""A file that is to be translated in place: opened by its ending, and written back in its own encoding."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final, final

from regard.corpus import Reading
from regard.corpus.files import is_gzip
from regard.corpus.formats.csv_table import csv_document
from regard.corpus.formats.html import html_document, html_encoding
from regard.corpus.formats.json_strings import json_document
from regard.corpus.formats.markdown import markdown_document
from regard.corpus.formats.opened import Text, read_text
from regard.corpus.formats.po import po_document, po_encoding
from regard.corpus.formats.registry import suffix_of
from regard.corpus.formats.subtitles import subtitle_document
from regard.corpus.formats.tmx import tmx_document
from regard.corpus.formats.unit import Document, Segment
from regard.corpus.formats.xliff import xliff_document
from regard.corpus.formats.xml_events import encoding_of
from regard.errors import CorpusError

Reads = Callable[[Path, str, Reading], Document]
Encoding = Callable[[Path, bytes], str]


@final
@dataclass(frozen=True, slots=True)
class _Kind:
    reads: Reads
    encoding: Encoding


def _utf8(_path: Path, _raw: bytes) -> str:
    return "utf-8"


_PO: Final = _Kind(po_document, po_encoding)
_XLIFF: Final = _Kind(xliff_document, lambda _, raw: encoding_of(raw))
_SUBTITLES: Final = _Kind(lambda path, content, _: subtitle_document(path, content), _utf8)
_HTML: Final = _Kind(html_document, html_encoding)
_MARKDOWN: Final = _Kind(lambda path, content, _: markdown_document(path, content), _utf8)
_KINDS: Final[Mapping[str, _Kind]] = MappingProxyType(
    {
        ".po": _PO,
        ".pot": _PO,
        ".tmx": _Kind(tmx_document, lambda _, raw: encoding_of(raw)),
        ".xlf": _XLIFF,
        ".xliff": _XLIFF,
        ".html": _HTML,
        ".htm": _HTML,
        ".md": _MARKDOWN,
        ".markdown": _MARKDOWN,
        ".srt": _SUBTITLES,
        ".vtt": _SUBTITLES,
        ".csv": _Kind(csv_document, _utf8),
        ".json": _Kind(lambda path, content, _: json_document(path, content), _utf8),
    }
)
SUFFIXES: Final = tuple(_KINDS)
"""The endings of files that are translated in place."""


@final
@dataclass(frozen=True, slots=True)
class OpenedDocument:
    """A file, its text, and what in it is to be translated."""

    path: Path
    text: Text
    document: Document

    def written(self, targets: Mapping[int, Segment]) -> bytes:
        """The file with translations in place, by the number of their unit; without any, the file as it is.

        Raises:
            CorpusError: a translation cannot be written in the encoding of the file, or the result would not be read
                as what was written.
        """
        content = self.text.encoded(self.document.filled(targets), xml=self.document.xml)
        return gzip.compress(content, mtime=0) if is_gzip(self.path) else content


def is_document(path: Path) -> bool:
    """Whether a file of this name is translated in place, not line by line."""
    return suffix_of(path) in _KINDS


def is_another_format(path: Path, other: Path) -> bool:
    """Whether two names belong to files of different formats, or one of them packed, as far as their endings say."""
    one, two = (_KINDS.get(suffix_of(each)) for each in (path, other))
    return one is not None and two is not None and (one is not two or is_gzip(path) is not is_gzip(other))


def ending_of(path: Path) -> str:
    """The ending that says what a file is, with ``.gz`` if it is packed."""
    return suffix_of(path) + (".gz" if is_gzip(path) else "")


def open_document(path: Path, reading: Reading) -> OpenedDocument:
    """Opens a file to be translated in place.

    Args:
        path: the file; ``.gz`` behind its ending is understood.
        reading: both languages, and columns of a table.

    Raises:
        CorpusError: it cannot be read, is damaged, or is in other languages.
    """
    suffix = suffix_of(path)
    if suffix not in _KINDS:
        raise CorpusError(f"{path}: files ending in {', '.join(_KINDS)} are translated in place, but not this one")
    kind = _KINDS[suffix]
    text = read_text(path, lambda raw: kind.encoding(path, raw))
    return OpenedDocument(path, text, kind.reads(path, text.content, reading))
