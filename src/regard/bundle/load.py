"""Loads a model folder, after everything in it has been checked against everything else.

The order matters: sizes before hashes, hashes before contents, the header before any tensor, settings before any
network. Nothing large is allocated for a folder that is damaged or lies.
"""

import logging
import os
import stat
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from regard.bundle.bundle import Bundle
from regard.bundle.fit import FitError, check_fit
from regard.bundle.header import Header, HeaderError, read_header
from regard.bundle.manifest import (
    CONFIG,
    COPY_AGAIN,
    FILES,
    MANIFEST,
    SHORTLIST,
    TOKENIZER,
    WEIGHTS,
    FileFact,
    Manifest,
    parse_manifest,
)
from regard.bundle.tensors import read_tensors
from regard.disk import legible, seal_of, standing
from regard.errors import BundleError, SettingsError, TextError
from regard.settings import Settings, settings_from_json
from regard.text import Tokenizer
from regard.text.shortlist import Shortlist

MODEL: Final = "model"
"""The name of the bundle's folder inside a run folder."""

_MOST_BYTES: Final = {MANIFEST: 4 << 20, CONFIG: 1 << 20, TOKENIZER: 256 << 20}
_ATTEMPTS: Final = 3

_log = logging.getLogger("regard.bundle")


def name_of(folder: Path) -> str:
    """What a model in this folder is called. Names are written into files and sent, so what is no UTF-8 is replaced."""
    return legible(folder.resolve().name)


def load_bundle(folder: Path) -> Bundle:
    """The model in ``folder``, or in the ``model/`` of a run folder, verified down to the last byte.

    If replacing the model was interrupted, the model from before is loaded; ``notices`` and the log say so.

    Raises:
        BundleError: the folder is missing, damaged, or not what it says it is; the message names the file.
    """
    for attempt in range(_ATTEMPTS):
        found, notices = _found(folder)
        identity = _identity(found)
        try:
            bundle = verify(found, notices)
        except BundleError:
            # A run that is training may have put a better model in place while this one was being read.
            if attempt + 1 < _ATTEMPTS and _identity(found) != identity:
                continue
            raise
        break
    for notice in bundle.notices:
        _log.warning(notice)
    return bundle


def verify(folder: Path, notices: tuple[str, ...] = ()) -> Bundle:
    """The model in exactly this folder, every part checked against every other.

    Raises:
        BundleError: something is missing, damaged, or does not belong to the rest.
    """
    manifest = parse_manifest(_content(folder, MANIFEST), path=folder / MANIFEST)
    _check_names(folder, manifest)
    for name, fact in manifest.files.items():
        _check_size(folder, name, fact)
    header = _header(folder)
    for name, fact in manifest.files.items():
        _check_hash(folder, name, fact)
    settings = _settings(folder)
    tokenizer = _content(folder, TOKENIZER)
    try:
        vocab_size = Tokenizer.from_bytes(tokenizer).vocab_size
        check_fit(header, manifest.aliases, settings.model, vocab_size)
    except TextError as error:
        raise BundleError(f"{folder / TOKENIZER} cannot be used: {error}") from None
    except FitError as error:
        raise BundleError(f"{folder / WEIGHTS} cannot be used: {error}") from None
    return Bundle(folder, settings, tokenizer, manifest, notices, _shortlist(folder, manifest, vocab_size))


def _found(folder: Path) -> tuple[Path, tuple[str, ...]]:
    try:
        return _find(folder)
    except (OSError, ValueError) as error:  # no permission, a name too long, a null byte in it
        raise BundleError(f"{str(folder)!r:.200} cannot be read: {error}; name the folder of a model") from None


