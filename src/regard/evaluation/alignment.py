"""The alignment error rate: word links against links made by hand (Och and Ney 2003).

People mark a link *sure* or merely *possible*; every sure link is possible too. With A the links to judge, over all
sentences together:

    precision = |A ∩ possible| / |A|
    recall    = |A ∩ sure| / |sure|
    AER       = 1 - (|A ∩ sure| + |A ∩ possible|) / (|A| + |sure|)
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from regard.errors import InputError

Link = tuple[int, int]
"""A source word and a target word."""


@dataclass(frozen=True, slots=True)
class AlignmentScore:
    """How well links agree with those made by hand. All three rates lie between 0 and 1.

    Attributes:
        error_rate: AER; 0 is perfect.
        precision: the share of the links that are at least possible.
        recall: the share of the sure links that were found.
        num_links: how many links were judged.
        num_sure: how many sure links there are.
        num_sentences: of how many sentence pairs.
    """

    error_rate: float
    precision: float
    recall: float
    num_links: int
    num_sure: int
    num_sentences: int

    def __str__(self) -> str:
        return (
            f"AER {self.error_rate:.1%}, precision {self.precision:.1%}, recall {self.recall:.1%} "
            f"({self.num_links} links, {self.num_sentences} sentences)"
        )


def score_alignments(
    links: Sequence[Collection[Link]],
    sure: Sequence[Collection[Link]],
    possible: Sequence[Collection[Link]] | None = None,
) -> AlignmentScore:
    """Scores links against those made by hand.

    Args:
        links: of each sentence pair, (source word, target word).
        sure: of the same pairs.
        possible: of the same pairs; sure links need not be repeated. None where all links are sure.

    Raises:
        InputError: the numbers of sentence pairs differ, or there is no sure link at all.
    """
    allowed = sure if possible is None else possible
    if not len(links) == len(sure) == len(allowed):
        raise InputError(
            f"links of {len(links)} sentence pairs cannot be judged by sure links of {len(sure)} and possible links of "
            f"{len(allowed)}; all must be of the same pairs"
        )
    counts = list(_counts(links, sure, allowed))
    found, found_sure, found_possible = (sum(count[part] for count in counts) for part in range(3))
    num_sure = sum(len(set(each)) for each in sure)
    if not num_sure:
        raise InputError("there is no sure link to judge by; give sentence pairs that were aligned by hand")
    return AlignmentScore(
        error_rate=1 - (found_sure + found_possible) / (found + num_sure),
        precision=found_possible / found if found else 1.0,
        recall=found_sure / num_sure,
        num_links=found,
        num_sure=num_sure,
        num_sentences=len(links),
    )


def diagonal_links(num_source: int, num_target: int) -> set[Link]:
    """The baseline that knows nothing: each target word comes from the source word at the same part of the sentence."""
    if not num_source:
        return set()
    return {((2 * word + 1) * num_source // (2 * num_target), word) for word in range(num_target)}


def _counts(
    links: Sequence[Collection[Link]], sure: Sequence[Collection[Link]], possible: Sequence[Collection[Link]]
) -> Iterator[tuple[int, int, int]]:
    for judged, certain, allowed in zip(map(set, links), map(set, sure), map(set, possible), strict=True):
        yield len(judged), len(judged & certain), len(judged & (allowed | certain))
