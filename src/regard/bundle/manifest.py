"""``manifest.json``: what a model folder must contain, hash by hash, and where the model comes from."""

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from regard.bundle.facts import BundleFacts
from regard.disk import seal_of
from regard.errors import BundleError
from regard.settings.section import Section
from regard.version import __version__

MANIFEST: Final = "manifest.json"
WEIGHTS: Final = "model.safetensors"
CONFIG: Final = "config.json"
TOKENIZER: Final = "tokenizer.model"
FILES: Final = (WEIGHTS, CONFIG, TOKENIZER)
SHORTLIST: Final = "shortlist.safetensors"
"""Some models have one."""

SCHEMA_VERSION: Final = 1
COPY_AGAIN: Final = "copy the whole folder again from where it was made"

Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class FileFact(Section):
    """The size and hash one file must have."""

    bytes: int = Field(ge=0)
    sha256: Hash


class Manifest(Section):
    """The contents of ``manifest.json``. ``digest`` is the hash of all other fields, to notice damage to itself."""

    format: Literal["regard-model"] = "regard-model"
    schema_version: Literal[1] = SCHEMA_VERSION
    files: dict[str, FileFact]
    aliases: dict[str, str] = Field(description="names of tensors that share the memory of another")
    versions: dict[str, str]
    source_language: str
    target_language: str
    facts: BundleFacts
    digest: Hash

    def computed_digest(self) -> str:
        """What ``digest`` must be."""
        return _digest(self.model_dump(mode="json", exclude={"digest"}))

    def to_json(self) -> str:
        """The manifest as its file holds it."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def make_manifest(
    folder: Path, *, aliases: Mapping[str, str], languages: tuple[str, str], facts: BundleFacts
) -> Manifest:
    """The manifest of the files as they lie in ``folder`` now; ``languages`` are (source, target)."""
    unsigned = Manifest(
        files={
            name: _file_fact(folder / name) for name in (*FILES, SHORTLIST) if name in FILES or (folder / name).exists()
        },
        aliases=dict(aliases),
        versions={"regard": __version__, "torch": str(torch.__version__), "python": platform.python_version()},
        source_language=languages[0],
        target_language=languages[1],
        facts=facts,
        digest="0" * 64,
    )
    return unsigned.model_copy(update={"digest": unsigned.computed_digest()})


def parse_manifest(text: bytes, *, path: Path) -> Manifest:
    """The manifest that ``path`` holds.

    Raises:
        BundleError: it is not a manifest, was written by a newer Regard, or is damaged.
    """
    _check_version(text, path)
    try:
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BundleError(f"{path} is damaged at {place!r:.80}: {first['msg']}; {COPY_AGAIN}") from None
    if manifest.digest != manifest.computed_digest():
        raise BundleError(f"{path} does not have the hash it states, so it was changed or damaged; {COPY_AGAIN}")
    return manifest


class _Kind(BaseModel):
    """The part of a manifest that every version has."""

    model_config = ConfigDict(extra="ignore", strict=True)

    format: str
    schema_version: int


def _check_version(text: bytes, path: Path) -> None:
    try:
        kind = _Kind.model_validate_json(text)
    except ValidationError:
        raise BundleError(f"{path} is not the manifest of a model; {COPY_AGAIN}") from None
    if kind.format != "regard-model":
        raise BundleError(f"{path} describes a {kind.format!r:.40}, but 'regard-model' is expected")
    if kind.schema_version > SCHEMA_VERSION:
        raise BundleError(
            f"{path} has schema version {kind.schema_version}, but this Regard {__version__} reads up to "
            f"{SCHEMA_VERSION}; install a newer Regard"
        )


def _file_fact(path: Path) -> FileFact:
    found = seal_of(path)
    return FileFact(bytes=found.bytes, sha256=found.sha256)


def _digest(fields: dict[str, Any]) -> str:
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