def _find(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """The folder that holds the manifest, and what the user should know about it."""
    for candidate in (folder, folder / MODEL):
        place = standing(candidate)
        if place is None or not (place / MANIFEST).exists():
            continue
        if place == candidate.resolve():
            return place, ()
        notice = f"{candidate} was being replaced when the machine stopped: using the model from before, {place}"
        return place, (notice,)
    raise BundleError(_nothing_found(folder))


def _nothing_found(folder: Path) -> str:
    if not folder.exists():
        return f"there is no model at {folder}; train one with `regard train --out {folder}`"
    if not folder.is_dir():
        return f"{folder} is a file, but the folder of a model or of a run is expected"
    return f"{folder} holds no model: it has no {MANIFEST}, nor has its folder {MODEL}"


def _identity(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _check_names(folder: Path, manifest: Manifest) -> None:
    """The manifest names the files of a model, no others, and nothing else lies in the folder."""
    for name in manifest.files:
        if name not in (*FILES, SHORTLIST):
            raise BundleError(
                f"{folder / MANIFEST} names the file {name!r:.80}, but a model has only {', '.join(FILES)}"
            )
    for name in FILES:
        if name not in manifest.files:
            raise BundleError(f"{folder / MANIFEST} does not name {name}; {COPY_AGAIN}")
    for name in _listing(folder):
        if name not in (*manifest.files, MANIFEST) and not name.startswith("."):
            raise BundleError(
                f"{folder} holds {name!r}, which its {MANIFEST} does not name; remove it, or {COPY_AGAIN}"
            )


def _listing(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise BundleError(f"{folder} cannot be read: {error.strerror}") from error


def _check_size(folder: Path, name: str, fact: FileFact) -> None:
    size = _status(folder, name).st_size
    if size != fact.bytes:
        raise BundleError(f"{folder / name} has {size} bytes, but {fact.bytes} are expected; {COPY_AGAIN}")


def _check_hash(folder: Path, name: str, fact: FileFact) -> None:
    try:
        digest = seal_of(folder / name).sha256
    except OSError as error:
        raise _unreadable(folder / name, error) from error
    if digest != fact.sha256:
        hashes = f"its sha256 begins {digest[:12]}, but {fact.sha256[:12]} is expected"
        raise BundleError(f"{folder / name} is damaged: {hashes}; {COPY_AGAIN}")


def _header(folder: Path) -> Header:
    path = folder / WEIGHTS
    try:
        with path.open("rb") as file:
            return read_header(file, path.stat().st_size)
    except HeaderError as error:
        raise BundleError(f"{path} {error}; {COPY_AGAIN}") from None
    except OSError as error:
        raise _unreadable(path, error) from error


def _shortlist(folder: Path, manifest: Manifest, vocab_size: int) -> Shortlist | None:
    if SHORTLIST not in manifest.files:
        return None
    path = folder / SHORTLIST
    try:
        tensors = read_tensors(path, sha256=manifest.files[SHORTLIST].sha256)
        return Shortlist.of_arrays({name: _ids(name, tensor) for name, tensor in tensors.items()}, vocab_size)
    except HeaderError as error:
        raise BundleError(f"{path} {error}; {COPY_AGAIN}") from None
    except TextError as error:
        raise BundleError(f"{path} cannot be used: {error}") from None
    except OSError as error:
        raise _unreadable(path, error) from error


def _ids(name: str, tensor: Tensor) -> NDArray[np.int32]:
    if tensor.dtype != torch.int32:
        raise HeaderError(f"holds {name!r:.80} as {tensor.dtype}, but torch.int32 is expected")
    ids: NDArray[np.int32] = tensor.numpy()
    return ids


def _settings(folder: Path) -> Settings:
    try:
        return settings_from_json(_content(folder, CONFIG), where=str(folder / CONFIG))
    except SettingsError as error:
        raise BundleError(f"{folder / CONFIG} cannot be used: {error}") from None


def _content(folder: Path, name: str) -> bytes:
    """All of a small file, after its size is known to be sensible."""
    status = _status(folder, name)
    if status.st_size > _MOST_BYTES[name]:
        raise BundleError(f"{folder / name} has {status.st_size} bytes, but at most {_MOST_BYTES[name]} are expected")
    try:
        with (folder / name).open("rb") as file:
            return file.read(_MOST_BYTES[name])
    except OSError as error:
        raise _unreadable(folder / name, error) from error


def _status(folder: Path, name: str) -> os.stat_result:
    """What the system knows of a file that really lies in the folder."""
    path = folder / name
    try:
        resolved, status = Path(os.path.realpath(path)), path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not resolved.is_relative_to(folder.resolve()):
        raise BundleError(f"{path} leads outside the folder, to {resolved}; put the file itself there")
    if not stat.S_ISREG(status.st_mode):
        raise BundleError(f"{path} is not a regular file; {COPY_AGAIN}")
    return status


def _unreadable(path: Path, error: OSError) -> BundleError:
    return BundleError(f"{path} cannot be read: {error.strerror}; {COPY_AGAIN}")
