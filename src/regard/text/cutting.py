"""Many sentences cut into ids at once, here or by a program beside this one (``workers.py``).

What enters and leaves is flat: ids of all sentences behind each other, and where each begins.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import IO, Any, Final, final

import numpy as np
import numpy.typing as npt

from regard.text.tokenizer import Tokenizer

Ids = npt.NDArray[np.int32]
Offsets = npt.NDArray[np.int64]
_HEADER_BYTES: Final = 8


@final
@dataclass(frozen=True, eq=False)
class FlatIds:
    """Sequences of ids: sequence i is ``ids[offsets[i]:offsets[i + 1]]``."""

    ids: Ids
    offsets: Offsets

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> "FlatIds":
        """Joins sequences."""
        offsets = np.zeros(len(sequences) + 1, dtype=np.int64)
        np.cumsum([len(sequence) for sequence in sequences], out=offsets[1:])
        ids = np.fromiter((one for sequence in sequences for one in sequence), dtype=np.int32, count=int(offsets[-1]))
        return cls(ids, offsets)

    def sequences(self) -> list[list[int]]:
        """The sequences one by one."""
        ids, offsets = self.ids.tolist(), self.offsets.tolist()
        return [ids[start:stop] for start, stop in pairwise(offsets)]


def cut_best(tokenizer: Tokenizer, texts: Sequence[str]) -> FlatIds:
    """Each text cut in the one best way.

    Raises:
        TextError: a text holds a lone surrogate.
    """
    return FlatIds.of(tokenizer.encode_batch(texts))


@final
@dataclass(frozen=True, slots=True)
class Drawing:
    """How sentences are cut anew: as for ``Tokenizer.sample``; what would get longer than ``max_tokens`` stays."""

    alpha: float
    seed: int
    epoch: int
    max_tokens: int


def cut_anew(tokenizer: Tokenizer, plain: FlatIds, sentences: Sequence[int], how: Drawing) -> FlatIds:
    """The sentences with these numbers in the corpus, given as ids, in one of the many other ways to cut them."""
    return FlatIds.of([
        _drawn(tokenizer, ids, sentence, how) for ids, sentence in zip(plain.sequences(), sentences, strict=True)
    ])  # fmt: skip


def _drawn(tokenizer: Tokenizer, plain: list[int], sentence: int, how: Drawing) -> list[int]:
    text = tokenizer.decode(plain)
    drawn = tokenizer.sample(text, alpha=how.alpha, seed=how.seed, epoch=how.epoch, sentence=sentence)
    return drawn if len(drawn) <= how.max_tokens else plain


# What goes to a worker and comes back: a JSON object, then arrays, each by its bytes alone.


def send(stream: IO[bytes], header: dict[str, Any], *arrays: npt.NDArray[Any]) -> None:
    """Writes a message."""
    kinds = [[array.dtype.str, len(array)] for array in arrays]
    text = json.dumps({**header, "arrays": kinds}).encode()
    stream.write(len(text).to_bytes(_HEADER_BYTES, "little") + text)
    for array in arrays:
        stream.write(np.ascontiguousarray(array).data.cast("B") if len(array) else b"")
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict[str, Any], list[npt.NDArray[Any]]] | None:
    """Reads a message; None if there will be none any more."""
    size = stream.read(_HEADER_BYTES)
    if len(size) < _HEADER_BYTES:
        return None
    text = stream.read(int.from_bytes(size, "little"))
    if len(text) < int.from_bytes(size, "little"):
        return None
    header = json.loads(text)
    arrays = []
    for kind, length in header.pop("arrays"):
        data = stream.read(np.dtype(kind).itemsize * length)
        if len(data) < np.dtype(kind).itemsize * length:
            return None
        arrays.append(np.frombuffer(data, dtype=kind))
    return header, arrays


def work(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answers requests until there are no more; the first holds the tokenizer."""
    first = receive(requests)
    if first is None:
        return
    tokenizer = Tokenizer.from_bytes(first[1][0].tobytes())
    while (request := receive(requests)) is not None:
        cut = answered(tokenizer, *request)
        send(answers, {}, cut.ids, cut.offsets)


def answered(tokenizer: Tokenizer, header: dict[str, Any], arrays: Sequence[npt.NDArray[Any]]) -> FlatIds:
    """What a worker makes of one request."""
    if header["do"] == "best":
        characters, ends = arrays
        data = characters.tobytes()
        bounds = [0, *ends.tolist()]
        return cut_best(tokenizer, [data[a:b].decode() for a, b in pairwise(bounds)])
    ids, offsets, sentences = arrays
    return cut_anew(tokenizer, FlatIds(ids, offsets), sentences.tolist(), Drawing(**header["how"]))
