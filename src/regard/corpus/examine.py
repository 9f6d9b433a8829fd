"""Judges pair after pair: what it breaks by itself, whether it was seen before, whether the sides have shifted."""

from collections.abc import Container, Iterable, Iterator
from itertools import islice
from typing import Final, final

from regard.corpus.alignment import MisalignmentFinder, Suspicion
from regard.corpus.fingerprints import SeenBefore, fingerprints
from regard.corpus.pair import Pair, said
from regard.corpus.report import Report
from regard.corpus.rules import SEEN, Rules, Usual, fault_of

_BATCH_PAIRS: Final = 10_000


@final
class Examination:
    """One pass over a corpus, in memory that grows by eight bytes a pair.

    Attributes:
        report: how many pairs passed, and how many did not for which reason.
        usual: what the first 10,000 pairs are like, which all are compared with; ``None`` before the first.
        suspicion: after the pass, where the two sides seem to shift against each other.
    """

    def __init__(self, rules: Rules, *, tolerates: Container[str] = (), names_files: bool = False) -> None:
        """Begins a pass.

        Args:
            rules: what a pair may be like.
            tolerates: faults that are counted, but for which a pair is not left out.
            names_files: as for ``Report``.
        """
        self.report = Report(names_files=names_files)
        self.usual: Usual | None = None
        self.suspicion: Suspicion | None = None
        self._rules = rules
        self._tolerates = tolerates
        self._seen = SeenBefore()

    def judge(self, pairs: Iterable[Pair]) -> Iterator[tuple[Pair, str | None]]:
        """Every pair with the reason why it is left out, ``None`` for those that stay."""
        finder = MisalignmentFinder()
        remaining = iter(pairs)
        while batch := list(islice(remaining, _BATCH_PAIRS)):
            for pair in batch:
                finder.add(pair)
            for pair, fault in zip(batch, self._faults(batch), strict=True):
                yield pair, self._counted(pair, fault)
        if self._rules.check_alignment:
            self.suspicion = finder.finish()

    def _counted(self, pair: Pair, fault: str | None) -> str | None:
        if fault is None:
            self.report.keep()
        elif fault in self._tolerates:
            self.report.keep_despite(fault, pair.origin)
            return None
        else:
            self.report.drop(fault, pair.origin)
        return fault

    def _faults(self, batch: list[Pair]) -> list[str | None]:
        self.usual = self.usual or Usual.of(batch)
        faults = [fault_of(pair, self._rules, self.usual) for pair in batch]
        if self._rules.drop_seen:
            sound = [place for place, fault in enumerate(faults) if fault is None]
            keys = fingerprints(f"{said(batch[place].source)}\0{said(batch[place].target)}" for place in sound)
            for place, is_seen in zip(sound, self._seen.add(keys).tolist(), strict=True):
                faults[place] = SEEN if is_seen else None
        return faults
