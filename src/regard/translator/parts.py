"""Texts that are longer than a model may read: cut where it hurts least."""

from collections.abc import Iterator

from regard.errors import TokenLimitError
from regard.text import Tokenizer, split_sentences


def ids_in_parts(text: str, tokenizer: Tokenizer, *, max_tokens: int) -> list[list[int]]:
    """The ids of a text, in parts of at most ``max_tokens``.

    A text that fits is one part. One that does not is cut into its sentences; a sentence that does not fit, between
    words; a word that does not, anywhere. No character is lost but the space at a cut.
    """
    return list(_parts(text, tokenizer, max_tokens))


def _parts(text: str, tokenizer: Tokenizer, max_tokens: int) -> Iterator[list[int]]:
    text = text.strip()
    if not text:
        return
    ids = _ids_that_fit(text, tokenizer, max_tokens)
    if ids is not None:
        yield ids
    elif len(text) == 1:  # only a limit below the bytes of one character leads here
        yield from _slices(tokenizer.encode(text), max_tokens)
    else:
        for part in _sentences(text) or _halves(text):
            yield from _parts(part, tokenizer, max_tokens)


def _ids_that_fit(text: str, tokenizer: Tokenizer, max_tokens: int) -> list[int] | None:
    try:
        return tokenizer.encode(text, max_tokens=max_tokens)
    except TokenLimitError:
        return None


def _slices(ids: list[int], length: int) -> Iterator[list[int]]:
    return (ids[start : start + length] for start in range(0, len(ids), length))


def _sentences(text: str) -> list[str]:
    """The sentences; nothing if there is only one."""
    spans = split_sentences(text)
    return [text[start:end] for start, end in spans] if len(spans) > 1 else []


def _halves(text: str) -> list[str]:
    words = text.split()
    if len(words) == 1:
        return [text[: len(text) // 2], text[len(text) // 2 :]]
    return [" ".join(words[: len(words) // 2]), " ".join(words[len(words) // 2 :])]
