"""Files that are read several times must stay the same meanwhile; what the system says of them shows whether they did.

Reading a large corpus once more to compare its contents would take long. Sizes, times and inodes cost nothing, and a
file that was changed and changed back is noticed too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

from regard.errors import CorpusError
from regard.runs.cache import Facts, Make

_Stamp = tuple[int, int, int] | None


@final
@dataclass(frozen=True, slots=True)
class Stamped:
    """Some files as they were at one moment: size, time of the last change, inode."""

    stamps: Mapping[Path, _Stamp]

    @classmethod
    def of(cls, files: Iterable[Path]) -> "Stamped":
        """As they are now."""
        return cls({file: _stamp(file) for file in files})

    def during(self, make: Make) -> Make:
        """The same ``make``; but if a file is not as it was once that is done, a CorpusError says so."""

        def make_of_the_same(folder: Path) -> Facts:
            facts = make(folder)
            for file, stamp in self.stamps.items():
                if _stamp(file) != stamp:
                    raise changed(file)
            return facts

        return make_of_the_same


def changed(path: Path) -> CorpusError:
    """What to say of a file or folder that somebody wrote to."""
    return CorpusError(
        f"{path} changed while it was prepared, so nothing of that is kept; begin again when it is complete"
    )


def _stamp(file: Path) -> _Stamp:
    """None for a file that cannot be looked at: who reads it says why."""
    try:
        facts = file.stat()
    except OSError:
        return None
    return facts.st_size, facts.st_mtime_ns, facts.st_ino
