"""What was prepared from a corpus, kept on disk: made once, found again by what it was made from, checked before use.

CACHE/NAME-0123456789abcdef/    one thing each; the number is the sha256 of everything it depends on
    facts.json                  plain numbers and sentences about it
    …                           its files
    manifest.json               size and sha256 of all of these, written last

A folder is written aside and renamed, so a preparation that is killed leaves nothing that looks finished. One process
prepares at a time; others wait and find it done. Where files cannot be locked, each prepares in a folder of its own,
and the first that is ready puts it in place. What is there already is read without a lock, so that it can lie where
nobody may write.
"""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

from regard.disk import SealError, check_file, held, machine_errors, read_seal, seal, seal_of, written_aside
from regard.errors import InUseError, MachineError

_KIND: Final = "regard-prepared/1"
_FACTS: Final = "facts.json"
_DIGITS: Final = 16
_WAIT_SECONDS: Final = 1.0

Facts = dict[str, Any]
Make = Callable[[Path], Facts]
Note = Callable[[str], None]


@final
@dataclass(frozen=True, slots=True)
class Prepared:
    """One thing in the cache: its folder, the facts about it, and the number that stands for what it was made from."""

    folder: Path
    facts: Facts
    key: str


@final
class Cache:
    """A folder of prepared things.

    Args:
        root: the folder; made when something is put into it.
        note: told of what is found damaged or waited for.
    """

    def __init__(self, root: Path, *, note: Note) -> None:
        self.root = root
        self._note = note

    def get(self, name: str, depends_on: Mapping[str, Any], make: Make) -> Prepared:
        """What was prepared from this before; else what ``make`` puts into the folder it is given, and its facts.

        Every file is compared with its hash. What is damaged is made again, and that is said.

        Raises:
            DiskFullError: no space is left to prepare it; nothing is left behind.
            MachineError: it has to be prepared, and the cache cannot be written.
        """
        key = hashlib.sha256(json.dumps(depends_on, sort_keys=True).encode()).hexdigest()
        folder = self.root / f"{name}-{key[:_DIGITS]}"
        if _fault(folder) is not None:
            self._prepare(folder, make)
        return Prepared(folder, json.loads((folder / _FACTS).read_text(encoding="utf-8")), key)

    def _prepare(self, folder: Path, make: Make) -> None:
        """Has it made, unless another process has done that while this one waited."""
        with machine_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
        with self._alone() as is_alone:
            if not self._is_sound(folder):
                (_make if is_alone else self._make_first)(folder, make)

    def _is_sound(self, folder: Path) -> bool:
        if not folder.exists():
            return False
        fault = _fault(folder)
        if fault is not None:
            self._note(f"{folder} is not as it was prepared ({fault}); it is prepared again")
        return fault is None

    def _make_first(self, folder: Path, make: Make) -> None:
        """Prepares beside others that may do the same at this time; what one of them put in place meanwhile stays."""
        with machine_errors(folder), tempfile.TemporaryDirectory(prefix=f".{folder.name}.", dir=self.root) as own:
            made = Path(own) / folder.name
            _make(made, make)
            if self._is_sound(folder):
                return
            if folder.exists():
                folder.rename(Path(own) / "damaged")
            try:
                made.rename(folder)
            except OSError:  # another was quicker by a moment
                if not self._is_sound(folder):
                    raise

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Waits until no other process prepares anything here; gives False where files cannot be locked."""
        is_told = False
        while True:
            try:
                with held(self.root) as is_locked:
                    yield is_locked
                    return
            except InUseError as error:
                if not is_told:
                    self._note(f"waiting: {error}")
                is_told = True
                time.sleep(_WAIT_SECONDS)


def _fault(folder: Path) -> str | None:
    """Why a folder cannot be used as something prepared; None if it can."""
    try:
        for file, expected in read_seal(folder, kind=_KIND).items():
            check_file(folder / file, expected)
    except (SealError, OSError) as error:
        return str(error)
    return None


def _make(folder: Path, make: Make) -> None:
    with written_aside(folder, replace=True) as aside:
        facts = make(aside)
        (aside / _FACTS).write_text(json.dumps(facts, ensure_ascii=False, indent=1), encoding="utf-8")
        seal(aside, kind=_KIND)


def default_root() -> Path:
    """Where prepared corpora lie if nothing else is said: ``$XDG_CACHE_HOME/regard``, usually ``~/.cache/regard``.

    Raises:
        MachineError: this user has no home.
    """
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regard"
    except RuntimeError:
        raise MachineError(
            "there is no home folder to keep a prepared corpus in; name a folder for that with data.cache, or set "
            "XDG_CACHE_HOME to one"
        ) from None


def content_of(path: Path) -> list[str | int]:
    """What tells a file from another: its size and the hash of its content, whatever it is called."""
    fact = seal_of(path)
    return [fact.bytes, fact.sha256]
