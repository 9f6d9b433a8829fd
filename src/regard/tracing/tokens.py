"""The rows of tokens of a trace: what each is, which characters it covers, which word it belongs to."""

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

from regard.text import BOS, EOS, PAD, UNK, Tokenizer
from regard.text.spans import Span, source_spans, target_spans
from regard.tracing.header import Kind, Token, Tokens

_CONTROL: Final[dict[int, Kind]] = {BOS: "bos", EOS: "eos", PAD: "pad", UNK: "unk"}
_JOINERS: Final = frozenset("'’-")


def tokens_of(tokenizer: Tokenizer, *, text: str, source: Sequence[int], width: int, target: Sequence[int]) -> Tokens:
    """The three rows.

    Args:
        tokenizer: what cut the text.
        text: the source as the user gave it.
        source: its ids, without EOS.
        width: cells of the source's row; what is left over is padding.
        target: the ids that came out, EOS included if it did.
    """
    outputs = [identifier for identifier in target if identifier != EOS]
    spelled = tokenizer.decode(outputs)
    control = [EOS, *[PAD] * (width - len(source) - 1)]
    spans = target_spans(tokenizer, outputs)
    return Tokens(
        source=_row(
            tokenizer, text, [*source, *control], [*source_spans(tokenizer, source, text), *[None] * len(control)]
        ),
        target_in=_row(tokenizer, spelled, [BOS, *target[:-1]], [None, *spans[: len(target) - 1]]),
        target_out=_row(tokenizer, spelled, target, [*spans, None][: len(target)]),
    )


def words_of(text: str) -> list[Span]:
    """The words of a text: letters and digits with their marks, joined by ' ’ -; any other sign is a word by itself."""
    words: list[Span] = []
    for place, character in enumerate(text):
        if character.isspace():
            continue
        if words and _continues(text, words[-1], place):
            words[-1] = (words[-1][0], place + 1)
        else:
            words.append((place, place + 1))
    return list(_without_loose_joiners(text, words))


def _continues(text: str, word: Span, place: int) -> bool:
    if word[1] != place:
        return False
    if _is_mark(text[place]):
        return True
    if not _is_letter(text[word[0]]):
        return False
    return _is_letter(text[place]) or (text[place] in _JOINERS and text[place - 1] not in _JOINERS)


def _without_loose_joiners(text: str, words: Sequence[Span]) -> Iterator[Span]:
    """A joiner at the end of a word joins nothing, and is a word by itself."""
    for begin, end in words:
        if end - begin > 1 and text[end - 1] in _JOINERS:
            yield begin, end - 1
            yield end - 1, end
        else:
            yield begin, end


def _is_letter(character: str) -> bool:
    return character.isalnum() or character == "_" or _is_mark(character)


def _is_mark(character: str) -> bool:
    return unicodedata.category(character).startswith("M")


def _row(tokenizer: Tokenizer, text: str, ids: Sequence[int], spans: Sequence[Span | None]) -> tuple[Token, ...]:
    words = words_of(text)
    return tuple(
        Token(
            i=place,
            id=identifier,
            piece=piece,
            text="" if span is None else text[span[0] : span[1]],
            word=None if span is None else _word_at(span, words),
            span=span,
            kind=_CONTROL.get(identifier, "piece"),
        )
        for place, (identifier, piece, span) in enumerate(zip(ids, tokenizer.pieces(ids), spans, strict=True))
    )


def _word_at(span: Span, words: Sequence[Span]) -> int | None:
    """The first word that the span has a part of; a lone space belongs to the word behind it."""
    return next((number for number, (_, end) in enumerate(words) if span[0] < end), None)
