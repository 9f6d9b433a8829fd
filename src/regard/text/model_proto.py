"""Writes a vocabulary as a SentencePiece model, field by field, in protocol-buffer wire format.

The numbers are those of ``sentencepiece_model.proto``. Writing it ourselves means that SentencePiece is only ever given
models that are whole.
"""

import struct
from collections.abc import Iterator
from typing import Final

from regard.text.control import BOS, EOS, PAD, UNK
from regard.text.vocabulary import BYTE_PIECES, CONTROL_PIECES, Vocabulary

_NORMAL, _UNKNOWN, _CONTROL, _UNUSED, _BYTE = 1, 2, 3, 5, 6
_MODEL_TYPES: Final = {"unigram": 1, "bpe": 2}
_VARINT, _LENGTH_DELIMITED, _FIXED_32 = 0, 2, 5


def model_proto(vocabulary: Vocabulary) -> bytes:
    """A SentencePiece model with these pieces; only for the kinds "bpe" and "unigram"."""
    pieces = b"".join(_message(1, piece) for piece in _pieces(vocabulary))
    return pieces + _message(2, _trainer_spec(vocabulary)) + _message(3, _normaliser_spec())


def _pieces(vocabulary: Vocabulary) -> Iterator[bytes]:
    for identifier, name in enumerate(CONTROL_PIECES):
        yield _piece(name, 0.0, _UNKNOWN if identifier == UNK else _CONTROL)
    for name in BYTE_PIECES:
        yield _piece(name, 0.0, _UNUSED if vocabulary.adopted else _BYTE)
    unused = frozenset(vocabulary.adopted.unused) if vocabulary.adopted else frozenset()
    for place, (name, score) in enumerate(zip(vocabulary.pieces, vocabulary.scores, strict=True)):
        yield _piece(name, score, _UNUSED if place in unused else _NORMAL)


def _piece(name: str, score: float, kind: int) -> bytes:
    return _message(1, name.encode()) + _float(2, score) + _integer(3, kind)


def _trainer_spec(vocabulary: Vocabulary) -> bytes:
    controls = ((40, UNK), (41, BOS), (42, EOS), (43, PAD))
    return (
        _integer(3, _MODEL_TYPES[vocabulary.kind])
        + _integer(4, len(vocabulary))
        + _integer(35, 0 if vocabulary.adopted else 1)  # byte_fallback
        + b"".join(_integer(field, identifier) for field, identifier in controls)
        + b"".join(_message(field + 5, CONTROL_PIECES[identifier].encode()) for field, identifier in controls)
    )


def _normaliser_spec() -> bytes:
    add_dummy_prefix, keep_extra_spaces, escape_spaces = _integer(3, 1), _integer(4, 0), _integer(5, 1)
    return _message(1, b"identity") + add_dummy_prefix + keep_extra_spaces + escape_spaces


def _integer(field: int, value: int) -> bytes:
    return _varint(field << 3 | _VARINT) + _varint(value)


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | _FIXED_32) + struct.pack("<f", value)


def _message(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | _LENGTH_DELIMITED) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the high bit says that more follow."""
    low, rest = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(rest) if rest else bytes([low])
