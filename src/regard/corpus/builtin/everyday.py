"""Pairs written by hand: what people say every day, and the sentences of the textbook."""

from functools import cache

from regard.corpus.builtin.builtin_pair import BuiltinPair
from regard.corpus.builtin.notation import aligned
from regard.corpus.builtin.surface import render
from regard.corpus.builtin.tables import read_table


@cache
def everyday_pairs() -> tuple[BuiltinPair, ...]:
    """All pairs of ``everyday.tsv``, in its order."""
    return tuple(_pair(row) for row in read_table("everyday.tsv"))


def _pair(row: dict[str, str]) -> BuiltinPair:
    source, target, alignment = render(aligned(row["english"], row["french"]))
    alternatives = tuple(text for text in row["alternatives"].split(" | ") if text)
    return BuiltinPair(source, target, row["structure"], alignment, alternatives)
