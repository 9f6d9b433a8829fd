"""The encoding that a file says it is in, if it is one that files of text are written in."""

import codecs
from pathlib import Path
from typing import Final

from regard.errors import CorpusError

# Python counts them among encodings of text: names of servers, and notations that also write halves of characters.
_OF_NO_FILE: Final = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "utf-7"})


def known_encoding(path: Path, name: str) -> str:
    """Python's name of an encoding.

    Args:
        path: what to call the file in messages.
        name: what the file calls it.

    Raises:
        CorpusError: there is no such encoding, or files of text are not written in it ("hex", "utf-7").
    """
    try:
        known = codecs.lookup(name).name
        "a".encode(known)  # only so does Python say that "hex" encodes no text, and that "undefined" encodes nothing
    except (LookupError, UnicodeError):
        known = ""
    if not known or known in _OF_NO_FILE:
        raise CorpusError(f"{path}: its encoding {name} is not known; convert it to UTF-8 first, with iconv or msgconv")
    return known
