"""Compiled gettext catalogues (MO), read as the GNU gettext manual describes them."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from regard.corpus.files import open_bytes
from regard.corpus.formats.plural import plural_rule_of
from regard.corpus.formats.po import po_encoding
from regard.corpus.formats.reading import AS_STATED, Reading, require_language
from regard.corpus.formats.unit import in_one_line
from regard.corpus.pair import Origin, Pair
from regard.errors import CorpusError

_LARGEST_BYTES: Final = 256 << 20
_MOST_MESSAGES: Final = 5_000_000
_MAGIC: Final = 0x950412DE
_CONTEXT_END: Final = b"\x04"


def read_mo(path: Path, reading: Reading = AS_STATED) -> Iterator[Pair]:
    """The messages of a compiled catalogue, in its order (sorted); plurals as for ``read_po``.

    Raises:
        CorpusError: the file is damaged or cut, too large, or in another language than asked for.
    """
    with open_bytes(path) as file:
        content = file.read(_LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES:
        raise CorpusError(f"{path} is larger than {_LARGEST_BYTES >> 20} MiB, which no compiled catalogue is")
    encoding, form_for_one = "utf-8", 0
    for number, (key, value) in enumerate(_messages(path, content), start=1):
        if not key:
            encoding, form_for_one = _header(path, value, reading)
            continue
        origin = Origin(str(path), number)
        singular, _, plural = _decoded(path, key.rpartition(_CONTEXT_END)[2], encoding).partition("\0")
        for form, target in enumerate(_decoded(path, value, encoding).split("\0")):
            source = plural if plural and form != form_for_one else singular
            yield Pair(in_one_line(source), in_one_line(target), origin)


def _messages(path: Path, content: bytes) -> Iterator[tuple[bytes, bytes]]:
    order = next((order for order in "<>" if content[:4] == struct.pack(f"{order}I", _MAGIC)), None)
    if order is None or len(content) < 28:
        raise CorpusError(f"{path} is no compiled catalogue (MO), or is cut short; compile it again with msgfmt")
    count, keys, values = struct.unpack_from(f"{order}3I", content, 8)
    if count > _MOST_MESSAGES or max(keys, values) + 8 * count > len(content):
        raise CorpusError(f"{path} says it has {count:,} messages, but is too short for them; is it cut?")
    for number in range(count):
        yield _string(path, content, order, keys + 8 * number), _string(path, content, order, values + 8 * number)


def _string(path: Path, content: bytes, order: str, place: int) -> bytes:
    length, start = struct.unpack_from(f"{order}2I", content, place)
    if start + length > len(content):
        raise CorpusError(f"{path}: a message lies behind the end of the file; is it cut?")
    return content[start : start + length]


def _header(path: Path, value: bytes, reading: Reading) -> tuple[str, int]:
    encoding = po_encoding(path, b'"Content-Type:' + value.partition(b"Content-Type:")[2])
    text = _decoded(path, value, encoding)
    stated = next((line[9:].strip() for line in text.split("\n") if line.startswith("Language:")), None)
    require_language(path, "target", stated=stated, wanted=reading.target_language)
    rule = plural_rule_of(path, text)
    return encoding, rule.form_for_one if rule else 0


def _decoded(path: Path, value: bytes, encoding: str) -> str:
    try:
        return value.decode(encoding)
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path}: a message is not {encoding}, as the header says ({error.reason})") from None
