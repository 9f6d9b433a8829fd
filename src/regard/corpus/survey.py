"""Facts about a file of text that are known from its bytes, before anything is decoded: lines, line ends, odd signs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from regard.corpus.files import open_bytes
from regard.corpus.lines import LONGEST_LINE_BYTES, too_long

_BLOCK_BYTES: Final = 1 << 20
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_ODD: Final[Mapping[bytes, str]] = MappingProxyType(
    {
        b"\r\n": "a Windows line end (CRLF), which is read as a line end",
        b"\xe2\x80\xa8": "the line separator U+2028, which stays inside its line",
        b"\xe2\x80\xa9": "the paragraph separator U+2029, which stays inside its line",
        b"\xc2\x85": "the next-line sign U+0085, which stays inside its line",
        b"\x0b": "a vertical tab, which stays inside its line",
        b"\x0c": "a form feed, which stays inside its line",
        b"\x00": "a zero byte",
    }
)


@dataclass(frozen=True, slots=True)
class OddSign:
    """Something that other programs read differently: how often it occurs, and the first line (from 1) that has it."""

    meaning: str
    count: int
    first_line: int

    def __str__(self) -> str:
        return f"{self.count:,} times {self.meaning} (first in line {self.first_line:,})"


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a survey found. ``odd`` is empty where every program will read the same lines."""

    path: Path
    num_lines: int
    has_byte_order_mark: bool = False
    odd: tuple[OddSign, ...] = field(default=())

    def lines(self) -> list[str]:
        """The facts as sentences for people."""
        mark = ", begins with a byte order mark (dropped)" if self.has_byte_order_mark else ""
        return [f"{self.path}: {self.num_lines:,} lines{mark}", *(f"{self.path}: {sign}" for sign in self.odd)]


def survey(path: Path) -> FileFacts:
    """Reads a file once, block by block.

    Raises:
        CorpusError: the file cannot be read, or a line is longer than 16 MiB.
    """
    num_lines = 0
    has_mark = False
    found: dict[bytes, OddSign] = {}
    with open_bytes(path) as file:
        while block := file.read(_BLOCK_BYTES):
            block += file.readline(LONGEST_LINE_BYTES + 1)  # so that no line end is cut in two
            if len(block) - block.rfind(b"\n", 0, -1) - 1 > LONGEST_LINE_BYTES:
                raise too_long(path, num_lines + block.count(b"\n", 0, -1) + 1)
            has_mark = has_mark or (num_lines == 0 and block.startswith(_BYTE_ORDER_MARK))
            for sign in _ODD:
                if count := block.count(sign):
                    line = num_lines + block.count(b"\n", 0, block.index(sign)) + 1
                    found[sign] = _counted(found.get(sign), sign, count=count, line=line)
            num_lines += block.count(b"\n") + (not block.endswith(b"\n"))
    return FileFacts(path, num_lines, has_mark, tuple(found[sign] for sign in _ODD if sign in found))


def _counted(before: OddSign | None, sign: bytes, *, count: int, line: int) -> OddSign:
    if before is None:
        return OddSign(_ODD[sign], count, line)
    return OddSign(before.meaning, before.count + count, before.first_line)
