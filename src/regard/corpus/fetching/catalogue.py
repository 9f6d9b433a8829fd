"""What a catalogue says about a corpus: its files, their digests, its licence."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, final
from urllib.parse import urlsplit

from regard.errors import CorpusError

Packing = Literal["none", "gzip", "zip", "tar"]

DIGEST: Final = re.compile("[0-9a-f]{64}")
ORIGIN: Final = "ORIGIN.txt"  # stands beside the files of a corpus


@final
@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch, and what to make of it.

    Args:
        url: where it lies.
        sha256: what its bytes hash to, as they are fetched; None where nobody has said.
        num_bytes: its size, if it is known.
        most_bytes: more than this is neither fetched nor unpacked.
        packing: how it is packed.
        names: names in the finished folder, by the name inside the archive ("" where there is just the one file).
    """

    url: str
    sha256: str | None
    num_bytes: int | None
    most_bytes: int
    packing: Packing
    names: Mapping[str, str]

    @property
    def name(self) -> str:
        """The last part of the address."""
        return urlsplit(self.url).path.rpartition("/")[2]

    @property
    def limit(self) -> int:
        """How many bytes may arrive."""
        return self.num_bytes or self.most_bytes


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """A corpus: what it is, who allows what, its files, and which of them are pairs."""

    name: str
    title: str
    licence: str
    files: tuple[RemoteFile, ...]
    licence_url: str = ""
    about: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    next_commands: tuple[str, ...] = ()

    def with_digests(self, given: Sequence[str]) -> "Entry":
        """The entry with the digests a user gives, each ``DIGEST`` or ``FILE=DIGEST``.

        Raises:
            CorpusError: a digest is none, belongs to no file, or contradicts the catalogue; or one is still missing.
        """
        files = list(self.files)
        for text in given:
            place, digest = self._place_of(text)
            known = files[place].sha256
            if known not in (None, digest):
                raise CorpusError(
                    f"the catalogue says that the sha256 of {files[place].name} is {known}, but {digest} is given; "
                    "leave --sha256 out, or put the other file into a catalogue of your own"
                )
            files[place] = replace(files[place], sha256=digest)
        for file in files:
            if file.sha256 is None:
                raise CorpusError(_unknown_digest(file))
        return replace(self, files=tuple(files))

    def _place_of(self, text: str) -> tuple[int, str]:
        name, _, digest = text.rpartition("=")
        digest = digest.strip().lower()
        if not DIGEST.fullmatch(digest):
            raise CorpusError(f"--sha256 {text}: a sha256 has 64 hexadecimal digits, as sha256sum prints it")
        open_places = [place for place, file in enumerate(self.files) if file.sha256 is None] or [0]
        if not name and len(open_places) == 1:
            return open_places[0], digest
        for place, file in enumerate(self.files):
            if file.name == name:
                return place, digest
        names = ", ".join(file.name for file in self.files)
        raise CorpusError(f"--sha256 {text}: say which file it belongs to, as in FILE=DIGEST; there are {names}")


@final
@dataclass(frozen=True, slots=True)
class Catalogue:
    """Entries by name."""

    entries: Mapping[str, Entry]

    def entry(self, name: str) -> Entry:
        """The entry of a name.

        Raises:
            CorpusError: there is none.
        """
        if name not in self.entries:
            close = difflib.get_close_matches(name, self.entries, n=1)
            hint = f"; did you mean {close[0]}?" if close else ""
            raise CorpusError(f"no corpus is called {name!r}{hint} (there are {', '.join(self.entries)})")
        return self.entries[name]


def _unknown_digest(file: RemoteFile) -> str:
    return (
        f"the sha256 of {file.name} is not known, so what arrives could not be verified. Ask a source you trust for "
        f"it, or let sha256sum print that of {file.url} where you fetched it safely; then give it with --sha256 "
        "DIGEST, or write it into a catalogue of your own (--catalogue FILE)"
    )
