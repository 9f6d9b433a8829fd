"""Messages of programs in JSON: every string that is a value, wherever it stands; keys stay as they are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from regard.corpus.formats.unit import Document, Segment, Tag, Unit, has_letter
from regard.errors import CorpusError

_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*+"')
_KEY_BEHIND: Final = re.compile(r"\s*:")


def json_document(path: Path, content: str) -> Document:
    """A file of messages to be translated; strings without a letter are left alone.

    Args:
        path: what to call the file in messages.
        content: its text.

    Raises:
        CorpusError: it is no JSON, or holds no string to translate.
    """
    try:
        json.loads(content)
    except (ValueError, RecursionError) as error:
        raise CorpusError(f"{path}: this is not JSON ({error}); is the file cut?") from None
    units = tuple(_units(content))
    if not units:
        raise CorpusError(f"{path} holds no string to translate")
    return Document(content, units, _spelled)


def _units(content: str) -> Iterator[Unit]:
    key, line, behind = "", 1, 0
    for found in _STRING.finditer(content):
        line += content.count("\n", behind, found.start())
        behind = found.start()
        text = json.loads(found[0])
        if _KEY_BEHIND.match(content, found.end()):
            key = text
        elif has_letter(text) and not any("\ud800" <= character <= "\udfff" for character in text):
            yield Unit(line, (text,), None, found.start(), found.end(), context=key)


def _spelled(segment: Segment) -> str:
    text = "".join(part.raw if isinstance(part, Tag) else part for part in segment)
    return json.dumps(text, ensure_ascii=False)
