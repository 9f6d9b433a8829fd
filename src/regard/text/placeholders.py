"""What in a message is not language: places to be filled in, tags, addresses, code. A translation has to keep it.

``split_marks`` finds, wherever they stand: printf and Python formats (``%s``, ``%1$s``, ``%(name)s``, ``%%``), names in
braces (``{name}``, ``{{ name }}``, ``${name}``, ``%{name}``), template tags (``{% if %}``), Qt's and Symfony's (``%1``,
``%name%``), HTML and XML tags and entities, addresses, file names with folders, code in backquotes, options
(``--verbose``), escapes such as ``\\n``, and line ends themselves. The space flag of printf (``% d``) is not read:
"100 % de" is French, not a format.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["value", "open", "close", "break"]

_VOID: Final = frozenset({"br", "hr", "img", "input", "wbr", "area", "col", "embed", "link", "meta", "source", "track"})
_FORMS: Final = (
    r"(?P<code>`[^`\n]{1,300}`)",
    r"(?P<address>\b(?:[a-z][a-z0-9+.-]{1,20}://|www\.)[^\s<>\"'«»“”`|\\^{}]{1,500}"
    r"|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})",
    r"(?P<path>\b[A-Za-z]:\\[^\s\"'<>|]{1,300}|(?<![\w/.<])\.{0,2}/(?:[A-Za-z@][\w.@-]{0,99}/){1,20}[\w.@-]{0,100})",
    r"(?P<comment><!--.{0,500}?-->)",
    r"(?P<tag></?[A-Za-z][A-Za-z0-9:_-]{0,40}(?:\s[^<>]{0,2000})?/?>)",
    r"(?P<entity>&(?:[A-Za-z][A-Za-z0-9]{1,31}|\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6});)",
    r"(?P<braces>\{\{.{0,300}?\}\}|\{%.{0,300}?%\}|[$#%]\{[^{}\n]{1,200}\}|\{(?:[^{}]|\{[^{}]{0,300}\}){0,1000}\})",
    r"(?P<percent>%%|%L\d{1,2}(?!\d)|%\([^()\n]{1,100}\)[#0+'-]*\d*(?:\.\d+)?[A-Za-z]|%[A-Za-z_]\w{1,60}%(?![%A-Za-z(])"
    r"|%(?:\d+\$)?[#0+'-]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|L|q|j|z|t)?[A-Za-z@]|%\d{1,2}(?!\d))",
    r"(?P<option>(?<!\S)--[A-Za-z][\w-]{1,60}(?:=\S{0,100})?)",
    r"(?P<escape>\\(?:u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2}|[nrtbfv0\"'\\]))",
    r"(?P<line>\r\n|[\n\r\t\v\f\x1c-\x1e\x85\u2028\u2029])",
)
_FORM: Final = re.compile("|".join(_FORMS), re.DOTALL)
_TAG_NAME: Final = re.compile(r"</?([A-Za-z][A-Za-z0-9:_-]*)")
_NUMBERED: Final = re.compile(r"%\d+\$|%\(|%%|%L?\d|%[A-Za-z_]\w*%")
_NUMBER: Final = re.compile(
    r"%.*[diufFgGeE]$|%L?\d+$|%n$|.*(?:count|number|num|total|size|length|percent|\bn\b).*", re.IGNORECASE
)
_ENDING: Final = ".,;:!?)]"
_BREAKS: Final = frozenset({"\\n", "\\r", "\\t", "\\v", "\\f"})


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that a translation has to keep as it is.

    Args:
        raw: how it is written.
        role: a value stands for a word or two; a tag opens or closes; a break ends a line.
        key: what an opening and its closing tag share.
        in_order: whether its place among its like says what it is, as for ``%s``.
    """

    raw: str
    role: Role = "value"
    key: str = ""
    in_order: bool = False

    @property
    def is_number(self) -> bool:
        """Whether a number seems to be filled in."""
        return self.role == "value" and _NUMBER.fullmatch(self.raw) is not None


def split_marks(text: str) -> tuple[str | Mark, ...]:
    """A text as its words and its marks, in order; joined, they are the text. Adjacent words are one string."""
    return tuple(_parts(text))


def _parts(text: str) -> Iterator[str | Mark]:
    behind = 0
    for found in _FORM.finditer(text):
        kind, start = str(found.lastgroup), found.start()
        raw = found[0].rstrip(_ENDING) if kind in ("address", "path", "option") else found[0]
        if start > behind:
            yield text[behind:start]
        yield _mark(raw, kind)
        behind = start + len(raw)
    if behind < len(text):
        yield text[behind:]


def _mark(raw: str, kind: str) -> Mark:
    if kind == "tag":
        return _tag(raw)
    if kind == "line" or raw in _BREAKS:
        return Mark(raw, "break")
    in_order = raw == "{}" or (kind == "percent" and _NUMBERED.match(raw) is None)
    return Mark(raw, in_order=in_order)


def _tag(raw: str) -> Mark:
    name = _TAG_NAME.match(raw)
    assert name is not None, "a tag has a name"
    key = name[1].lower()
    if key == "br":
        return Mark(raw, "break", key)
    if raw.endswith("/>") or key in _VOID:
        return Mark(raw, "value", key)
    return Mark(raw, "close" if raw.startswith("</") else "open", key)
