"""The worked example: one attention head on a handful of words, without a model.

Random vectors stand in for what a model would have learned, so the numbers mean nothing; what happens to them is what
happens in every head of every model here, because the same ``attend`` and the same masks do it.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, final

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from regard.attention import Causal, Everything, Mask, Padding, Prefix, Segments, Steps, View, Window, attend
from regard.attention.intersection import intersection
from regard.errors import InputError
from regard.layout import Layout

EMBEDDING: Final = 8
MOST_POSITIONS: Final = 64
PAD_TOKEN: Final = "[PAD]"


@final
@dataclass(frozen=True)
class ToyMask:
    """Which masks the worked example combines.

    Attributes:
        pad: how many ``[PAD]`` stand behind the words.
        causal: whether a word sees only itself and the words before it.
        window: how many words a word sees to either side of itself; all if None.
        prefix: how many words at the beginning everybody sees, the later ones being seen only from themselves on.
        segments: lengths of the sentences that are packed into the row; one sentence if None.
    """

    pad: int = 0
    causal: bool = False
    window: int | None = None
    prefix: int | None = None
    segments: tuple[int, ...] | None = None

    def of(self, layout: Layout) -> Mask:
        """The combination; ``Everything()`` if nothing is asked for."""
        return intersection(
            [
                *([Padding(layout)] if self.pad else []),
                *([Causal()] if self.causal else []),
                *([] if self.window is None else [Window(self.window, self.window)]),
                *([] if self.prefix is None else [Prefix(self.prefix)]),
                *([] if self.segments is None else [Segments(layout)]),
            ]
        )

    def __str__(self) -> str:
        named = [
            f"Padding({self.pad})" if self.pad else "",
            "Causal()" if self.causal else "",
            "" if self.window is None else f"Window({self.window}, {self.window})",
            "" if self.prefix is None else f"Prefix({self.prefix})",
            "" if self.segments is None else f"Segments({', '.join(map(str, self.segments))})",
        ]
        return " & ".join(filter(None, named)) or "Everything()"


@final
@dataclass(frozen=True, eq=False)
class WorkedExample:
    """Every step of one head on one sentence: batch 1, head 1.

    Attributes:
        words: the words; the positions behind them are padding.
        layout: which positions are words, and which sentence each belongs to.
        asked: which masks were combined.
        mask: their combination.
        embeddings: one random vector per position.
        queries: embeddings times a random matrix; keys and values likewise.
        keys: who is looked at.
        values: what is carried over.
        steps: scores, masked scores, weights and context, as ``attend`` computed them.
        seed: of all random numbers.
    """

    words: tuple[str, ...]
    layout: Layout
    asked: ToyMask
    mask: Mask
    embeddings: Float[Tensor, "batch position model"]
    queries: Float[Tensor, "batch position head_dim"]
    keys: Float[Tensor, "batch position head_dim"]
    values: Float[Tensor, "batch position value_dim"]
    steps: Steps
    seed: int

    @property
    def tokens(self) -> tuple[str, ...]:
        """The words, and ``[PAD]`` behind them."""
        return self.words + (PAD_TOKEN,) * self.num_pads

    @property
    def num_pads(self) -> int:
        """How many positions are padding."""
        return self.layout.width - len(self.words)

    @property
    def codes(self) -> UInt8[np.ndarray, "query key"]:
        """Why each cell is hidden; 0 = visible."""
        return self.mask.reasons(self.layout.width, self.layout.width)[0, 0].numpy()

    @property
    def key_codes(self) -> UInt8[np.ndarray, "query key"]:
        """Padding alone, on the side of the keys, as it is done here."""
        return Padding(self.layout).reasons(self.layout.width, self.layout.width)[0, 0].numpy()

    @cached_property
    def unmasked(self) -> Steps:
        """What would come out if everybody saw everybody. Its scores are those before any mask.

        (``steps.scores`` has zeros for keys that nobody may see, because those are blanked on their way in.)
        """
        return _attend(self.queries, self.keys, self.values, Everything())

    @cached_property
    def hiding_queries(self) -> Steps:
        """For comparison: what would come out if padding were hidden on the side of the queries."""
        allowed = Padding(self.layout).allowed(self.layout.width, self.layout.width).transpose(-2, -1)
        return _attend(self.queries, self.keys, self.values, View.of(allowed))


def worked_example(text: str, mask: ToyMask | None = None, *, seed: int = 0) -> WorkedExample:
    """Lets the words of a text look at each other, through one head with random (seeded) vectors.

    The vectors of the words depend on nothing but the seed and the number of words, so that two examples with
    different masks can be compared.

    Args:
        text: words, with spaces between them; at most 64, padding included.
        mask: who may look at whom; everybody at everybody if not given.
        seed: the same seed, the same numbers.

    Raises:
        InputError: there is no word or there are too many, or the mask does not fit them.
    """
    asked = mask or ToyMask()
    words = _checked_words(text, asked, seed)
    layout = Layout((len(words),), len(words) + asked.pad, _segments(asked))
    chosen = asked.of(layout)
    embeddings, queries, keys, values = _vectors(len(words), asked.pad, seed)
    return WorkedExample(
        words=words,
        layout=layout,
        asked=asked,
        mask=chosen,
        embeddings=embeddings,
        queries=queries,
        keys=keys,
        values=values,
        steps=_attend(queries, keys, values, chosen),
        seed=seed,
    )


def _attend(queries: Tensor, keys: Tensor, values: Tensor, mask: Mask | View) -> Steps:
    return attend(queries[:, None], keys[:, None], values[:, None], mask, path="plain")


def _vectors(num_words: int, num_pads: int, seed: int) -> tuple[Tensor, ...]:
    """Embeddings, queries, keys and values. Drawn so that the words' vectors are the same with any padding."""
    generator = torch.Generator().manual_seed(seed)
    # Each feature of a query is a sum of EMBEDDING products; the factor keeps it of the size of an embedding's.
    projections = _draw(generator, 3, EMBEDDING, EMBEDDING) / EMBEDDING**0.5
    words = _draw(generator, 1, num_words, EMBEDDING)
    pad = _draw(generator, 1, 1, EMBEDDING).expand(1, num_pads, EMBEDDING)
    embeddings = torch.cat((words, pad), dim=1)
    return embeddings, *(embeddings @ projection for projection in projections)


