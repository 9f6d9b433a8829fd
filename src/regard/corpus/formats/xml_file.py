"""An XML file opened: as a stream of elements to read, or whole, to be changed in places."""

import codecs
from collections.abc import Collection, Iterable, Iterator
from itertools import accumulate
from pathlib import Path
from typing import Final, final

from regard.corpus.files import open_bytes
from regard.corpus.formats.stated_encoding import known_encoding
from regard.corpus.formats.xml_events import encoding_of, xml_events
from regard.corpus.formats.xml_tree import Element, elements
from regard.errors import CorpusError

_BLOCK_BYTES: Final = 1 << 16
_INDEX_BYTES: Final = 1 << 12
_CONTINUING: Final = bytes(range(0x80, 0xC0))  # bytes of UTF-8 that begin no character
_READ_BY_EXPAT: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


def stream_elements(path: Path, names: Collection[str]) -> Iterator[Element]:
    """The named elements of a file, plain or ``.gz``, one at a time.

    Raises:
        CorpusError: the file cannot be read, is not well-formed, or holds what is refused.
    """
    with open_bytes(path) as file:
        blocks = iter(lambda: file.read(_BLOCK_BYTES), b"")
        yield from elements(path, xml_events(path, _as_utf8(path, blocks)), names)


def _as_utf8(path: Path, blocks: Iterator[bytes]) -> Iterable[bytes]:
    first = next(blocks, b"")
    encoding = encoding_of(first)
    if encoding in _READ_BY_EXPAT:
        yield first
        yield from blocks
        return
    decoder = codecs.getincrementaldecoder(known_encoding(path, encoding))()
    try:
        yield decoder.decode(first).encode("utf-8")
        for block in blocks:
            yield decoder.decode(block).encode("utf-8")
        yield decoder.decode(b"", True).encode("utf-8")
    except UnicodeError as error:
        raise CorpusError(f"{path}: its bytes are not {encoding}, as it says they are ({error})") from None


@final
class XmlText:
    """The text of an XML file, found again by the places that the parser gives: bytes in UTF-8."""

    def __init__(self, path: Path, content: str) -> None:
        """``content`` is the whole file, decoded."""
        self.content = content
        self._path = path
        self._bytes = content.encode("utf-8")
        blocks = (self._bytes[start : start + _INDEX_BYTES] for start in range(0, len(self._bytes), _INDEX_BYTES))
        self._before = (0, *accumulate(map(_num_characters, blocks)))

    def elements(self, names: Collection[str]) -> Iterator[Element]:
        """The named elements, with those around them. Raises what ``stream_elements`` does."""
        return elements(self._path, xml_events(self._path, [self._bytes]), names)

    def raw(self, start: int, end: int) -> str:
        """What stands between two bytes."""
        return self._bytes[start:end].decode("utf-8")

    def place(self, byte: int) -> int:
        """The character that begins at a byte."""
        block = byte // _INDEX_BYTES
        return self._before[block] + _num_characters(self._bytes[block * _INDEX_BYTES : byte])


def _num_characters(utf8: bytes) -> int:
    return len(utf8.translate(None, _CONTINUING))
