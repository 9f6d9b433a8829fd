"""glibc is told to keep memory; of its two limits the second alone would do harm."""

import ctypes
from types import SimpleNamespace

import pytest

from regard.models.allocator import keep_freed_memory

MMAP, TRIM = -3, -1


@pytest.mark.parametrize(
    ("most", "kept"),
    [(2**31, [(MMAP, 2**30), (TRIM, 2**30)]), (2**25, [(MMAP, 2**25), (TRIM, 2**30)]), (0, [])],
    ids=["new", "old", "refuses"],
)
def test_the_second_limit_is_set_only_behind_the_first(
    most: int, kept: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[tuple[int, int]] = []

    def mallopt(limit: int, value: int) -> int:
        is_taken = limit == TRIM or value <= most
        if is_taken:
            done.append((limit, value))
        return int(is_taken)

    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(mallopt=mallopt))
    keep_freed_memory()
    assert done == kept
