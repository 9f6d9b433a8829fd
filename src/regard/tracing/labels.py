"""What a token is called in a table, and what a row does."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from regard import text
from regard.tracing.header import Token
from regard.tracing.legible import legible

START: Final = "⟨start⟩"
END: Final = "⟨end⟩"
UNKNOWN: Final = "⟨unknown⟩"
PAD: Final = "∅"
INSIDE_WORD: Final = "·"
SPACE: Final = "▁"  # U+2581, as the vocabulary writes it
_CONTROL: Final = {text.BOS: START, text.EOS: END, text.PAD: PAD, text.UNK: UNKNOWN}
_NAMES: Final = {"bos": START, "eos": END, "pad": PAD, "unk": UNKNOWN}


def token_labels(tokens: Sequence[Token]) -> tuple[str, ...]:
    """A name per token: its text, with a ``·`` before it where it goes on with the word of the token before."""
    if not tokens:
        return ()
    inside = [False, *(goes_on(before, token) for before, token in pairwise(tokens))]
    return tuple(_label(token, inside=each) for token, each in zip(tokens, inside, strict=True))


def goes_on(before: Token, token: Token) -> bool:
    """Whether a token, known or unknown, goes on with the word of the token before it."""
    return token.word is not None and token.word == before.word


def decoder_labels(entered: Sequence[Token], predicted: Sequence[Token]) -> tuple[str, ...]:
    """What each decoder row does: ``after "chat" → "a"``. Its input is the token before the one it predicts."""
    ins, outs = map(quoted_labels, (entered, predicted))
    return tuple(f"after {one} → {other}" for one, other in zip(ins, outs, strict=True))


def quoted_labels(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The same names, in quotation marks where they are text."""
    labels = token_labels(tokens)
    return tuple(label if token.kind in _NAMES else f'"{label}"' for token, label in zip(tokens, labels, strict=True))


def piece_label(identifier: int, piece: str) -> str:
    """A name for a piece of the vocabulary that stands nowhere in the text."""
    if identifier in _CONTROL:
        return _CONTROL[identifier]
    if piece.startswith(SPACE):
        return legible(piece.removeprefix(SPACE)) or SPACE
    goes_on = piece[:1].isalnum() and not _is_byte(piece)
    return (INSIDE_WORD if goes_on else "") + legible(piece)


def _label(token: Token, *, inside: bool) -> str:
    name = _NAMES.get(token.kind)
    if name is not None:
        return name
    shown = token.piece if _is_byte(token.piece) else token.text.strip() or token.text or token.piece
    return (INSIDE_WORD if inside else "") + legible(shown)


def _is_byte(piece: str) -> bool:
    """Whether the piece is one byte of a character that the vocabulary does not have: ``<0xF0>``."""
    return len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">")
