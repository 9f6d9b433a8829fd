"""The files a run names become pairs; what the check finds on the way is refused, left out or told, never passed over.

Refused: files that are no pairs line by line, or whose sides seem shifted against each other. Left out: damaged pairs,
and unusual ones too if asked to (``data.clean``). Told: everything, with line numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regard.corpus import STANDARD_INPUT, CheckResult, Pair, Reading, Rules, read_checked
from regard.corpus.formats.reading import AS_STATED
from regard.corpus.rules import UNUSUAL
from regard.errors import CorpusError


@final
@dataclass(frozen=True)
class FilePairs:
    """Pairs that stay, ``num_unusual`` of them with a fault, and sentences about the files they come from."""

    pairs: list[Pair]
    notes: tuple[str, ...]
    num_unusual: int


def read_files(
    source: Path, target: Path | None, *, check_alignment: bool, clean: bool = False, reading: Reading = AS_STATED
) -> FilePairs:
    """Reads and checks two files, or one with both sides, in one go.

    Args:
        source: as for ``read_pairs``.
        target: as for ``read_pairs``.
        check_alignment: whether files whose sides seem shifted against each other are refused.
        clean: whether unusual pairs are left out too, not only damaged ones.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: there are no such files, they are no pairs, or their sides seem shifted.
    """
    rules = Rules(check_alignment=check_alignment)
    checked = read_checked(source, target, rules=rules, tolerates=() if clean else UNUSUAL, reading=reading)
    refuse_shifted(checked.result)
    num_unusual = sum(checked.result.report.kept_despite.values())
    return FilePairs(checked.pairs, tuple(notes_of(checked.result)), num_unusual)


def named(path: Path) -> str:
    """A file as a message calls it."""
    return "standard input" if path == STANDARD_INPUT else str(path)


def refuse_shifted(result: CheckResult) -> None:
    """Refuses files whose sides seem shifted against each other.

    Raises:
        CorpusError: they do; it says where.
    """
    if result.shift is not None:
        raise CorpusError(
            f"{result.shift}. Nothing was trained; if the files are "
            "right as they are, data.check_alignment=false lets them pass"
        )


def notes_of(result: CheckResult) -> Iterator[str]:
    """What a check found, as sentences."""
    for line in result.report.lines():
        yield f"{named(result.source)}: {line}"
    for file in result.files:
        yield from (f"{file.path}: {sign}" for sign in file.odd)
