"""Masks written as text: ``causal & window(3,0)``. Read by hand, never evaluated.

expression   = simple { "&" simple }
simple       = name [ "(" [ argument { "," argument } ] ")" ]  |  "(" expression ")"
argument     = number  |  name "=" number                        (named ones in ``off`` only)
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NoReturn, final

from regard.attention.by_choice import Cell, SwitchedOff
from regard.attention.by_layout import Padding, Segments
from regard.attention.by_position import Prefix, Window
from regard.attention.intersection import intersection
from regard.attention.mask import Causal, Everything, Mask
from regard.errors import InputError
from regard.layout import Layout

MASKS_IN_WORDS: Final = (
    "everything, causal, window(left,right), prefix(length), padding(count), segments(length,…), "
    "off(head=…,query=…,key=…)"
)
_LARGEST: Final = 1_000_000
_LAST_HEAD: Final = 255  # a mask that names a head has cells for each head before it
_DEEPEST: Final = 50
_TOKEN: Final = re.compile(r"(?P<number>[0-9]+)|(?P<name>[A-Za-z]+)|(?P<sign>\S)")


def parse_mask(text: str, *, length: int) -> Mask:
    """The mask that is written, for one sentence of ``length`` positions.

    ``padding(2)`` makes the last two positions padding; ``segments(3,3)`` packs two sentences of three tokens.

    Raises:
        InputError: it cannot be read, or does not fit the length; the message says at which character, and what was
            expected there.
    """
    written = _Reader(text).all()
    cells = [one.cell() for one in written if one.name == "off"]
    heads = max([cell.head or 0 for cell in cells], default=0) + 1
    switched_off = [SwitchedOff(cells, heads)] if cells else []
    return intersection([*(one.mask(length) for one in written if one.name != "off"), *switched_off])


@final
@dataclass(frozen=True)
class _Written:
    """One simple mask as it stands in the text."""

    name: str
    numbers: tuple[int, ...]
    named: tuple[tuple[str, int], ...]
    refuse: Callable[[str], NoReturn]

    def cell(self) -> Cell:
        """What ``off`` switches off; ``off()`` alone is everything."""
        return Cell(**dict(self.named))

    def mask(self, length: int) -> Mask:
        """Its value on a sentence of that length."""
        match self.name, self.numbers:
            case "everything", ():
                return Everything()
            case "causal", ():
                return Causal()
            case "window", (left, right):
                return Window(left, right)
            case "prefix", (shared,):
                return Prefix(shared)
            case "padding", (count,) if count <= length:
                return Padding(Layout((length - count,), length))
            case "segments", sentences if sentences and sum(sentences) <= length:
                return Segments(Layout.packed([sentences], width=length))
        return self.refuse(f"expected {_EXPECTED[self.name]}, for a sentence of {length} positions")


_EXPECTED: Final = {
    "everything": "everything without numbers",
    "causal": "causal without numbers",
    "window": "window(left,right)",
    "prefix": "prefix(length)",
    "padding": "padding(count), not more than there are positions",
    "segments": "segments(length,…), not longer together than there are positions",
    "off": "off(head=…,query=…,key=…), each at most once",
}


class _Reader:
    """Reads one expression from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.rest = [*map(_Token.of, _TOKEN.finditer(text)), _Token("end", "", len(text))][::-1]
        self.depth = 0

    @property
    def ahead(self) -> "_Token":
        """The token that comes next."""
        return self.rest[-1]

    def all(self) -> list[_Written]:
        """Every simple mask of the expression; brackets only group, and ``&`` does not care."""
        found = self._expression()
        if self.ahead.kind != "end":
            self._refuse("expected & or the end")
        return found

    def _expression(self) -> list[_Written]:
        found = self._simple()
        while self._took("&"):
            found += self._simple()
        return found

    def _simple(self) -> list[_Written]:
        if not self._took("("):
            return [self._mask()]
        self.depth += 1
        if self.depth > _DEEPEST:
            self._refuse(f"expected at most {_DEEPEST} brackets in each other")
        found = self._expression()
        self._require(")", "expected & or )")
        self.depth -= 1
        return found

    def _mask(self) -> _Written:
        name = self.ahead
        if name.text not in _EXPECTED:
            self._refuse(f"expected one of {MASKS_IN_WORDS}")
        self.rest.pop()
        arguments = self._arguments() if self._took("(") else []
        named = tuple((key, number) for key, number in arguments if key)
        numbers = tuple(number for key, number in arguments if not key)
        wrong = numbers if name.text == "off" else named
        if wrong or len({key for key, _ in named} & {"head", "query", "key"}) != len(named):
            self._refuse(f"expected {_EXPECTED[name.text]}", name)
        return _Written(name.text, numbers, named, lambda words: self._refuse(words, name))

    def _arguments(self) -> list[tuple[str, int]]:
        if self._took(")"):
            return []
        found = [self._argument()]
        while self._took(","):
            found.append(self._argument())
        self._require(")", "expected , or )")
        return found

    def _argument(self) -> tuple[str, int]:
        key = ""
        if self.ahead.kind == "name":
            key = self.rest.pop().text
            self._require("=", "expected =")
        if self.ahead.kind != "number":
            self._refuse("expected a number")
        what, largest = ("head", _LAST_HEAD) if key == "head" else ("number", _LARGEST)
        if len(self.ahead.text) > len(str(_LARGEST)) or int(self.ahead.text) > largest:
            self._refuse(f"expected a {what} up to {largest:,}")
        return key, int(self.rest.pop().text)

    def _took(self, sign: str) -> bool:
        if self.ahead.text != sign:
            return False
        self.rest.pop()
        return True

    def _require(self, sign: str, words: str) -> None:
        if not self._took(sign):
            self._refuse(words)

    def _refuse(self, words: str, token: "_Token | None" = None) -> NoReturn:
        """Says where, what was expected there, and what stands there."""
        token = token or self.ahead
        found = "the end" if token.kind == "end" else repr(token.text)
        raise InputError(
            f"the mask {self.text!r} cannot be read at character {token.place + 1}: {words}, but found {found}"
        )


@final
@dataclass(frozen=True)
class _Token:
    """A number, a name or a single sign, and where it stands."""

    kind: str
    text: str
    place: int

    @classmethod
    def of(cls, match: re.Match[str]) -> "_Token":
        return cls(match.lastgroup or "", match.group(), match.start())
