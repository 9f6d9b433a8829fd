"""Notes in Markdown: headings, paragraphs, lists, quotes, tables; code, HTML blocks and addresses stay as they are."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from regard.corpus.formats.unit import Document, Segment, Tag, Unit, has_letter
from regard.errors import CorpusError

_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_PREFIX: Final = re.compile(r"(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])))*[ \t]*(?:\[[ xX]\][ \t]+)?")
_ITEM: Final = re.compile(r"[ \t]*(?:>|[-*+][ \t]|\d{1,9}[.)][ \t])")
_LISTED: Final = re.compile(r"[ \t>]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_HEADING: Final = re.compile(r"#{1,6}[ \t]+")
_HEADING_END: Final = re.compile(r"(?<![ \t])[ \t]++#+[ \t]*$")
_RULE: Final = re.compile(r"[ \t]*(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*)$")
_TABLE_RULE: Final = re.compile(r"[ \t]*+(?:\|[ \t]*+)?:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+(?:\|[ \t]*+)?$")
_DEFINITION: Final = re.compile(r" {0,3}\[[^\]]{1,200}\]:")
_HTML: Final = re.compile(r" {0,3}<(?:[A-Za-z/!?])")
_AUTOLINK: Final = re.compile(r" {0,3}<[a-z]+:")
_CELL: Final = re.compile(r"(?:[^|\\]|\\.)+")
_INLINE: Final = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`++)(?:(?!`).)(?:.{0,2000}?)(?<!`)(?P=ticks)(?!`))"
    r"|(?P<image>!\[[^\[\]]{0,500}\](?:\([^()\n]{0,1000}\)|\[[^\[\]]{0,200}\]))"
    r"|(?P<link>\[(?P<text>(?:[^\[\]`]|`[^`]{0,200}`|!\[[^\[\]]{0,200}\]\([^()]{0,500}\)){1,1000})\]"
    r"(?P<goal>\([^()\s]{0,1000}(?:\([^()]{0,200}\)[^()\s]{0,500})?(?:\s+[\"'][^\"']{0,300}[\"'])?\)|\[[^\[\]]{0,200}\])?)"
    r"|(?P<strong>(?<![\w*~])(?P<sign>\*{1,3}|_{1,3}|~~)(?=[^\s*_~])(?P<inner>.{0,2000}?[^\s\\])(?P=sign)(?![\w*]))"
    r"|(?P<hard>(?:(?<! ) {2,}+|\\)\n[ \t>]*)"
    r"|(?P<escaped>\\[\\`*_{}\[\]()#+.!|<>~-])",
    re.DOTALL,
)
_SOFT_BREAK: Final = re.compile(r"(?:(?<![ \t])[ \t]++)?\r?\n[ \t>]*")
_NESTED: Final = 4


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    start: int
    number: int


def markdown_document(path: Path, content: str) -> Document:
    """Notes to be translated, block by block.

    Args:
        path: what to call the file in messages.
        content: its text.

    Raises:
        CorpusError: there is nothing to translate.
    """
    units = tuple(unit for block in _blocks(content) for unit in _units(content, block))
    if not units:
        raise CorpusError(f"{path} holds no text to translate")
    return Document(content, units, _spelled)


def _lines(content: str) -> Iterator[_Line]:
    start = 0
    for number, raw in enumerate(content.split("\n"), start=1):
        yield _Line(raw.removesuffix("\r"), start, number)
        start += len(raw) + 1


def _blocks(content: str) -> Iterator[list[_Line]]:
    """Lines that make one heading, one paragraph, one item or one row of a table each; others are left out."""
    lines = list(_lines(content))
    place = _behind_front_matter(lines)
    block: list[_Line] = []
    is_in_list = False
    while place < len(lines):
        line = lines[place]
        if fence := _FENCE.match(line.text):
            yield from _closed(block)
            block, place = [], _behind_fence(lines, place, fence[1])
            continue
        if _HTML.match(line.text) and not block and not _AUTOLINK.match(line.text):
            place = _behind_blank(lines, place)
            continue
        if _is_table(lines, place):
            yield from _closed(block)
            block, is_in_list = [], False
            rows, place = _rows(lines, place)
            yield from rows
            continue
        is_item = _ITEM.match(line.text) is not None
        is_code = not block and not is_in_list and line.text.startswith(("    ", "\t"))
        if not line.text.strip() or _RULE.match(line.text) or _DEFINITION.match(line.text) or is_code:
            yield from _closed(block)
            block = []
        elif _HEADING.match(line.text):
            yield from _closed(block)
            yield [line]
            block = []
        elif is_item and not _continues_quote(block, line):
            yield from _closed(block)
            block = [line]
        else:
            block.append(line)
        if line.text.strip():
            is_in_list = _LISTED.match(line.text) is not None or (is_in_list and line.text.startswith((" ", "\t")))
        place += 1
    yield from _closed(block)


def _closed(block: list[_Line]) -> Iterator[list[_Line]]:
    if block:
        yield block


def _continues_quote(block: Sequence[_Line], line: _Line) -> bool:
    """Whether a line of a quotation goes on with its paragraph."""
    quoted = line.text.lstrip()
    return (
        bool(block)
        and quoted.startswith(">")
        and block[-1].text.lstrip().startswith(">")
        and not _ITEM.match(quoted.lstrip("> "))
    )


def _behind_front_matter(lines: Sequence[_Line]) -> int:
    if not lines or lines[0].text.strip() != "---":
        return 0
    return next((place + 1 for place in range(1, len(lines)) if lines[place].text.strip() in ("---", "...")), 0)


def _behind_fence(lines: Sequence[_Line], place: int, fence: str) -> int:
    closing = re.compile(rf"[ \t>]*{re.escape(fence[0])}{{{len(fence)},}}[ \t]*$")
    return next((each + 1 for each in range(place + 1, len(lines)) if closing.match(lines[each].text)), len(lines))


def _behind_blank(lines: Sequence[_Line], place: int) -> int:
    return next((each for each in range(place, len(lines)) if not lines[each].text.strip()), len(lines))


def _is_table(lines: Sequence[_Line], place: int) -> bool:
    if "|" not in lines[place].text or place + 1 >= len(lines):
        return False
    return "|" in lines[place + 1].text and _TABLE_RULE.match(lines[place + 1].text) is not None


def _rows(lines: Sequence[_Line], place: int) -> tuple[list[list[_Line]], int]:
    """The cells of a table, each as a line of its own, and the first line behind it."""
    cells: list[list[_Line]] = []
    for number in range(place, len(lines)):
        line = lines[number]
        if "|" not in line.text or not line.text.strip():
            return cells, number
        if number != place + 1:
            found = _CELL.finditer(line.text)
            cells += [[_Line(cell[0], line.start + cell.start(), line.number)] for cell in found]
    return cells, len(lines)


def _units(content: str, block: Sequence[_Line]) -> Iterator[Unit]:
    first, last = block[0], block[-1]
    prefix = _PREFIX.match(first.text)
    begin = prefix.end() if prefix else 0
    if heading := _HEADING.match(first.text, begin):
        begin = heading.end()
        closing = _HEADING_END.search(last.text)
        end = last.start + (closing.start() if closing else len(last.text.rstrip()))
    else:
        end = last.start + len(last.text.rstrip())
    start = first.start + begin
    text = content[start:end]
    lead = len(text) - len(text.lstrip())
    if has_letter(text):
        yield Unit(first.number, tuple(_merged(_parts(text.lstrip(), _NESTED))), None, start + lead, end)


def _parts(text: str, depth: int) -> Iterator[str | Tag]:
    behind = 0
    for found in _INLINE.finditer(text):
        yield _SOFT_BREAK.sub(" ", text[behind : found.start()])
        yield from _inline(found, depth)
        behind = found.end()
    yield _SOFT_BREAK.sub(" ", text[behind:])


def _inline(found: re.Match[str], depth: int) -> Iterator[str | Tag]:
    key = f"at {found.start()} of {depth}"
    if found["link"] is not None and depth and not found["text"].startswith("^"):
        yield Tag("[", "open", key)
        yield from _parts(found["text"], depth - 1)
        yield Tag(f"]{found['goal'] or ''}", "close", key)
    elif found["strong"] is not None and depth:
        yield Tag(found["sign"], "open", key)
        yield from _parts(found["inner"], depth - 1)
        yield Tag(found["sign"], "close", key)
    elif found["hard"] is not None:
        yield Tag(found[0], "break")
    else:
        yield Tag(found[0])


def _merged(parts: Iterator[str | Tag]) -> Iterator[str | Tag]:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield text
        text = ""
        yield part
    if text:
        yield text


def _spelled(segment: Segment) -> str:
    return "".join(part.raw if isinstance(part, Tag) else part for part in segment)
