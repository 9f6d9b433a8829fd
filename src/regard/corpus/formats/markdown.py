"""Notes in Markdown: headings, paragraphs, lists, quotes, tables; code, HTML blocks and addresses stay as they are."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final

from regard.corpus.formats.unit import Document, Segment, Tag, Unit, has_letter
from regard.errors import CorpusError

if TYPE_CHECKING:
    from markdown_it.token import Token

_LINE_END: Final = re.compile(r"\r\n?|\n")
_ODD_SPACE: Final = re.compile(r"[^\S \t\r\n]|\0")
_TASK: Final = re.compile(r"\[[ xX]\][ \t]+")
_DEFINITION: Final = re.compile(r"[ \t]*\[[^\]]{1,200}\]:")
_TABLE_RULE: Final = re.compile(r"[ \t]*+(?:\|[ \t]*+)?:?-++:?[ \t]*+(?:\|[ \t]*+:?-++:?[ \t]*+)*+(?:\|[ \t]*+)?$")
_CELL: Final = re.compile(r"(?:(?<!`)(`++).{1,2000}?(?<!`)\1(?!`)|\\.|[^|\\])+")
_INLINE: Final = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`++)(?:(?!`).)(?:.{0,2000}?)(?<!`)(?P=ticks)(?!`))"
    r"|(?P<image>!\[[^\[\]]{0,500}\](?:\([^()\n]{0,1000}\)|\[[^\[\]]{0,200}\]))"
    r"|(?P<link>\[(?P<text>(?:[^\[\]`]|`[^`]{0,200}`|!\[[^\[\]]{0,200}\]\([^()]{0,500}\)){1,1000})\]"
    r"(?P<goal>\([^()\s]{0,1000}(?:\([^()]{0,200}\)[^()\s]{0,500})?(?:\s+[\"'][^\"']{0,300}[\"'])?\)|\[[^\[\]]{0,200}\])?)"
    r"|(?P<strong>(?<![\w*~])(?P<sign>\*{1,3}|_{1,3}|~~)(?=[^\s*_~])(?P<inner>.{0,2000}?[^\s\\])(?P=sign)(?![\w*]))"
    r"|(?P<hard>(?:(?<! ) {2,}+|\\)(?:\r\n?|\n)[ \t>]*)"
    r"|(?P<escaped>\\[\\`*_{}\[\]()#+.!|<>~-])",
    re.DOTALL,
)
_SOFT_BREAK: Final = re.compile(r"(?:(?<![ \t])[ \t]++)?(?:\r\n?|\n)[ \t>]*")
_NESTED: Final = 4

_Span = tuple[int, int, int]  # a line, counted from 0, and the characters from where to where


def markdown_document(path: Path, content: str) -> Document:
    """Notes to be translated, block by block.

    Args:
        path: what to call the file in messages.
        content: its text.

    Raises:
        CorpusError: there is nothing to translate.
    """
    units = tuple(_unit(content, span) for span in _spans(content))
    if not units:
        raise CorpusError(f"{path} holds no text to translate")
    return Document(content, units, _spelled)


def _spans(content: str) -> Iterator[_Span]:
    """Where a heading, a paragraph or the cell of a table has something to say."""
    starts = [0, *(found.end() for found in _LINE_END.finditer(content)), len(content)]
    begin = _behind_front_matter(content, starts)
    # A line of odd space alone is no empty one in Markdown, but the parser would strip it off and lose count.
    readable = _ODD_SPACE.sub("\ufffd", content)
    for token in _texts(readable[starts[begin] :]):
        assert token.map is not None, "the parser says of every text on which line it begins"
        for span in _paragraph(readable, starts, begin + token.map[0], token.content.split("\n")):
            if has_letter(readable[span[1] : span[2]]):
                yield span


def _texts(content: str) -> Iterator["Token"]:
    """What the blocks of Markdown say, line by line without the signs of the blocks, in the order of the file."""
    from markdown_it import MarkdownIt  # readers of other formats start without it

    # Definitions stay among the text, where they are seen line by line: the parser would drop them from its blocks.
    # So do tables: the parser knows only those of GitHub, and what it takes for a paragraph becomes one line.
    parser = MarkdownIt("commonmark").disable("reference")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return (token for token in parser.parse(content) if token.type == "inline" and token.content)


def _paragraph(readable: str, starts: Sequence[int], line: int, texts: Sequence[str]) -> Iterator[_Span]:
    """The paragraphs and cells of tables on some lines; what the file has before each line is skipped."""
    places = [
        (number, readable.rindex(text.strip(), starts[number], starts[number + 1]), text.strip())
        for number, text in enumerate(texts, line)
    ]
    for kind, group in groupby(zip(_kinds(texts), places, strict=True), lambda each: each[0]):
        lines = [place for _, place in group]
        if kind == "row":
            yield from (span for place in lines for span in _cells(*place))
        elif kind == "text":
            (first, start, _), (_, behind, text) = lines[0], lines[-1]
            yield first, start, behind + len(text)


def _kinds(texts: Sequence[str]) -> Iterator[str]:
    """Of each line whether it is text, the row of a table, the rule below its head, or defines something."""
    is_table = False
    for text, following in zip(texts, [*texts[1:], ""], strict=True):
        is_table = "|" in text and (is_table or _is_rule(following))
        if is_table:
            yield "rule" if _is_rule(text) else "row"
        else:
            yield "definition" if _DEFINITION.match(text) else "text"


def _is_rule(text: str) -> bool:
    return "|" in text and _TABLE_RULE.match(text) is not None


def _cells(line: int, start: int, text: str) -> Iterator[_Span]:
    for found in _CELL.finditer(text):
        begin = found.end() - len(found[0].lstrip())
        yield line, start + begin, start + begin + len(found[0].strip())


def _behind_front_matter(content: str, starts: Sequence[int]) -> int:
    """The first line behind what stands between two lines ``---`` at the begin of a file."""
    lines = (content[start:end].strip() for start, end in pairwise(starts))
    if next(lines, "") != "---":
        return 0
    return next((number for number, line in enumerate(lines, 2) if line in ("---", "...")), 0)


def _unit(content: str, span: _Span) -> Unit:
    line, start, end = span
    task = _TASK.match(content, start, end)
    start = task.end() if task else start
    return Unit(line + 1, tuple(_merged(_parts(content[start:end], _NESTED))), None, start, end)


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
