"""Finds a token of a row by its position or by its text."""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from regard.errors import TraceError
from regard.tracing.header import Token
from regard.tracing.labels import quoted_labels

_NAMES: Final = {"bos": ("<start>", "⟨start⟩"), "eos": ("<end>", "⟨end⟩"), "pad": ("<pad>", "∅")}
_MOST_LISTED: Final = 8
_MOST_DIGITS: Final = 9  # no row has positions with more, and Python reads thousands of them only when told to


def find_token(tokens: Sequence[Token], wanted: int | str, *, side: str) -> int:
    """The position of a token.

    Args:
        tokens: a row of queries or of keys.
        wanted: a position from 0, or a text: of a piece as it stands in the sentence, of a whole word if it is one
            piece, ``<start>``, ``<end>`` or ``<pad>``. Capitals count only where both spellings occur. Text that
            is no token but a number is a position.
        side: what the row is called in a message: ``query`` or ``key``.

    Raises:
        TraceError: there is no such token, or the text stands in several places, which are named.
    """
    if isinstance(wanted, str):
        return _by_text(tokens, wanted, side)
    if isinstance(wanted, bool) or not 0 <= wanted < len(tokens):
        raise TraceError(f"{_positions(tokens, side)}, but {wanted!r:.40} is asked for")
    return wanted


def _by_text(tokens: Sequence[Token], wanted: str, side: str) -> int:
    for spelled in (str, str.casefold):
        found = list(_places(tokens, wanted, spelled))
        if len(found) == 1:
            return found[0]
        if found:
            raise TraceError(
                f"{wanted!r:.80} stands {len(found)} times among the {side} tokens, at {_listed(tokens, found)}; "
                "give one of these positions"
            )
    if wanted.strip().isdecimal() and len(wanted) <= _MOST_DIGITS:
        return find_token(tokens, int(wanted), side=side)
    raise TraceError(
        f"no {side} token is {wanted!r:.80}{_hint(tokens, wanted)}; the {side} tokens are: {_listed(tokens)}"
    )


def _places(tokens: Sequence[Token], wanted: str, spelled: Callable[[str], str]) -> Iterator[int]:
    sought = spelled(wanted.strip() or wanted)
    for token in tokens:
        if sought in map(spelled, _spellings(token)):
            yield token.i


def _spellings(token: Token) -> tuple[str, ...]:
    if token.kind in _NAMES:
        return _NAMES[token.kind]
    return token.text, token.text.strip(), token.piece


def _hint(tokens: Sequence[Token], wanted: str) -> str:
    """A word of several pieces is the usual reason not to be found."""
    words = {token.word for token in tokens if token.word is not None}
    for word in sorted(words):
        pieces = [token for token in tokens if token.word == word]
        if "".join(token.text for token in pieces).strip().casefold() == wanted.strip().casefold():
            return f" as one piece; it is cut into {_listed(tokens, [token.i for token in pieces])}"
    return ""


def _listed(tokens: Sequence[Token], places: Sequence[int] | None = None) -> str:
    labels = quoted_labels(tokens)
    chosen = range(len(tokens)) if places is None else places
    shown = ", ".join(f"{place} {labels[place]:.40}" for place in chosen[:_MOST_LISTED])
    return shown + (f" and {len(chosen) - _MOST_LISTED} more" if len(chosen) > _MOST_LISTED else "")


def _positions(tokens: Sequence[Token], side: str) -> str:
    return f"the {side} positions are 0 to {len(tokens) - 1}" if tokens else f"there is no {side} token"
