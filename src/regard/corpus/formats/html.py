"""Web pages: sentences between tags, with the tags inside them, and the attributes that are read aloud."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from html import escape, unescape
from pathlib import Path
from typing import Final, final
from xml.sax.saxutils import quoteattr

from regard.corpus.formats.reading import Reading
from regard.corpus.formats.unit import Document, Edit, Segment, Tag, Unit, has_letter, line_counter
from regard.errors import CorpusError

_CHARSET: Final = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?([A-Za-z0-9._-]{1,40})""", re.IGNORECASE)
# A comment without an end is no <!…> either: its end would be looked for to the end of the file, at each one anew.
# PHP may hold a ">", and its last part needs no end.
_TOKEN: Final = re.compile(
    r"(?P<comment><!--(?:-?>|.*?--!?>)|<!\[CDATA\[.*?\]\]>|<\?(?:php\b|=).*?(?:\?>|\Z)"
    r"|<(?!!--|!\[CDATA\[|\?php\b|\?=)[!?][^>]*>)"
    r"|(?P<tag></?(?P<name>[A-Za-z][^\s/>]{0,60})(?:[^\"'>]|\"[^\"]*\"|'[^']*')*+>)"
    r"|(?P<text>[^<]+|<(?![A-Za-z/!?])|</(?![A-Za-z]))",
    re.DOTALL,
)
_ATTRIBUTE: Final = re.compile(r"""\s([^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|[^\s"'>]+)""")
_READ: Final = frozenset(["alt", "title", "placeholder", "aria-label", "content", "value"])
_LANGUAGE: Final = re.compile(
    r"""<html(?:[^"'>]|"[^"]*"|'[^']*')*?\slang\s*=\s*(?P<value>"[^"<]*"|'[^'<]*'|[^\s"'<>]+)""", re.I
)
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_HARD_SPACE: Final = re.compile(r"&(?:nbsp;?|#160;|#[xX][aA]0;)")
_INLINE: Final = frozenset(
    (
        *("a", "abbr", "b", "bdi", "bdo", "big", "br", "cite", "data", "del", "dfn", "em", "font", "i", "img", "ins"),
        *("label", "mark", "q", "rp", "rt", "ruby", "s", "small", "span", "strong", "sub", "sup", "time", "tt", "u"),
        "wbr",
    )
)
_VOID: Final = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")
)
_OPAQUE_INLINE: Final = frozenset(["code", "kbd", "samp", "var"])
_OPAQUE: Final = _OPAQUE_INLINE | {
    *("script", "style", "pre", "textarea", "svg", "math", "template", "iframe", "object", "canvas", "noscript")
}
_RAW: Final = frozenset(["script", "style", "textarea"])
_NOT_TRANSLATED: Final = re.compile(r"""\stranslate\s*=\s*["']?no\b|\sclass\s*=\s*["'][^"']*\bnotranslate\b""", re.I)
_DESCRIBING: Final = re.compile(
    r"""\s(?:name|property)\s*=\s*["']?(?:description|og:title|og:description|twitter:title|twitter:description)\b""",
    re.I,
)
_BUTTON: Final = re.compile(r"""\stype\s*=\s*["']?(?:submit|button|reset)\b""", re.I)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    name: str
    raw: str
    start: int
    end: int

    @property
    def closes(self) -> bool:
        return self.raw.startswith("</")

    @property
    def is_alone(self) -> bool:
        return self.name in _VOID or self.raw.endswith("/>")


def html_encoding(_path: Path, raw: bytes) -> str:
    """The encoding that a page states in its first bytes; UTF-8 if it says nothing."""
    found = _CHARSET.search(raw[:4096])
    name = found[1].decode("ascii").lower() if found else "utf-8"
    # What browsers do: these names mean Windows' encoding, which has more characters.
    return "cp1252" if name in ("iso-8859-1", "latin1", "ascii", "us-ascii") else name


def html_document(path: Path, content: str, reading: Reading) -> Document:
    """A page to be translated.

    Args:
        path: what to call the file in messages.
        content: its text.
        reading: both languages; the target's is written into ``<html lang>``.

    Raises:
        CorpusError: the page is cut inside a tag, a comment or a script, or says nothing.
    """
    document = html_fragment(path, content, reading)
    if not document.units:
        raise CorpusError(f"{path} holds no text to translate")
    return document


