"""Finds the heads whose attention says what translates what, from development pairs.

Greedy: the best single (layer, head) at either shift comes first, then further heads at the same shift as long as one
makes the links better. What is better, a judge says: the error rate against links made by hand, or, where there are
none, ``association``.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Final, final

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from regard.errors import InputError
from regard.tracing.alignment.reader import COVER_SHARE, LEAST_SHARE, AlignmentReader, Links

Judge = Callable[[Sequence[Links]], float]
"""How good the links of all development pairs are; higher is better."""

Table = Float[np.ndarray, "layer head target_word source_word"]
Tables = Sequence[tuple[NDArray[np.float32], NDArray[np.float32]]]
"""A ``Table`` at shift 0 and one at shift 1 per pair, of different sizes."""

_LONE_LINK: Final = 0.3
_MOST_HEADS: Final = 6


@final
@dataclass(frozen=True, eq=False)
class Choice:
    """What was chosen, and how good each head was by itself.

    Attributes:
        reader: the heads to read.
        value: the judge's value of its links on the development pairs.
        single: the value of each (layer, head, shift) alone.
    """

    reader: AlignmentReader
    value: float
    single: dict[tuple[int, int, int], float]


def choose_reader(
    tables: Tables,
    judge: Judge,
    *,
    least_gain: float = 0.002,
    shares: Sequence[tuple[float, float]] = ((LEAST_SHARE, COVER_SHARE),),
) -> Choice:
    """The reader whose links the judge likes best.

    Args:
        tables: per development pair the strengths of words, at shift 0 and at shift 1.
        judge: says how good links are.
        least_gain: what another head has to make better by.
        shares: pairs of ``least_share`` and ``cover_share`` to choose among, once the heads are chosen; while they are,
            each target word has exactly one link, so that a judge cannot be pleased by few links.

    Raises:
        InputError: there are no pairs to choose by.
    """
    if not tables:
        raise InputError("heads for alignments are chosen by development pairs, but none are given")
    num_layers, num_heads = tables[0][0].shape[:2]
    places = list(product(range(num_layers), range(num_heads)))

    def value(reader: AlignmentReader) -> float:
        return judge([reader.links(mean_of(table[reader.shift], reader.heads)) for table in tables])

    single = {(*place, shift): value(_single(place, shift)) for shift in (0, 1) for place in places}
    best = max(single, key=lambda key: single[key])
    reader = _with_more_heads(_single(best[:2], best[2]), places, value, least_gain)
    readers = [replace(reader, least_share=least, cover_share=cover) for least, cover in shares]
    reader = max(readers, key=value) if len(readers) > 1 else readers[0]
    return Choice(reader, value(reader), single)


def mean_of(table: Table, heads: Sequence[tuple[int, int]]) -> Float[np.ndarray, "target_word source_word"]:
    """The mean of some heads' strengths."""
    mean: Float[np.ndarray, "target_word source_word"] = np.mean([table[place] for place in heads], axis=0)
    return mean


def association(source_words: Sequence[Sequence[str]], target_words: Sequence[Sequence[str]]) -> Judge:
    """A judge that needs no links made by hand: good links join the same two words again and again.

    The value is the mean over all links of log p(s, t) / (p(s) p(t)), where p counts the *other* links of all pairs:
    the pointwise mutual information of linked words, capitals aside. Links to what happens to stand there, or to one
    word for everything, have none.
    """
    sources, targets = _folded(source_words), _folded(target_words)

    def judge(links: Sequence[Links]) -> float:
        joined = Counter(
            (source[s], target[t])
            for source, target, each in zip(sources, targets, links, strict=True)
            for s, t in each
        )
        return _mean_information(joined)

    return judge


def _mean_information(joined: Counter[tuple[str, str]]) -> float:
    total = sum(joined.values())
    if not total:
        return -math.inf
    source, target = Counter[str](), Counter[str]()
    for (one, other), count in joined.items():
        source[one] += count
        target[other] += count
    return (
        math.fsum(
            count * math.log(max(count - 1, _LONE_LINK) * total / (source[one] * target[other]))
            for (one, other), count in joined.items()
        )
        / total
    )


def _folded(sentences: Sequence[Sequence[str]]) -> list[list[str]]:
    return [[word.casefold() for word in sentence] for sentence in sentences]


def _single(place: tuple[int, int], shift: int) -> AlignmentReader:
    return AlignmentReader((place,), shift, least_share=0.0, cover_share=1.0)


def _with_more_heads(
    reader: AlignmentReader,
    places: Sequence[tuple[int, int]],
    value: Callable[[AlignmentReader], float],
    least_gain: float,
) -> AlignmentReader:
    reached = value(reader)
    while len(reader.heads) < _MOST_HEADS:
        wider = [replace(reader, heads=(*reader.heads, place)) for place in places if place not in reader.heads]
        values = [value(each) for each in wider]
        if not wider or max(values) < reached + least_gain:
            break
        reached, reader = max(values), wider[int(np.argmax(values))]
    return reader
