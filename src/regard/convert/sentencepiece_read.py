"""Reads a SentencePiece model of others: pieces, scores and what is done to text, from its bytes alone.

The numbers are those of ``sentencepiece_model.proto``. Nothing of the file reaches compiled code: what is read is
written anew, by us, into a vocabulary.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, final

from regard.errors import BundleError

_NORMAL, _USER_DEFINED = 1, 4
_KINDS: Final[dict[int, Literal["unigram", "bpe"]]] = {1: "unigram", 2: "bpe"}
_MOST_BYTES: Final = 256 << 20

Field = int | bytes


@final
@dataclass(frozen=True)
class PieceModel:
    """What a SentencePiece model says.

    Attributes:
        kind: how it cuts.
        scores: its ordinary pieces with their scores.
        normal_form: the name of its rule of normalisation.
        leading_space: whether a space is written in front of a text.
        merges_spaces: whether runs of spaces become one.
        falls_back_to_bytes: whether unknown characters become bytes.
    """

    kind: Literal["unigram", "bpe"] | None
    scores: dict[str, float]
    normal_form: str = ""
    leading_space: bool = True
    merges_spaces: bool = True
    falls_back_to_bytes: bool = False


def read_piece_model(path: Path) -> PieceModel:
    """The model in a file.

    Raises:
        BundleError: the file is missing, too large, or no SentencePiece model.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise BundleError(f"{path} is larger than a SentencePiece model can sensibly be; use the original file")
        return _model(path.read_bytes())
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}") from None
    except (IndexError, ValueError, TypeError, struct.error):
        raise BundleError(f"{path} is not a SentencePiece model, or is damaged; copy it again") from None


def _model(content: bytes) -> PieceModel:
    found = PieceModel("unigram", {})
    for number, value in _fields(content):
        if number == 1:
            fields = dict(_fields(_bytes(value)))
            if fields.get(3, _NORMAL) in (_NORMAL, _USER_DEFINED):
                found.scores[_bytes(fields[1]).decode()] = struct.unpack("<f", _bytes(fields.get(2, bytes(4))))[0]
        elif number == 2:
            fields = dict(_fields(_bytes(value)))
            kind = _KINDS.get(int(fields.get(3, 1)))
            found = replace(found, kind=kind, falls_back_to_bytes=bool(fields.get(35, 0)))
        elif number == 3:
            fields = dict(_fields(_bytes(value)))
            found = replace(
                found,
                normal_form=_bytes(fields.get(1, b"")).decode(),
                leading_space=bool(fields.get(3, 1)),
                merges_spaces=bool(fields.get(4, 1)),
            )
    if not found.scores:
        raise ValueError
    return found


def _bytes(value: Field) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError
    return value


def _fields(content: bytes) -> Iterator[tuple[int, Field]]:
    """The fields of a message in protocol-buffer wire format; of floats the four bytes."""
    place = 0
    while place < len(content):
        tag, place = _varint(content, place)
        kind = tag & 7
        if kind == 0:
            value, place = _varint(content, place)
            yield tag >> 3, value
            continue
        if kind not in (1, 2, 5):
            raise ValueError
        length, place = _varint(content, place) if kind == 2 else ((8 if kind == 1 else 4), place)
        if place + length > len(content):
            raise ValueError
        yield tag >> 3, content[place : place + length]
        place += length


def _varint(content: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = content[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place
    raise ValueError
