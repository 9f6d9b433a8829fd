"""``regard train --check``: seconds before a run of hours, to see whether it could learn."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from regard.cli.progress import progress_reporter
from regard.errors import CheckError, InputError
from regard.launch import Launch

if TYPE_CHECKING:
    from regard.attention import Diagnosis
    from regard.runs import Rehearsed


def check_training(file: Path | None, chosen: Sequence[str], *, preset: str | None, without: Sequence[str]) -> None:
    """Looks at the pairs and the settings, learns a batch by heart, examines the small model; prints what was found.

    Args:
        file: of settings.
        chosen: settings as ``section.key=value``.
        preset: the name of one.
        without: options that were given and have no meaning here.

    Raises:
        InputError: such an option was given, or a launcher started several processes.
        CheckError: a check failed.
    """
    if without:
        raise InputError(f"--check looks at a run that has not begun, in one process; leave out {', '.join(without)}")
    if Launch.of().size > 1:
        raise InputError("--check looks with one process, and a launcher started several; call it without the launcher")
    from regard.runs import plan_run, rehearse

    with tempfile.TemporaryDirectory() as name:
        with progress_reporter() as reporter:
            plan = plan_run(file, chosen, preset=preset, watch=reporter.watch)
            for note in plan.data.notes:
                reporter.note(note)
            rehearsed = rehearse(plan.settings, plan.data, model=Path(name) / "model")
        diagnosis = _with_the_doctors(rehearsed)
    typer.echo(diagnosis.table())
    if not diagnosis.ok:
        names = ", ".join(finding.name for finding in diagnosis.failed)
        raise CheckError(
            f"{len(diagnosis.failed)} of {len(diagnosis.findings)} checks failed: {names}. The table says what to do"
        )
    typer.echo("this run can learn; without --check the same command begins it")


def _with_the_doctors(rehearsed: "Rehearsed") -> "Diagnosis":
    """The findings, and those of an examination with the sentences that were learned."""
    from regard.attention import Diagnosis
    from regard.bundle import load_bundle
    from regard.doctor import Patient, examine
    from regard.translator import load

    translator = load(rehearsed.model, device="cpu", dtype="float64")
    patient = Patient.of(translator, rehearsed.pairs, stored=load_bundle(rehearsed.model).weights())
    return Diagnosis((*rehearsed.diagnosis.findings, *examine(patient).findings))
