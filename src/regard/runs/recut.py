"""Training sentences cut into other subwords each epoch, so that a network sees a word in ever new pieces.

BPE-dropout (Provilkov et al. 2020) and, for unigram vocabularies, subword regularisation (Kudo 2018). Validation and
translation never do this: they cut text in the one best way.
"""

from collections.abc import Callable
from typing import final

import numpy as np

from regard.batches import EncodedPairs, Ragged
from regard.batches.encoded import IntArray
from regard.text import Tokenizer
from regard.text.cutting import Drawing, FlatIds, cut_anew
from regard.text.workers import CuttingWorker

_Key = tuple[int, int, int]


@final
class Recutting:
    """Cuts the pairs of an epoch. The same seed, epoch and sentence give the same ids, so a resumed run has them too.

    The text is what the ids of the best cut spell, so nothing but ids has to be kept of a corpus.

    Args:
        tokenizer: what cuts them.
        alpha: as for ``Tokenizer.sample``.
        seed: of the run.
        max_tokens: a sentence that would get longer than this stays as it is.
        ahead: whether a program beside this one cuts what will be asked for next.
        tell: is told if that program has ended before its time.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        *,
        alpha: float,
        seed: int,
        max_tokens: int,
        ahead: bool = False,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.tokenizer = tokenizer
        self.alpha = alpha
        self.seed = seed
        self.max_tokens = max_tokens
        self.ahead = ahead
        self._tell = tell
        self._worker: CuttingWorker | None = None
        self._expected: _Key | None = None

    def __call__(self, pairs: EncodedPairs, numbers: IntArray, epoch: int) -> EncodedPairs:
        """The pairs as they are cut in this epoch."""

        def here() -> FlatIds:
            return cut_anew(self.tokenizer, *_asked(pairs, numbers), self._drawing(epoch))

        if self._worker is not None and self._expected == _key(numbers, epoch):
            self._expected = None
            return _paired(self._worker.fetch(otherwise=here))
        self.close()  # it is busy with what nobody wants any more
        return _paired(here())

    def expect(self, pairs: EncodedPairs, numbers: IntArray, epoch: int) -> None:
        """Begins to cut pairs that will be asked for next, if there is a program to do it."""
        if not self.ahead:
            return
        self._worker = self._worker or CuttingWorker(self.tokenizer, tell=self._tell)
        self._worker.ask_anew(*_asked(pairs, numbers), self._drawing(epoch))
        self._expected = _key(numbers, epoch)

    def close(self) -> None:
        """Ends the program, if there is one."""
        if self._worker is not None:
            self._worker.close()
        self._worker, self._expected = None, None

    def _drawing(self, epoch: int) -> Drawing:
        return Drawing(alpha=self.alpha, seed=self.seed, epoch=epoch, max_tokens=self.max_tokens)


def _key(numbers: IntArray, epoch: int) -> _Key:
    """Tells windows apart: those of an epoch begin with different pairs."""
    return epoch, len(numbers), int(numbers[0]) if len(numbers) else -1


def _asked(pairs: EncodedPairs, numbers: IntArray) -> tuple[FlatIds, list[int]]:
    """All source sentences, then all target ones. In the corpus, sources have even numbers, targets the odd ones."""
    source, target = pairs.source, pairs.target
    ids = np.concatenate([source.ids, target.ids]).astype(np.int32, copy=False)
    offsets = np.concatenate([source.offsets, target.offsets[1:] + source.offsets[-1]])
    return FlatIds(ids, offsets), np.concatenate([2 * numbers, 2 * numbers + 1]).tolist()


def _paired(cut: FlatIds) -> EncodedPairs:
    middle = len(cut.offsets) // 2
    split = int(cut.offsets[middle])
    source = Ragged(cut.ids[:split], cut.offsets[: middle + 1])
    return EncodedPairs(source, Ragged(cut.ids[split:], cut.offsets[middle:] - split))