def _draw(generator: torch.Generator, *shape: int) -> Tensor:
    """Normal random numbers in double precision, so that rounding differs between machines far behind the point."""
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _segments(asked: ToyMask) -> tuple[tuple[int, ...]] | None:
    return None if asked.segments is None else (asked.segments,)


def _checked_words(text: str, asked: ToyMask, seed: int) -> tuple[str, ...]:
    words = tuple(text.split())
    if not words:
        raise InputError('the worked example needs words, such as "The cat sat on the mat", but the text is empty')
    _refuse_wrong_numbers(asked, seed)
    if len(words) + asked.pad > MOST_POSITIONS:
        raise InputError(
            f"the worked example shows every number, so it takes at most {MOST_POSITIONS} words and pads, "
            f"but is given {len(words):,} words and {asked.pad:,} pads; give it a shorter sentence"
        )
    if asked.prefix is not None and asked.prefix > len(words):
        raise InputError(f"the prefix is {asked.prefix} words, but the sentence has only {len(words)}")
    if asked.segments is not None and (sum(asked.segments) != len(words) or min(asked.segments) < 1):
        given = ",".join(map(str, asked.segments))
        raise InputError(
            f"the segments {given} must be lengths of at least 1 that add up to the number of words, {len(words)}, "
            f"but add up to {sum(asked.segments)}"
        )
    return words


def _refuse_wrong_numbers(asked: ToyMask, seed: int) -> None:
    numbers = {"pad": asked.pad, "window": asked.window, "prefix": asked.prefix, "seed": seed}
    wrong = {name: number for name, number in numbers.items() if number is not None and not 0 <= number < 2**63}
    if wrong:
        name, number = next(iter(wrong.items()))
        raise InputError(f"{name} must be a whole number of at least 0, but is {number}")
