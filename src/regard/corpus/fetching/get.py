"""A corpus by its name: fetched, verified, unpacked, its lines counted; the folder appears whole or not at all."""

import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from regard.corpus.fetching.catalogue import ORIGIN, Entry
from regard.corpus.fetching.disk import disk_errors
from regard.corpus.fetching.download import Downloader, Tell, Wait
from regard.corpus.fetching.unpack import unpack
from regard.corpus.lines import count_lines
from regard.corpus.writing import new_folder, refuse_existing
from regard.errors import CorpusError


def get_corpus(
    entry: Entry, out: Path, *, tell: Tell, digests: Sequence[str] = (), wait: Wait = time.sleep
) -> dict[str, int]:
    """Makes a folder with a public corpus and ``ORIGIN.txt``, which says where it is from and what its licence is.

    What has been fetched is kept in ``.NAME.fetched`` beside the folder until it is complete, so that another call goes
    on where this one was stopped.

    Args:
        entry: what to fetch.
        out: the folder to make.
        tell: is told what goes on; the licence first.
        digests: sha256 digests for files of which the catalogue has none, each ``DIGEST`` or ``FILE=DIGEST``.
        wait: waits some seconds before another attempt.

    Returns:
        How many lines each file has.

    Raises:
        OutputExistsError: ``out`` is there already.
        CorpusError: a digest is missing, or what was fetched is not what the catalogue says.
        CheckError: a sha256 is wrong.
        DownloadError: something cannot be fetched.
        MachineError: the disk is full, or cannot be written.
    """
    refuse_existing(out)
    known = entry.with_digests(digests)
    tell(f"{entry.title}\nlicence: {_licence(entry)}")
    fetched = out.parent / f".{out.name}.fetched"
    try:
        archives = list(map(Downloader(fetched, tell=tell, wait=wait).fetch, known.files))
    finally:
        with suppress(OSError):
            fetched.rmdir()  # only where nothing has arrived
    with disk_errors(out), new_folder(out) as folder:
        for archive, file in zip(archives, known.files, strict=True):
            unpack(archive, file, folder)
        counts = _counts(known, folder)
        (folder / ORIGIN).write_text(_origin(known), encoding="utf-8")
    shutil.rmtree(fetched, ignore_errors=True)
    return counts


def _counts(entry: Entry, folder: Path) -> dict[str, int]:
    names = [name for file in entry.files for name in file.names.values()]
    counts = {name: count_lines(folder / name) for name in names}
    for source, target in entry.pairs:
        if counts[source] != counts[target]:
            raise CorpusError(
                f"{entry.name}: {source} has {counts[source]:,} lines but {target} has {counts[target]:,}; they should "
                "be translations line by line, so this is another corpus than the catalogue means"
            )
    return counts


def _licence(entry: Entry) -> str:
    return f"{entry.licence}; see {entry.licence_url}" if entry.licence_url else entry.licence


def _origin(entry: Entry) -> str:
    about = [f"about: {entry.about}"] if entry.about else []
    files = [f"{file.url}\n    sha256 {file.sha256}" for file in entry.files]
    return "\n".join([entry.title, f"licence: {_licence(entry)}", *about, "fetched from:", *files, ""])
