"""Looks a corpus over before anything is learned from it, and says what is wrong where."""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final, final

from regard.corpus.alignment import Suspicion, describe, describe_sides
from regard.corpus.examine import Examination
from regard.corpus.files import STANDARD_INPUT
from regard.corpus.formats.reading import AS_STATED, Reading
from regard.corpus.formats.registry import BY_RECORD, PARTLY_TRANSLATED, suffix_of
from regard.corpus.pair import Pair
from regard.corpus.pairs import is_by_line, read_every_pair
from regard.corpus.report import ONE_SIDED, Report
from regard.corpus.rules import GARBLED, Rules
from regard.corpus.shards import Shard, shards_of
from regard.corpus.survey import FileFacts, survey
from regard.errors import CorpusError

_DAMAGE: Final = (ONE_SIDED, GARBLED)
Judged = Iterator[tuple[Pair, str | None]]


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found.

    Args:
        source: the source side, or the file of both sides.
        target: the target side, if it is a file of its own.
        files: facts about each file; none for standard input, which is read only once.
        report: how many pairs would be left out for which reason.
        ratio: the usual length of a target sentence by that of its source, ten characters added to both.
        suspicion: where the sides seem to shift against each other.
        suspected: the file that is about, or the two files.
        partly_translated: whether the format is one in which a missing translation is nothing wrong.
    """

    source: Path
    target: Path | None
    files: tuple[FileFacts, ...]
    report: Report
    ratio: float
    suspicion: Suspicion | None
    suspected: Shard | None = None
    partly_translated: bool = False

    @property
    def is_damaged(self) -> bool:
        """Whether something went wrong with the files: not just sentences one would rather not learn from."""
        return self.has_lost_sentences or self.suspicion is not None or any(facts.odd for facts in self.files)

    @property
    def has_lost_sentences(self) -> bool:
        """Whether sentences are missing on one side, or garbled."""
        damage = (GARBLED,) if self.partly_translated else _DAMAGE
        return any(reason in self.report.dropped for reason in damage)

    def lines(self) -> list[str]:
        """The findings as sentences for people."""
        facts = [line for file in self.files for line in file.lines()]
        usual = [f"the target is usually {self.ratio:.2f} times as long as the source"] if self.report.kept else []
        shift = [] if self.shift is None else [self.shift]
        return [*facts, *self.report.lines(), *usual, *shift]

    @property
    def shift(self) -> str | None:
        """Where the sides seem to shift against each other, as a sentence."""
        if self.suspicion is None or self.suspected is None:
            return None
        return _explained(self.suspicion, self.suspected)


@dataclass(frozen=True, slots=True)
class CheckedPairs:
    """The pairs of a corpus that can be learned from, and what the check said."""

    pairs: list[Pair]
    result: CheckResult


def check_corpus(
    source: Path, target: Path | None = None, *, rules: Rules | None = None, reading: Reading = AS_STATED
) -> CheckResult:
    """Reads a corpus from end to end and changes nothing.

    Args:
        source: as for ``read_pairs``.
        target: as for ``read_pairs``.
        rules: what a pair may be like.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: the corpus cannot be read as pairs at all.
    """
    checking = Checking(source, target, rules=rules, reading=reading)
    for _ in checking:
        pass
    return checking.result()


def read_checked(
    source: Path,
    target: Path | None = None,
    *,
    rules: Rules | None = None,
    tolerates: Container[str] = (),
    reading: Reading = AS_STATED,
) -> CheckedPairs:
    """Checks a corpus while it is read, and keeps the pairs that stay.

    Args:
        source: as for ``read_pairs``.
        target: as for ``read_pairs``.
        rules: what a pair may be like.
        tolerates: faults that are counted, but for which a pair is kept all the same.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: the corpus cannot be read as pairs at all.
    """
    checking = Checking(source, target, rules=rules, tolerates=tolerates, reading=reading)
    pairs = [pair for pair, reason in checking if reason is None]
    return CheckedPairs(pairs, checking.result())


@final
class Checking:
    """A check under way, for who cannot keep all pairs: each with the reason why it is left out, then the result.

    Args:
        source: as for ``read_pairs``; or a folder of such files, or a path with ``*`` (see ``shards_of``).
        target: as for ``source``.
        rules: what a pair may be like.
        tolerates: faults that are counted, but for which a pair is kept all the same.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: the corpus cannot be read as pairs at all.
    """

    def __init__(
        self,
        source: Path,
        target: Path | None = None,
        *,
        rules: Rules | None = None,
        tolerates: Container[str] = (),
        reading: Reading = AS_STATED,
    ) -> None:
        self.source = source
        self.target = target
        self.shards = shards_of(source, target)
        surveyed = [_surveyed(shard, reading) for shard in self.shards]
        self.files = tuple(fact for facts, _ in surveyed for fact in facts)
        names_files = len(self.shards) > 1
        self._examination = Examination(rules or Rules(), tolerates=tolerates, names_files=names_files)
        self._judged = self._examination.judge(chain.from_iterable(pairs for _, pairs in surveyed))

    def __iter__(self) -> Judged:
        """Every pair with the reason why it is left out, ``None`` for those that stay."""
        return self._judged

    def result(self) -> CheckResult:
        """What was found, once all pairs were taken."""
        usual, suspicion = self._examination.usual, self._examination.suspicion
        return CheckResult(
            source=self.source,
            target=self.target,
            files=self.files,
            report=self._examination.report,
            ratio=usual.ratio if usual else 1.0,
            suspicion=suspicion,
            suspected=None if suspicion is None else self._shard_of(suspicion.pair),
            partly_translated=self.target is None and suffix_of(self.shards[0].source) in PARTLY_TRANSLATED,
        )

    def _shard_of(self, pair: Pair) -> Shard:
        return next(shard for shard in self.shards if str(shard.source) == pair.origin.file)


def _surveyed(shard: Shard, reading: Reading) -> tuple[tuple[FileFacts, ...], Iterator[Pair]]:
    """Facts about files of lines, which are read as bytes, and their pairs, to be read a second time."""
    source, target = shard.source, shard.target
    if STANDARD_INPUT in (source, target) or not is_by_line(source, target):
        return (), read_every_pair(source, target, reading=reading)
    if target is None:
        pairs = read_every_pair(source, reading=reading)
        return (survey(source),), pairs
    left, right = survey(source), survey(target)
    return (left, right), read_every_pair(source, target, counts=(left.num_lines, right.num_lines))


def _explained(suspicion: Suspicion, shard: Shard) -> str:
    """A suspicion as a sentence."""
    source, target, number = shard.source, shard.target, f"{suspicion.pair.origin.line:,}"
    if target is None:
        unit = "record" if suffix_of(source) in BY_RECORD else "line"
        return describe_sides(suspicion, f"{unit} {number} of {source}")
    if is_by_line(source, target):
        fault = describe(suspicion, f"line {number}", source, target)
        return f"{source} and {target} have the same number of lines, but {fault}"
    fault = describe(suspicion, f"line {number} of {source}", source, target)
    return f"{source} and {target} are put together by time, but {fault}"


def require_sound(result: CheckResult) -> None:
    """Ends a check that found damage.

    Raises:
        CorpusError: the result is damaged; it says what it is about and what to do.
    """
    if not result.is_damaged:
        return
    files = str(result.source) if result.target is None else f"{result.source} and {result.target}"
    if result.suspicion is not None:
        raise CorpusError(f"{files}: the sides seem shifted against each other, as said above; repair them first")
    if result.has_lost_sentences:
        raise CorpusError(f"{files}: sentences are damaged, as said above; `regard corpus clean` writes what is sound")
    raise CorpusError(f"{files}: other programs may count other lines, as said above; Regard reads them line by line")
