"""Claims as JSON: one record per experiment, which says how its figures were made."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter

from regard.disk import write_text_aside
from regard.errors import InputError
from regard.lab.claim import Claim

FOLDER: Final = "claims"
"""Where records lie, beside the page."""
SHIPPED: Final = Path(__file__).parent
"""A lab's folder that comes with the package: the records of docs/claims.md, for those who have run no lab."""


@dataclass(frozen=True, slots=True)
class _Effort:
    name: str


@dataclass(frozen=True, slots=True)
class _Made:
    regard: str
    version: int
    effort: _Effort


@dataclass(frozen=True, slots=True)
class _Hardware:
    torch: str
    processor: str
    cores: int
    seconds: float


@dataclass(frozen=True, slots=True)
class _Form:
    """What a record says at least."""

    made: _Made
    hardware: _Hardware
    claims: tuple[Claim, ...]


_FORM: Final = TypeAdapter(_Form)


def record_path(out: Path, name: str) -> Path:
    """The record of an experiment."""
    return out / FOLDER / f"{name}.json"


def write_record(path: Path, claims: tuple[Claim, ...], made: Mapping[str, Any], hardware: Mapping[str, Any]) -> None:
    """Keeps claims with what they were made from and on.

    Args:
        path: the file; what it held is replaced.
        claims: the verdicts.
        made: what decides whether the record is still good: version, effort, settings.
        hardware: what the figures may depend on besides.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    record = {"made": dict(made), "hardware": dict(hardware), "claims": [asdict(claim) for claim in claims]}
    write_text_aside(path, json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def read_record(path: Path) -> dict[str, Any]:
    """A record as it was written.

    Raises:
        InputError: the file is no record, or not a whole one.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        _FORM.validate_python(record)
    except ValueError as error:
        raise InputError(f"{path} is not a record of the lab; remove it, and run its experiment again") from error
    return dict(record)


def claims_of(record: Mapping[str, Any]) -> tuple[Claim, ...]:
    """The claims of a record."""
    return _FORM.validate_python(record).claims
