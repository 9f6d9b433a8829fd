"""ONNX: two graphs, and a program beside them that translates with nothing but numpy, onnxruntime and SentencePiece.

The program is the very file that the conversion is verified with.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import ClassVar, Final, final

import numpy as np

from regard.convert.format import Foreign, Format, Ids, Measured, obstacles_of_every_format
from regard.convert.original import Array, Original
from regard.convert.readme import onnx_readme
from regard.convert.search import left_out
from regard.convert.sentencepiece_file import SENTENCEPIECE, piece_ids, write_pieces
from regard.settings import DecodingSettings
from regard.text.control import BOS, PAD

_LARGEST_PARAMETERS: Final = 450_000_000
_ROWS_AT_ONCE: Final = 16


@final
class OnnxFormat(Format):
    """``encoder.onnx``, ``step.onnx``, the SentencePiece model, and ``translate.py``."""

    name = "onnx"
    title = "ONNX"
    packages = ("onnx", "onnxruntime")
    tolerances: ClassVar[Mapping[str, float]] = MappingProxyType({"float32": 1e-3})

    def obstacles(self, original: Original) -> Iterator[str]:
        """Another kind of network, experiments, and what is too large for one file."""
        yield from obstacles_of_every_format(original)
        parameters = sum(parameter.numel() for parameter in original.translator.model.parameters())
        if parameters > _LARGEST_PARAMETERS:
            yield f"it has {parameters:,} weights, and a file of this format holds two gigabytes"

    def beam_sizes(self, original: Original) -> tuple[int, ...]:
        """The program searches greedily."""
        return (1,)

    def write(self, original: Original, folder: Path, *, quantization: str) -> None:
        """Both graphs are written node by node and checked, shapes included."""
        from regard.convert.onnx_network import write_encoder, write_step

        write_encoder(original, folder / "encoder.onnx")
        write_step(original, folder / "step.onnx")
        write_pieces(folder, original)
        program = Path(__file__).with_name("onnx_loop.py").read_text(encoding="utf-8")
        (folder / "translate.py").write_text(program, encoding="utf-8")
        readme = onnx_readme(original, left_out(original.settings.decoding, _Runtime.follows))
        (folder / "README.md").write_text(readme, encoding="utf-8")

    def open(self, folder: Path, original: Original, *, quantization: str) -> Foreign:
        """onnxruntime, on the CPU and one thread."""
        return _Runtime(folder)


@final
class _Runtime(Foreign):
    """The program of the folder, spoken to in ids."""

    measured: Measured = "logits"
    # Of a beam and of how it is ranked nothing is left, and the README says so of every model.
    follows: ClassVar[frozenset[str]] = frozenset({"beam_size", "length_penalty"})

    def __init__(self, folder: Path) -> None:
        from regard.convert.onnx_loop import OnnxTranslator

        self._folder = folder
        self._loop = OnnxTranslator(folder)

    def encode(self, texts: list[str]) -> list[list[int]]:
        return piece_ids(self._folder / SENTENCEPIECE, texts)

    def scores(self, sources: Ids, targets: Ids) -> list[Array]:
        """Step by step, as in translating, so that the cache is seen to work."""
        state, steps = self._loop.start(sources), []
        inputs = [[BOS, *ids] for ids in targets]
        for place in range(max(map(len, inputs))):
            tokens = np.array([row[place] if place < len(row) else PAD for row in inputs])
            logits, state["past"] = self._loop.next_logits(state, tokens)
            steps.append(logits)
        together = np.stack(steps, axis=1)
        return [row[: len(ids)] for row, ids in zip(together, inputs, strict=True)]

    def translate(self, sources: Ids, search: DecodingSettings) -> list[list[int]]:
        found: list[list[int]] = []
        for first in range(0, len(sources), _ROWS_AT_ONCE):
            found += self._loop.greedy(sources[first : first + _ROWS_AT_ONCE], max_length=search.max_length)
        return found
