"""Translates with encoder.onnx and step.onnx: greedy search with numpy, onnxruntime and sentencepiece, nothing else.

As a program: ``python translate.py < sentences.txt``, in the folder that the two networks lie in. The encoder reads the
source once and gives the keys and values that every step looks at; a step appends one token per row, and gives the
logits of the next and its own keys and values, which the next step takes as ``past``. Where positions were learned, the
encoder says how many there are (its property ``positions``), and nothing longer is read or written.
"""

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import sentencepiece
from numpy.typing import NDArray

PAD, UNK, BOS, EOS = range(4)
FIRST_ALLOWED = EOS  # padding, unknown and start are never chosen


class OnnxTranslator:
    """The two networks of a folder, and the SentencePiece model beside them."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.encoder, self.step = (
            onnxruntime.InferenceSession(folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
            for name in ("encoder", "step")
        )
        said = self.encoder.get_modelmeta().custom_metadata_map
        self.positions = int(said.get("positions", sys.maxsize))
        self.pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sentencepiece.model"))

    def translate(self, texts: Sequence[str], *, max_length: int | None = None) -> list[str]:
        """One translation per text; empty text translates to empty text, and what is too long to be read in parts."""
        sources = [self.in_parts(unicodedata.normalize("NFC", text.strip())) for text in texts]
        found = iter(self.greedy([ids for parts in sources for ids in parts], max_length=max_length))
        return [" ".join(self.pieces.decode(next(found)) for _ in parts) for parts in sources]

    def in_parts(self, text: str) -> list[list[int]]:
        """The ids of a text. One that has too many is halved, between words, or a single word anywhere."""
        ids, most = self.pieces.encode(text), self.positions - 1  # the end takes one
        if len(ids) <= most or len(text) == 1:
            return [ids[:most]] if ids else []
        words = text.split()
        half = len(words) // 2 if len(words) > 1 else len(text) // 2
        halves = (" ".join(words[:half]), " ".join(words[half:])) if len(words) > 1 else (text[:half], text[half:])
        return [part for each in halves for part in self.in_parts(each)]

    def greedy(self, sources: Sequence[Sequence[int]], *, max_length: int | None = None) -> list[list[int]]:
        """The most probable next token at every step, until the end or ``max_length`` (else twice the source + 20)."""
        if not sources:
            return []
        limits = [min(max_length or 2 * len(ids) + 20, self.positions) for ids in sources]
        found: list[list[int]] = [[] for _ in sources]
        rows, state = np.arange(len(sources)), self.start(sources)
        tokens = np.full(len(sources), BOS)
        while rows.size:
            logits, state["past"] = self.next_logits(state, tokens)
            tokens = logits[:, FIRST_ALLOWED:].argmax(axis=1) + FIRST_ALLOWED
            for row, token in zip(rows, tokens, strict=True):
                found[row].append(int(token))
            live = np.array([found[row][-1] != EOS and len(found[row]) < limits[row] for row in rows])
            rows, tokens = rows[live], tokens[live]
            state = {  # rows that are finished leave the batch
                "source": state["source"][live],
                "memory": state["memory"][:, :, live],
                "past": state["past"][:, :, live],
            }
        return [ids[:-1] if ids[-1] == EOS else ids for ids in found]

    def start(self, sources: Sequence[Sequence[int]]) -> dict[str, Any]:
        """Reads the sources: what every step needs."""
        width = max(map(len, sources)) + 1
        source = np.array([[*ids, EOS, *[PAD] * (width - 1 - len(ids))] for ids in sources], np.int64)
        (memory,) = self.encoder.run(None, {"source": source})
        layers, _, rows, heads, _, features = memory.shape
        return {
            "source": source,
            "memory": memory,
            "past": np.zeros((layers, 2, rows, heads, 0, features), np.float32),
        }

    def next_logits(self, state: dict[str, Any], tokens: NDArray[np.int64]) -> tuple[Any, Any]:
        """Logits of the token after ``tokens``, and what to remember."""
        logits, present = self.step.run(None, {**state, "tokens": tokens.astype(np.int64)})
        return logits, present


def translated(lines: Iterable[str], translator: OnnxTranslator, *, rows: int = 32) -> Iterator[str]:
    """Translations of lines, a few at a time."""
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == rows:
            yield from translator.translate(batch)
            batch.clear()
    if batch:
        yield from translator.translate(batch)


if __name__ == "__main__":
    for translation in translated(sys.stdin, OnnxTranslator(Path(__file__).parent)):
        print(translation, flush=True)
