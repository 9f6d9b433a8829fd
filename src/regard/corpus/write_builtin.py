"""Writes the built-in corpus as files: line files to train on, and JSON lines that also say how each pair was made."""

import json
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from regard.corpus.builtin import BuiltinPair, generate
from regard.corpus.writing import new_folder


def write_builtin(out: Path, *, size: int, seed: int = 0) -> dict[str, int]:
    """Makes a folder with ``train``, ``valid``, ``test`` and the special sets, each as ``.en``, ``.fr`` and ``.jsonl``.

    Args:
        out: the folder to make.
        size: pairs of the three splits together.
        seed: which corpus.

    Returns:
        How many pairs each set has.

    Raises:
        CorpusError: the size or the seed is not one the grammar is made for.
        OutputExistsError: the folder exists.
    """
    with new_folder(out) as folder:
        corpus = generate(size=size, seed=seed)
        splits = {"train": corpus.train, "valid": corpus.valid, "test": corpus.test}
        sets = dict(chain(splits.items(), corpus.special.items()))
        for name, pairs in sets.items():
            _write_lines(folder / f"{name}.en", (pair.source for pair in pairs))
            _write_lines(folder / f"{name}.fr", (pair.target for pair in pairs))
            _write_lines(folder / f"{name}.jsonl", map(_as_json, pairs))
    return {name: len(pairs) for name, pairs in sets.items()}


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def _as_json(pair: BuiltinPair) -> str:
    fields = {
        "source": pair.source,
        "target": pair.target,
        "structure": pair.structure,
        "alignment": pair.alignment,
        "alternatives": pair.alternatives,
    }
    return json.dumps(fields, ensure_ascii=False)
