"""The SentencePiece model that lies beside a converted network: ids are the same as ours."""

from pathlib import Path
from typing import Final

import sentencepiece

from regard.convert.original import Original
from regard.text.model_proto import model_proto

SENTENCEPIECE: Final = "sentencepiece.model"


def write_pieces(folder: Path, original: Original) -> None:
    """Writes the model into a folder."""
    (folder / SENTENCEPIECE).write_bytes(model_proto(original.vocabulary))


def piece_ids(path: Path, texts: list[str]) -> list[list[int]]:
    """The ids that a model in a file cuts texts into."""
    ids: list[list[int]] = sentencepiece.SentencePieceProcessor(model_file=str(path)).encode(texts)
    return ids
