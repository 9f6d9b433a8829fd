"""The pieces a tokenizer knows, and the file they are kept in.

Ids are laid out the same way in every vocabulary: 4 control tokens, 256 bytes, then the learned pieces. The file is a
line with a checksum and one JSON object, so that nothing damaged or hostile ever reaches compiled code.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, cast, get_args

from regard.errors import TextError
from regard.text.adopted import Adopted, NormalForm
from regard.text.normal import SPACE_MARK

Kind = Literal["bpe", "unigram", "word", "character"]

CONTROL_PIECES: Final = ("<pad>", "<unk>", "<s>", "</s>")  # in the order of their ids, see control.py
BYTE_PIECES: Final = tuple(f"<0x{byte:02X}>" for byte in range(256))
FIRST_BYTE: Final = len(CONTROL_PIECES)
FIRST_LEARNED: Final = FIRST_BYTE + len(BYTE_PIECES)

RESERVED: Final = frozenset(CONTROL_PIECES + BYTE_PIECES)
_KEYS: Final = frozenset({"kind", "requested_size", "pieces", "scores"})
_MAGIC: Final = b"regard-text/1 "
_MOST_PIECES: Final = 1_000_000
_LARGEST_SCORE: Final = 1e30  # scores are single-precision numbers


@dataclass(frozen=True)
class Vocabulary:
    """Learned pieces with their scores, most probable (or first merged) first.

    Args:
        kind: how text is cut into these pieces.
        pieces: the learned pieces, "▁" standing for the space; control tokens and bytes are not among them.
        scores: one number per piece: log-probability (unigram), minus the rank of the merge (bpe), else 0.
        requested_size: the size that was asked for; the vocabulary is smaller where the text had no more to offer.
        adopted: how text is treated, if the vocabulary was learned elsewhere; None for ours.

    Raises:
        TextError: a piece is empty, double, reserved or not text, a score is no number, or subwords lack the space.
    """

    kind: Kind
    pieces: tuple[str, ...]
    scores: tuple[float, ...]
    requested_size: int
    adopted: Adopted | None = None

    def __post_init__(self) -> None:
        if len(self.pieces) != len(self.scores):
            raise TextError(
                f"a vocabulary needs one score per piece, but has {len(self.pieces)} and {len(self.scores)}"
            )
        if len(self) > _MOST_PIECES:
            raise TextError(f"a vocabulary has at most {_MOST_PIECES} pieces, but {len(self)} are given")
        if len(set(self.pieces)) != len(self.pieces):
            raise TextError("a vocabulary holds each piece once, but one is given twice")
        if self.kind in ("bpe", "unigram") and SPACE_MARK not in self.pieces:
            raise TextError(f"a vocabulary of subwords needs the piece {SPACE_MARK!r} to write spaces, but lacks it")
        if self.adopted is not None and not set(self.adopted.unused) <= set(range(len(self.pieces))):
            raise TextError(f"unused pieces must be some of the {len(self.pieces)} there are, but others are named")
        for piece, score in zip(self.pieces, self.scores, strict=True):
            _check_piece(piece)
            if not math.isfinite(score) or abs(score) > _LARGEST_SCORE:
                raise TextError(f"the score of the piece {piece!r} must be a number, but is {score}")

    def __len__(self) -> int:
        return FIRST_LEARNED + len(self.pieces)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Every piece as people read it, by id."""
        return CONTROL_PIECES + BYTE_PIECES + self.pieces

    @cached_property
    def surfaces(self) -> tuple[bytes, ...]:
        """What each id contributes to the text, as UTF-8; control tokens contribute nothing."""
        learned = tuple(piece.replace(SPACE_MARK, " ").encode() for piece in self.pieces)
        return (b"",) * FIRST_BYTE + tuple(bytes([byte]) for byte in range(256)) + learned

    @cached_property
    def longest_piece(self) -> int:
        """Characters of the longest learned piece; at least 1."""
        return max(map(len, self.pieces), default=1)

    def to_bytes(self) -> bytes:
        """The vocabulary as the contents of a file."""
        fields: dict[str, Any] = {
            "kind": self.kind,
            "requested_size": self.requested_size,
            "pieces": self.pieces,
            "scores": self.scores,
        }
        if self.adopted is not None:
            fields["adopted"] = {"normal_form": self.adopted.normal_form, "unused": self.adopted.unused}
        body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        return _MAGIC + hashlib.sha256(body).hexdigest().encode() + b"\n" + body + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> "Vocabulary":
        """Reads what ``to_bytes`` wrote.

        Raises:
            TextError: the bytes are damaged, or are no tokenizer of ours.
        """
        header, _, body = data.partition(b"\n")
        if not header.startswith(_MAGIC):
            raise TextError(f"this is not a tokenizer file: it should begin with {_MAGIC.decode()!r}; use the original")
        checksum = hashlib.sha256(body.removesuffix(b"\n")).hexdigest().encode()
        if header.removeprefix(_MAGIC) != checksum:
            raise TextError("the tokenizer file is damaged: its checksum does not fit its contents; copy it again")
        return cls._from_fields(_parse(body))

    @classmethod
    def _from_fields(cls, fields: Any) -> "Vocabulary":
        if not isinstance(fields, dict) or fields.keys() - {"adopted"} != _KEYS:
            raise TextError(
                "the tokenizer file must hold kind, requested_size, pieces and scores, but holds other keys"
            )
        kind, size, pieces, scores = (fields[key] for key in ("kind", "requested_size", "pieces", "scores"))
        if kind not in get_args(Kind):
            raise TextError(f"the tokenizer's kind must be one of {', '.join(get_args(Kind))}, but is {kind!r}")
        if type(size) is not int or not 0 <= size <= _MOST_PIECES:
            raise TextError(f"the tokenizer's requested_size must be a whole number, but is {size!r}")
        if not _all_of(pieces, str) or not _all_of(scores, float):
            raise TextError("the tokenizer's pieces must be strings and its scores numbers, but some are not")
        adopted = _adopted(fields["adopted"]) if "adopted" in fields else None
        return cls(kind=kind, pieces=tuple(pieces), scores=tuple(scores), requested_size=size, adopted=adopted)


def _adopted(fields: Any) -> Adopted:
    if not isinstance(fields, dict) or fields.keys() != {"normal_form", "unused"}:
        raise TextError("the tokenizer's `adopted` must hold normal_form and unused, but holds something else")
    form, unused = fields["normal_form"], fields["unused"]
    if form not in get_args(NormalForm) or not _all_of(unused, int):
        raise TextError(
            f"the tokenizer's normal form must be {' or '.join(get_args(NormalForm))} and its unused pieces numbers, "
            "but they are something else"
        )
    return Adopted(cast(NormalForm, form), tuple(unused))


def _all_of(values: object, kind: type) -> bool:
    return isinstance(values, list) and all(type(value) is kind for value in values)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise TextError("the tokenizer file holds no JSON after its first line; use the original") from None


def _check_piece(piece: str) -> None:
    if not piece or piece in RESERVED or " " in piece or "\0" in piece:
        raise TextError(f"{piece!r} cannot be a learned piece: it is empty, reserved, or holds a space or a zero")
    try:
        piece.encode("utf-8")
    except UnicodeEncodeError:
        raise TextError(f"{piece!r} cannot be a learned piece: it holds a lone surrogate") from None
