"""Which characters of a text each token covers, although bytes, escapes and Unicode normalisation lie between.

A token covers every character that one of its bytes belongs to, so the byte pieces of one emoji all cover that emoji.
The space in front of a word is not counted to it.
"""

import codecs
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from regard.text.normal import ESCAPE, MARK_ESCAPED, normalise
from regard.text.tokenizer import Tokenizer

Span = tuple[int, int]
"""The first character, and one past the last."""

_REPLACEMENT = "\ufffd"


def source_spans(tokenizer: Tokenizer, ids: Sequence[int], text: str) -> list[Span]:
    """The span in ``text`` of each id that ``tokenizer.encode(text.strip())`` gave."""
    stripped = text.strip()
    before = len(text) - len(text.lstrip())
    adopted = tokenizer.vocabulary.adopted is not None
    origins = _matched(tokenizer.decode(ids), stripped) if adopted else _origins(stripped)
    return [_in_original(span, origins, before) for span in target_spans(tokenizer, ids)]


def target_spans(tokenizer: Tokenizer, ids: Sequence[int]) -> list[Span]:
    """The span of each id in ``tokenizer.decode(ids)``."""
    surfaces = [tokenizer.surface(identifier) for identifier in ids]
    characters = list(_unescaped(list(_characters(b"".join(surfaces)))))
    if characters and characters[0][0] == " ":
        characters.pop(0)
    return list(_covered(surfaces, characters))


_Placed = tuple[str, int, int]
"""A character, and the bytes it is made of: the first, and one past the last."""


def _characters(data: bytes) -> Iterator[_Placed]:
    """The characters that bytes stand for, as ``data.decode("utf-8", "replace")`` gives them, with their places."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    begin = 0
    for end in range(1, len(data) + 2):
        found = decoder.decode(data[end - 1 : end], final=end > len(data))
        if found:
            stop = min(end, len(data)) - len(decoder.getstate()[0])
            yield from _spread(found, begin, stop)
            begin = stop


def _spread(found: str, begin: int, stop: int) -> Iterator[_Placed]:
    """Characters that became clear at once: a broken one takes what the whole ones behind it leave."""
    starts = [stop]
    for character in reversed(found[1:]):
        starts.append(starts[-1] - (1 if character == _REPLACEMENT else len(character.encode())))
    starts = [begin, *starts[:0:-1]]
    yield from zip(found, starts, [*starts[1:], stop], strict=True)


def _unescaped(characters: Sequence[_Placed]) -> Iterator[_Placed]:
    """Pairs that escape a typed "▁" become the one character they stand for; ``unescape``, with places."""
    place = 0
    while place < len(characters):
        character, begin, end = characters[place]
        following = characters[place + 1] if place + 1 < len(characters) else None
        if character == ESCAPE and following is not None and following[0] in (ESCAPE, MARK_ESCAPED):
            end = following[2]
            place += 1
        yield character, begin, end
        place += 1


def _covered(surfaces: Sequence[bytes], characters: Sequence[_Placed]) -> Iterator[Span]:
    """The characters that each surface has a byte of, spaces in front left out where anything else remains."""
    owner = {byte: number for number, (_, begin, end) in enumerate(characters) for byte in range(begin, end)}
    begin = 0
    for surface in surfaces:
        own = sorted({owner[byte] for byte in range(begin, begin + len(surface)) if byte in owner})
        visible = [number for number in own if characters[number][0] != " "]
        before = [number for number, (_, _, end) in enumerate(characters) if end <= begin]
        begin += len(surface)
        kept = visible or own
        yield (kept[0], kept[-1] + 1) if kept else (len(before), len(before))


def _in_original(span: Span, origins: Sequence[Span], offset: int) -> Span:
    begin, end = span
    if begin == end:
        place = origins[begin][0] if begin < len(origins) else (origins[-1][1] if origins else 0)
        return offset + place, offset + place
    return offset + origins[begin][0], offset + origins[end - 1][1]


def _origins(text: str) -> list[Span]:
    """For every character of ``normalise(text)``, the characters of ``text`` it was made from."""
    if normalise(text) == text:
        return [(place, place + 1) for place in range(len(text))]
    return [span for span in _independent(text) for _ in normalise(text[span[0] : span[1]])]


def _matched(read: str, text: str) -> list[Span]:
    """For every character of what was read, the characters of ``text`` it stands for, as far as they can be told.

    Vocabularies learned elsewhere change text in their own way, and say nothing of what they do not know.
    """
    origins: list[Span] = []
    for kind, begin, end, first, last in SequenceMatcher(None, text, read, autojunk=False).get_opcodes():
        if kind == "equal":
            origins += [(begin + place, begin + place + 1) for place in range(last - first)]
        else:
            origins += [(begin, end)] * (last - first)
    return origins


def _independent(text: str) -> Iterator[Span]:
    """Cuts a text where normalising the parts gives the same as normalising the whole."""
    begin = 0
    for place in range(1, len(text)):
        if _starts_anew(text[begin:place], text[place]):
            yield begin, place
            begin = place
    if text:
        yield begin, len(text)


def _starts_anew(before: str, character: str) -> bool:
    if unicodedata.combining(character):
        return False
    joined = unicodedata.normalize("NFC", before + character)
    return joined == unicodedata.normalize("NFC", before) + unicodedata.normalize("NFC", character)
