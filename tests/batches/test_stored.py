"""Pairs in files are the pairs that were written, whatever their types, and nobody holds them in memory."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.batches import EncodedPairs, PairsWriter, Ragged, open_pairs
from regard.errors import CorpusError

sentences = st.lists(st.lists(st.integers(0, 65_535), max_size=6), max_size=8)


def written(folder: Path, portions: list[tuple[Ragged, Ragged]], *, vocab_size: int = 65_536) -> EncodedPairs:
    folder.mkdir(exist_ok=True)
    with PairsWriter(folder, vocab_size=vocab_size) as writer:
        for source, target in portions:
            writer.add(source, target)
    return open_pairs(folder, vocab_size=vocab_size)


@given(sentences, st.integers(0, 8), st.sampled_from([65_536, 65_537]))
@settings(max_examples=40)
def test_what_is_written_in_portions_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[int]], cut: int, vocab_size: int
) -> None:
    turned = [row[::-1] for row in rows]
    portions = [(Ragged.of(rows[part]), Ragged.of(turned[part])) for part in (slice(cut), slice(cut, None))]
    stored = written(tmp_path_factory.mktemp("pairs"), portions, vocab_size=vocab_size)
    assert [stored.source[number].tolist() for number in range(len(stored))] == rows
    assert [stored.target[number].tolist() for number in range(len(stored))] == turned
    assert stored.fingerprint == EncodedPairs(Ragged.of(rows), Ragged.of(turned)).fingerprint


def test_ids_take_two_bytes_where_they_fit(tmp_path: Path) -> None:
    rows = Ragged.of([[1, 2], [3]])
    assert written(tmp_path / "small", [(rows, rows)]).source.ids.nbytes == 6
    assert written(tmp_path / "large", [(rows, rows)], vocab_size=100_000).source.ids.nbytes == 12


def test_runs_of_pairs_are_copied_in_order(tmp_path: Path) -> None:
    rows = Ragged.of([[number] * (number % 4) for number in range(50)])
    stored = written(tmp_path / "pairs", [(rows, rows)])
    some = stored.runs(np.array([10, 30]), np.array([12, 33]))
    assert [some.target[number].tolist() for number in range(len(some))] == [
        [number] * (number % 4) for number in (10, 11, 30, 31, 32)
    ]
    assert not isinstance(some.source.ids, np.memmap)


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    rows = Ragged.of([[1, 2], [3]])
    written(tmp_path / "pairs", [(rows, rows)])
    (tmp_path / "pairs" / "source.ids").write_bytes(b"\0\0")
    with pytest.raises(CorpusError, match="do not belong together"):
        open_pairs(tmp_path / "pairs", vocab_size=65_536)
    other = Ragged.of([[1, 2]])
    (tmp_path / "fewer").mkdir()
    with PairsWriter(tmp_path / "fewer", vocab_size=65_536) as writer:
        writer.add(rows, other)
    with pytest.raises(CorpusError, match="2 source and 1 target sentences"):
        open_pairs(tmp_path / "fewer", vocab_size=65_536)
