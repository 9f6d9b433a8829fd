"""A seal: the size and hash of every file of a folder, written last, so that damage is noticed before it is used."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, final

SEAL: Final = "manifest.json"
_MOST_BYTES: Final = 4 << 20


class SealError(ValueError):
    """A folder that is not as it was sealed; the message says which file shows it."""


@final
@dataclass(frozen=True, slots=True)
class FileSeal:
    """The size and sha256 one file must have."""

    bytes: int
    sha256: str

    def __post_init__(self) -> None:
        """Refuses what only looks like a seal.

        Raises:
            TypeError: a value is of another type.
        """
        if type(self.bytes) is not int or type(self.sha256) is not str:
            raise TypeError("a seal is a number of bytes and a hash as text")


def seal_of(path: Path) -> FileSeal:
    """The size and hash of a file as it is now.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return FileSeal(file.tell(), sha256)


def seal(folder: Path, *, kind: str) -> None:
    """Writes the manifest of all files that lie in ``folder`` now. Nothing may be written into it afterwards.

    Args:
        folder: which one; it has no folders inside.
        kind: what the folder is, such as ``regard-state/2``; to be asked for when it is read.

    Raises:
        OSError: as the system says it.
    """
    files = {path.name: asdict(seal_of(path)) for path in sorted(folder.iterdir())}
    content = {"kind": kind, "files": files}
    (folder / SEAL).write_text(json.dumps(content | {"digest": _digest(content)}, indent=1), encoding="utf-8")


def read_seal(folder: Path, *, kind: str) -> dict[str, FileSeal]:
    """What each file of a sealed folder must hold; the sizes were compared, the contents not yet (``check_file``).

    Raises:
        SealError: the manifest is missing or damaged, the folder is of another kind, or a file is missing, has another
            size, or is not named.
    """
    found, seals = _content(folder / SEAL)
    if found != kind:
        raise SealError(f"it is of the kind {found!r:.60}, but {kind!r} is expected")
    sizes = {path.name: path.stat().st_size for path in folder.iterdir() if path.name != SEAL}
    for name, fact in seals.items():
        if sizes.get(name) != fact.bytes:
            found = f"has {sizes[name]:,} bytes" if name in sizes else "is missing"
            raise SealError(f"{name} {found}, but {fact.bytes:,} bytes are expected")
    if stranger := min(sizes.keys() - seals.keys(), default=None):
        raise SealError(f"{stranger} is not named in its {SEAL}")
    return seals


def check_file(path: Path, expected: FileSeal) -> None:
    """Reads a file to see that its contents are those that were sealed.

    Raises:
        SealError: they are not.
        OSError: it cannot be read.
    """
    found = seal_of(path)
    if found != expected:
        raise SealError(
            f"{path.name} is damaged: its sha256 begins {found.sha256[:12]}, but {expected.sha256[:12]} is expected"
        )


def _content(path: Path) -> tuple[Any, dict[str, FileSeal]]:
    """The kind and the seals that a manifest states."""
    try:
        with path.open("rb") as file:
            content: dict[str, Any] = json.loads(file.read(_MOST_BYTES))
        digest = content.pop("digest")
        kind, files = content["kind"], content["files"]
        seals = {name: FileSeal(**fact) for name, fact in files.items()}
    except FileNotFoundError:
        raise SealError(f"it has no {SEAL}, so it was never finished") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SealError(f"its {SEAL} is damaged ({type(error).__name__})") from None
    if digest != _digest({"kind": kind, "files": files}) or len(content) != 2:
        raise SealError(f"its {SEAL} does not have the hash it states, so it was changed or damaged")
    return kind, seals


def _digest(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