def html_fragment(path: Path, content: str, reading: Reading) -> Document:
    """A page or a part of one, which may say nothing. Code and what is marked ``translate="no"`` are not in its units.

    Args:
        path: what to call it in messages.
        content: its text.
        reading: both languages; the target's is written into ``<html lang>``.

    Raises:
        CorpusError: it is cut inside a tag, a comment or a script.
    """
    tokens = list(_tokens(path, content))
    line_of = line_counter(content)
    sentences = list(_sentences(content, tokens, line_of))
    taken = [(unit.start, unit.end) for unit in sentences]
    attributes = [unit for token in tokens if token.kind == "tag" for unit in _attributes(token, line_of)]
    units = sorted([*sentences, *_outside(attributes, taken)], key=lambda unit: unit.start)
    spell = partial(_spelled, hard_space="&nbsp;" if "&nbsp;" in content else "\xa0")
    return Document(content, tuple(units), spell, tuple(_language(tokens, reading.target_language)), xml=True)


def _tokens(path: Path, content: str) -> Iterator[_Token]:
    place = 0
    while place < len(content):
        found = _TOKEN.match(content, place)
        if found is None:
            line = content.count("\n", 0, place) + 1
            raise CorpusError(f"{path}, line {line}: a tag or a comment begins here and does not end; is the file cut?")
        kind, name = str(found.lastgroup).replace("name", "tag"), (found["name"] or "").lower()
        kind = "tag" if found["tag"] else kind
        yield _Token(kind, name, found[0], place, found.end())
        place = found.end()
        if name in _RAW and kind == "tag" and not found[0].startswith("</") and not found[0].endswith("/>"):
            end = re.compile(rf"</{name}\b", re.IGNORECASE).search(content, place)
            if end is None:
                raise CorpusError(f"{path}: <{name}> does not end; is the file cut?")
            yield _Token("comment", "", content[place : end.start()], place, end.start())
            place = end.start()


_Part = tuple[int, int, str | Tag]


@final
class _Collector:
    """The sentence that is being read: its parts, with their places."""

    def __init__(self, line_of: Callable[[int], int]) -> None:
        self.parts: list[_Part] = []
        self._line_of = line_of

    def add(self, token: _Token, part: str | Tag) -> None:
        self.parts.append((token.start, token.end, part))

    def finish(self) -> Iterator[Unit]:
        parts, self.parts = list(_trimmed(self.parts)), []
        if not any(isinstance(part, str) and has_letter(unescape(part)) for _, _, part in parts):
            return
        parts[0] = _from_first_word(parts[0])
        parts[-1] = _to_last_word(parts[-1])
        start, end = parts[0][0], parts[-1][1]
        segment = tuple(_SPACE.sub(" ", unescape(part)) if isinstance(part, str) else part for _, _, part in parts)
        yield Unit(self._line_of(start), segment, None, start, end)


def _sentences(content: str, tokens: Sequence[_Token], line_of: Callable[[int], int]) -> Iterator[Unit]:
    collector = _Collector(line_of)
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token.kind == "text":
            collector.add(token, token.raw)
        elif token.kind == "comment":
            collector.add(token, Tag(token.raw))
        elif token.kind == "tag" and not token.closes and _is_opaque(token):
            end = _end_of(tokens, place)
            if token.name in _INLINE | _OPAQUE_INLINE:
                whole = _Token("tag", token.name, content[token.start : tokens[end].end], token.start, tokens[end].end)
                collector.add(whole, Tag(whole.raw))
            else:
                yield from collector.finish()
            place = end
        elif token.kind == "tag" and token.name in _INLINE:
            collector.add(token, _tag(token))
        else:
            yield from collector.finish()
        place += 1
    yield from collector.finish()


def _is_opaque(token: _Token) -> bool:
    return not token.is_alone and (token.name in _OPAQUE or _NOT_TRANSLATED.search(token.raw) is not None)


def _end_of(tokens: Sequence[_Token], place: int) -> int:
    """The token that closes an element; the last one if nothing does."""
    name, depth = tokens[place].name, 0
    for number in range(place, len(tokens)):
        token = tokens[number]
        if token.kind == "tag" and token.name == name and not token.is_alone:
            depth += -1 if token.closes else 1
            if depth == 0:
                return number
    return len(tokens) - 1


