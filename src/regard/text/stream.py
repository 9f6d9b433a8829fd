"""Text while it is being generated: ids enter one by one, the characters that are final leave at once."""

import codecs
from typing import final

from regard.text.normal import ends_inside_escape, unescape
from regard.text.tokenizer import Tokenizer


@final
class TextStream:
    """An incremental decoder. What ``feed`` and ``finish`` return, joined, equals ``tokenizer.decode`` of all ids.

    A character that arrives byte by byte is held back until it is complete.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._characters = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._at_start = True

    def feed(self, identifier: int) -> str:
        """Takes the next id and returns the text that is now certain, often the empty string.

        Raises:
            TextError: there is no such id.
        """
        return self._release(self._characters.decode(self._tokenizer.surface(identifier)))

    def finish(self) -> str:
        """Returns what was held back; bytes that never became a character show as U+FFFD."""
        rest = self._release(self._characters.decode(b"", final=True))
        held, self._held = self._held, ""
        return rest + held

    def _release(self, text: str) -> str:
        if self._at_start and text:
            self._at_start = False
            text = text.removeprefix(" ")
        text = self._held + text
        cut = len(text) - 1 if ends_inside_escape(text) else len(text)
        self._held = text[cut:]
        return unescape(text[:cut])
