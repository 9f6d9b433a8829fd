"""Training sentences cut into other subwords each epoch, so that a network sees a word in ever new pieces.

BPE-dropout (Provilkov et al. 2020) and, for unigram vocabularies, subword regularisation (Kudo 2018). Validation and
translation never do this: they cut text in the one best way.
"""

from collections.abc import Sequence
from typing import final

import numpy as np
import numpy.typing as npt

from regard.batches import EncodedPairs, Ragged
from regard.corpus import Pair
from regard.text import Tokenizer

Ids = Sequence[int] | npt.NDArray[np.int32]


@final
class Recutting:
    """Gives the pairs of an epoch. The same seed, epoch and sentence give the same ids, so a resumed run has them too.

    Args:
        plain: the pairs, cut in the best way.
        texts: the same pairs as text.
        tokenizer: what cuts them.
        alpha: as for ``Tokenizer.sample``.
        seed: of the run.
        max_tokens: a sentence that would get longer than this stays as it is in ``plain``.
    """

    def __init__(
        self,
        plain: EncodedPairs,
        texts: Sequence[Pair],
        tokenizer: Tokenizer,
        *,
        alpha: float,
        seed: int,
        max_tokens: int,
    ) -> None:
        self.plain = plain
        self.texts = texts
        self.tokenizer = tokenizer
        self.alpha = alpha
        self.seed = seed
        self.max_tokens = max_tokens

    def __call__(self, epoch: int) -> EncodedPairs:
        """The pairs as they are cut in this epoch, in the order of ``plain``."""
        return EncodedPairs(
            Ragged.of(
                self._cut(pair.source, epoch, 2 * number, self.plain.source) for number, pair in enumerate(self.texts)
            ),
            Ragged.of(
                self._cut(pair.target, epoch, 2 * number + 1, self.plain.target)
                for number, pair in enumerate(self.texts)
            ),
        )

    def _cut(self, text: str, epoch: int, sentence: int, plain: Ragged) -> Ids:
        """Source sentences have even numbers, their translations the odd ones behind them."""
        ids = self.tokenizer.sample(text, alpha=self.alpha, seed=self.seed, epoch=epoch, sentence=sentence)
        return ids if len(ids) <= self.max_tokens else plain[sentence // 2]
