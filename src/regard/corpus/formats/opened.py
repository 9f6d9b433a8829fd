"""A whole file as text, with its encoding, so that it can be written back as it was."""

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from regard.corpus.encoding import not_utf8
from regard.corpus.files import open_bytes
from regard.corpus.formats.stated_encoding import known_encoding
from regard.errors import CorpusError

LARGEST_BYTES: Final = 256 << 20
_BLOCK_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Text:
    """The content of a file.

    Args:
        content: its characters, without a byte order mark.
        encoding: what it is written in.
        mark: the byte order mark it begins with, or nothing.
    """

    content: str
    encoding: str
    mark: bytes = b""

    def encoded(self, content: str, *, xml: bool = False) -> bytes:
        """Other content as bytes of the same kind; ``xml`` writes characters that the encoding lacks as numbers.

        Raises:
            CorpusError: a character does not exist in the encoding.
        """
        try:
            return self.mark + content.encode(self.encoding, "xmlcharrefreplace" if xml else "strict")
        except UnicodeEncodeError as error:
            raise CorpusError(
                f"the translation has {content[error.start]!r}, which does not exist in {self.encoding}, the encoding "
                "of the file; convert the file to UTF-8 first, with iconv or msgconv"
            ) from None


def read_text(path: Path, encoding_of: Callable[[bytes], str]) -> Text:
    """A file, plain or ``.gz``, as text.

    Args:
        path: the file.
        encoding_of: what its bytes say about their encoding.

    Raises:
        CorpusError: it cannot be read, is too large, is in another encoding, or could not be written back as it was.
    """
    raw = read_whole(path)
    encoding = known_encoding(path, encoding_of(raw))
    mark = next(
        (mark for mark in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) if raw.startswith(mark)), b""
    )
    if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        encoding = "utf-16-le" if mark == codecs.BOM_UTF16_LE else "utf-16-be"
    body = raw[len(mark) :]
    try:
        content = body.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_decoded(path, body, error, encoding) from None
    text = Text(content, encoding, mark)
    if text.encoded(content) != raw:
        raise CorpusError(f"{path}: as {encoding} it cannot be written back as it is; convert it to UTF-8 first")
    return text


def read_whole(path: Path) -> bytes:
    """All bytes of a file, unpacked.

    Raises:
        CorpusError: it cannot be read, or is too large.
    """
    raw = bytearray()
    with open_bytes(path) as file:
        while block := file.read(_BLOCK_BYTES):  # a small .gz can be a large file: no more is unpacked than is kept
            raw += block
            if len(raw) > LARGEST_BYTES:
                raise CorpusError(
                    f"{path} is larger than {LARGEST_BYTES >> 20} MiB, the most that is translated in place"
                )
    return bytes(raw)


def _not_decoded(path: Path, body: bytes, error: UnicodeDecodeError, encoding: str) -> CorpusError:
    line = body.count(b"\n", 0, error.start) + 1
    if encoding != "utf-8":
        return CorpusError(f"{path}, line {line}: its bytes are not {encoding}, as it says they are ({error.reason})")
    begin = body.rfind(b"\n", 0, error.start) + 1
    raw = body[begin : body.find(b"\n", error.start) + 1 or len(body)]
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as inner:
        return not_utf8(path, line, raw, inner)
    return CorpusError(f"{path}, line {line}: not UTF-8 ({error.reason})")
