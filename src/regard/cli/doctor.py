"""``regard doctor MODEL``: what must hold for any trained model, checked on this one."""

import json as json_format
import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.options import JsonOption, ModelArgument
from regard.errors import CheckError

if TYPE_CHECKING:
    from regard.attention import Diagnosis

_WIDTH = 120


def doctor(
    *,
    model: ModelArgument,
    sentences: Annotated[
        int, typer.Option("--sentences", min=1, max=50, help="How many sentences to examine it with.")
    ] = 8,
    json: JsonOption = False,
) -> None:
    """Check a model's guarantees: no look into the future, padding that changes nothing, steps equal to one pass.

    A failed check says in which part, head and position, and what to do. Exit code 3 if one fails.
    """
    from regard.doctor import Patient, examine

    patient = Patient.load(model, num_sentences=sentences)
    if not json:
        typer.echo(f"{len(patient.pairs)} sentences: {patient.description}", err=True)
    diagnosis = examine(patient)
    if json:
        record = {"model": str(model), "sentences": len(patient.pairs), "data": patient.description}
        record |= {"ok": diagnosis.ok, "checks": diagnosis.record()}
        typer.echo(json_format.dumps(record, allow_nan=False))
    else:
        typer.echo(diagnosis.table(width=_width()))
    if not diagnosis.ok:
        raise CheckError(_summary(diagnosis))


def _width() -> int:
    return min(_WIDTH, shutil.get_terminal_size((_WIDTH, 24)).columns) if sys.stdout.isatty() else _WIDTH


def _summary(diagnosis: "Diagnosis") -> str:
    names = ", ".join(finding.name for finding in diagnosis.failed)
    return f"{len(diagnosis.failed)} of {len(diagnosis.findings)} checks failed: {names}. docs/doctor.md explains each"
