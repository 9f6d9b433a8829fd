"""Reads links from attention.

The attention of some heads is averaged over heads, summed over the pieces of a source word and averaged over those of a
target word. Source words then compete: what a source word received is divided by all it received, so that a full stop
that everybody looks at in passing is nobody's translation. Then links are drawn:

* each target word is linked to the source word with the largest share of it, unless even that share is too small;
* a source word that is left over is linked to the target word that received the most of it, if that is enough.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np
from jaxtyping import Float

from regard.errors import InputError

Link = tuple[int, int]
"""A source word and a target word, by their numbers from 0."""

Links = tuple[Link, ...]
"""The links of one pair, sorted."""

LEAST_SHARE: Final = 0.2
COVER_SHARE: Final = 0.4
_TINY: Final = 1e-12

Words = Float[np.ndarray, "target_word source_word"]


@final
@dataclass(frozen=True, slots=True)
class Alignment:
    """Links between the words of two sentences. ``str`` of it is the Pharaoh format: ``0-0 1-2``."""

    source_words: tuple[str, ...]
    target_words: tuple[str, ...]
    links: tuple[Link, ...]

    def __str__(self) -> str:
        return " ".join(f"{source}-{target}" for source, target in self.links)


@final
@dataclass(frozen=True, slots=True)
class AlignmentReader:
    """Which attention to read, and how.

    Attributes:
        heads: (layer, head) of the decoder's attention to the source; several are averaged.
        shift: 0 reads the decoder row that *produces* a word; 1 the row after it, whose input the word is.
        least_share: a target word of which no source word has so large a share, between 0 and 1, gets no link.
        cover_share: a source word that is left over is linked to the target word that received most of it, if that is
            at least so large a share; 1 leaves it without a link.

    Raises:
        InputError: no heads, or a number out of range.
    """

    heads: tuple[tuple[int, int], ...]
    shift: int = 0
    least_share: float = LEAST_SHARE
    cover_share: float = COVER_SHARE

    def __post_init__(self) -> None:
        shares = (self.least_share, self.cover_share)
        if not self.heads or self.shift not in (0, 1) or not all(0 <= share <= 1 for share in shares):
            raise InputError(
                "a reader of alignments needs at least one (layer, head), a shift of 0 or 1, and shares between 0 and "
                f"1, but is given {self!r:.200}"
            )

    def strengths(self, cross: Float[np.ndarray, "layer head query key"]) -> Float[np.ndarray, "target_piece key"]:
        """How much each target piece has to do with each source piece: rows are those of the given shift.

        Raises:
            InputError: the model has no such head.
        """
        num_layers, num_heads, num_rows, _ = cross.shape
        for layer, head in self.heads:
            if not (0 <= layer < num_layers and 0 <= head < num_heads):
                raise InputError(
                    f"head {head} of layer {layer} is to be read, but the model has the layers 0 to {num_layers - 1} "
                    f"with the heads 0 to {num_heads - 1}"
                )
        rows = slice(self.shift, self.shift + num_rows - 1)
        read: Float[np.ndarray, "target_piece key"] = np.mean(
            [cross[layer, head, rows] for layer, head in self.heads], axis=0
        )
        return read

    def links(self, strengths: Words) -> Links:
        """The links of a table of words, sorted."""
        return links_of(strengths, self.least_share, self.cover_share)


def links_of(strengths: Words, least_share: float, cover_share: float) -> Links:
    """The rule that turns strengths into links; the shares are those of ``AlignmentReader``."""
    if not strengths.size:
        return ()
    received, shares = competition(strengths)
    best, most = shares.argmax(axis=1), received.argmax(axis=0)
    chosen = {
        (int(source), target)
        for target, source in enumerate(best)
        if shares[target, source] > 0 and shares[target, source] >= least_share
    }
    covered = {source for source, _ in chosen}
    left_over = {
        (source, int(target))
        for source, target in enumerate(most)
        if source not in covered and cover_share < 1 and received[target, source] >= max(cover_share, _TINY)
    }
    return tuple(sorted(chosen | left_over))


def default_reader(num_layers: int, num_heads: int) -> AlignmentReader:
    """For a model nobody has chosen heads for: all heads of the last layer, in the row that produces a word."""
    return AlignmentReader(heads=tuple((num_layers - 1, head) for head in range(num_heads)))


def competition(strengths: Words) -> tuple[Words, Words]:
    """Of each source word the shares that target words received; of each target word, the shares of source words."""
    received = strengths / np.maximum(strengths.sum(axis=0, keepdims=True), _TINY)
    shares: Words = received / np.maximum(received.sum(axis=1, keepdims=True), _TINY)
    return received, shares


def words_between(
    strengths: Float[np.ndarray, "target_piece key"],
    target: Sequence[int | None],
    source: Sequence[int | None],
    *,
    shape: tuple[int, int],
) -> Words:
    """Strengths of words from those of pieces: summed over source pieces, averaged over target pieces.

    Args:
        strengths: of target pieces (rows) for source pieces (columns); further rows and columns are left out.
        target: the word of each target piece; None if it belongs to none.
        source: the word of each source piece.
        shape: how many target and source words there are.
    """
    rows, columns = _members(target, shape[0]), _members(source, shape[1])
    summed = strengths[: len(target), : len(source)] @ columns
    words: Words = (rows.T @ summed) / np.maximum(rows.sum(axis=0), 1)[:, None]
    return words


def _members(words: Sequence[int | None], count: int) -> Float[np.ndarray, "piece word"]:
    members = np.zeros((len(words), count), np.float32)
    for piece, word in enumerate(words):
        if word is not None:
            members[piece, word] = 1
    return members