def _tag(token: _Token) -> Tag:
    if token.name == "br":
        return Tag(token.raw, "break")
    if token.is_alone:
        return Tag(token.raw)
    return Tag(token.raw, "close" if token.closes else "open", token.name)


def _trimmed(parts: Sequence[_Part]) -> Sequence[_Part]:
    """Without space, breaks, pictures, comments, and tags of which only one half is here, at both ends."""
    left = Counter(part.key for _, _, part in parts if isinstance(part, Tag) and part.role == "open")
    right = Counter(part.key for _, _, part in parts if isinstance(part, Tag) and part.role == "close")
    begin, end = 0, len(parts)
    while begin < end and _is_edge(parts[begin][2], "close", right):
        left.subtract(_opened(parts[begin][2], "open"))
        right.subtract(_opened(parts[begin][2], "close"))
        begin += 1
    while begin < end and _is_edge(parts[end - 1][2], "open", left):
        left.subtract(_opened(parts[end - 1][2], "open"))
        end -= 1
    return parts[begin:end]


def _from_first_word(part: _Part) -> _Part:
    _, end, text = part
    if not isinstance(text, str):
        return part
    num_kept = len(_spaced(text).lstrip())
    return end - num_kept, end, text[-num_kept:]


def _to_last_word(part: _Part) -> _Part:
    start, _, text = part
    if not isinstance(text, str):
        return part
    num_kept = len(_spaced(text).rstrip())
    return start, start + num_kept, text[:num_kept]


def _spaced(text: str) -> str:
    """A text of the same length, with characters for its non-breaking spaces, as many as their names have."""
    return _HARD_SPACE.sub(lambda found: "\xa0" * len(found[0]), text)


def _opened(part: str | Tag, role: str) -> tuple[str, ...]:
    return (part.key,) if isinstance(part, Tag) and part.role == role else ()


def _is_edge(part: str | Tag, other: str, others: Mapping[str, int]) -> bool:
    """Whether a part at an end is left out; ``others`` counts the tags of the other role that are here, by key."""
    if isinstance(part, str):
        return not _spaced(part).strip()
    if part.role in ("open", "close") and part.role != other:
        return others.get(part.key, 0) <= 0
    return True


def _attributes(token: _Token, line_of: Callable[[int], int]) -> Iterator[Unit]:
    for found in _ATTRIBUTE.finditer(token.raw):  # all of them: what looks like one may stand in another's value
        name, group = found[1].lower(), 2 if found[2] is not None else 3
        if name not in _READ or found[group] is None:
            continue
        is_read = (
            _DESCRIBING.search(token.raw) is not None
            if name == "content"
            else _BUTTON.search(token.raw) is not None
            if name == "value"
            else True
        )
        text = unescape(found[group])
        if is_read and has_letter(text) and _NOT_TRANSLATED.search(token.raw) is None:
            start, end = token.start + found.start(group), token.start + found.end(group)
            yield Unit(
                line_of(start), (text,), None, start, end, context=f"{token.name} {name}", spell=_spelled_in_attribute
            )


def _outside(units: Sequence[Unit], taken: Sequence[tuple[int, int]]) -> Iterator[Unit]:
    """Attributes of tags that are not inside a sentence, where the tag is kept as it is."""
    spans = iter(taken)
    span = next(spans, None)
    for unit in units:
        while span is not None and span[1] <= unit.start:
            span = next(spans, None)
        if span is None or unit.end <= span[0]:
            yield unit


def _language(tokens: Sequence[_Token], language: str | None) -> Iterator[Edit]:
    page = next((token for token in tokens if token.name == "html" and not token.closes), None)
    if page is None or not language:
        return
    if found := _LANGUAGE.match(page.raw):
        yield Edit(page.start + found.start("value"), page.start + found.end("value"), quoteattr(language))


def _spelled(segment: Segment, *, hard_space: str) -> str:
    return "".join(
        escape(part, quote=False).replace("\xa0", hard_space) if isinstance(part, str) else part.raw for part in segment
    )


def _spelled_in_attribute(segment: Segment) -> str:
    return "".join(escape(part) if isinstance(part, str) else part.raw for part in segment)
