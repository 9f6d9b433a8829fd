"""``regard train``: sentence pairs in, a trained translator out."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.number import number_from
from regard.cli.progress import progress_reporter
from regard.cli.show import count, duration
from regard.cli.train_check import check_training
from regard.cli.train_together import train_together
from regard.errors import InputError
from regard.launch import Launch, launcher

if TYPE_CHECKING:
    from regard.runs import RunResult

Given = dict[str, str | int | float | Path | None]


Overrides = Annotated[
    list[str] | None,
    typer.Argument(metavar="SECTION.KEY=VALUE", help="Any setting, such as training.learning_rate=1e-3."),
]
Source = Annotated[
    Path | None,
    typer.Option("--source", help="Training sentences; a .tsv file holds both sides.", show_default=False),
]
Target = Annotated[Path | None, typer.Option("--target", help="Their translations, line by line.", show_default=False)]
ValidSource = Annotated[
    Path | None,
    typer.Option("--valid-source", help="Validation sentences; else some are held out.", show_default=False),
]
ValidTarget = Annotated[Path | None, typer.Option("--valid-target", help="Their translations.", show_default=False)]
Preset = Annotated[
    str | None,
    typer.Option("--preset", help="tiny, small, base, marian, recurrent, or auto (by size).", show_default="auto"),
]
Init = Annotated[
    Path | None,
    typer.Option(
        "--init", metavar="MODEL", help="Go on from this model (fine-tuning), with its subwords.", show_default=False
    ),
]
SettingsFile = Annotated[Path | None, typer.Option("--settings", help="A TOML file of settings.", show_default=False)]
MaxMinutes = Annotated[
    float | None,
    typer.Option(
        "--max-minutes",
        parser=number_from(0, is_allowed=False),
        metavar="NUMBER",
        help="Train about so long.",
        show_default="30, if no number of updates or epochs is set",
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", help="The folder of the run; must not exist yet.", show_default=False)
]
Resume = Annotated[
    Path | None, typer.Option("--resume", help="Continue this run where it stopped.", show_default=False)
]
Check = Annotated[
    bool, typer.Option("--check", help="Only see, in seconds, whether this run could learn; no run is begun.")
]
SourceLanguage = Annotated[str | None, typer.Option("--source-language", help="For example en.", show_default="en")]
TargetLanguage = Annotated[str | None, typer.Option("--target-language", help="For example fr.", show_default="fr")]
Device = Annotated[str | None, typer.Option("--device", help="auto, cpu, cuda or cuda:1.", show_default="auto")]
Dtype = Annotated[
    str | None, typer.Option("--dtype", help="auto, float32 or bfloat16 (of the computation).", show_default="auto")
]
Seed = Annotated[int | None, typer.Option("--seed", help="The same seed, the same run.", show_default="1")]


def train(
    *,
    overrides: Overrides = None,
    source: Source = None,
    target: Target = None,
    valid_source: ValidSource = None,
    valid_target: ValidTarget = None,
    preset: Preset = None,
    init: Init = None,
    settings: SettingsFile = None,
    max_minutes: MaxMinutes = None,
    out: Out = None,
    resume: Resume = None,
    check: Check = False,
    source_language: SourceLanguage = None,
    target_language: TargetLanguage = None,
    device: Device = None,
    dtype: Dtype = None,
    seed: Seed = None,
    processes: Annotated[
        int | None,
        typer.Option(
            "--processes", min=2, help="So many share the work (data parallel); else one.", show_default=False
        ),
    ] = None,
) -> None:
    """Train a translator on sentence pairs.

    Without --source, on the English-French corpus that comes with Regard.
    """
    given: Given = {
        "data.source": source,
        "data.target": target,
        "data.valid_source": valid_source,
        "data.valid_target": valid_target,
        "data.source_language": source_language,
        "data.target_language": target_language,
        "training.init": init,
        "training.max_minutes": max_minutes,
        "training.device": device,
        "training.dtype": dtype,
        "training.seed": seed,
    }
    chosen = [*overrides_of(given), *(overrides or [])]
    if check:
        if out is not None:
            refuse_existing_folder(out)
        alone = {"--resume": resume, "--processes": processes}
        check_training(settings, chosen, preset=preset, without=[name for name, given in alone.items() if given])
        return
    if processes is not None:
        where = {"--preset": preset, "--settings": settings, "--out": out, "--resume": resume}
        options = [text for name, value in where.items() if value is not None for text in (name, str(value))]
        train_together(processes, [*chosen, *options])
        return
    if resume is not None:
        _refuse_with_resume(chosen, out=out, preset=preset, file=settings)
        _resume(resume)
    elif (begun := _interrupted(out)) is not None:
        _resume(begun)
    else:
        _train(refuse_existing_folder(out), settings, chosen, preset=preset)


def _interrupted(out: Path | None) -> Path | None:
    """The run that this launcher began in ``out``, if it starts the command again because one of its processes died.

    The first process sees to it that it is not another's: if it refuses the folder, its launcher ends the others too.
    """
    launch = Launch.of()
    if out is None or not launch.restarts or not any(out.glob("checkpoints/step-*")):
        return None
    from regard.runs.folder import RunFolder

    return out if not launch.is_first or RunFolder(out).was_begun_by(launcher()) else None


def overrides_of(given: Given) -> list[str]:
    """Options as ``section.key=value``; those not given are left out."""
    return [f"{key}={_toml(value)}" for key, value in given.items() if value is not None]


def _toml(value: str | int | float | Path) -> str:
    if isinstance(value, Path) and value != Path("-"):
        value = value.absolute()  # the run may be resumed, and the model evaluated, from another folder
        _require_utf_8(value)
    return json.dumps(str(value), ensure_ascii=False) if isinstance(value, str | Path) else str(value)


def _require_utf_8(path: Path) -> None:
    """Settings are a text, and a text cannot hold bytes that are no characters."""
    from regard.settings.section import is_writable

    if not is_writable(str(path)):
        raise InputError(
            f"{path}: this path is not UTF-8, and the settings of a run can keep none that is not; rename it, or give "
            "a link to it that has another name (ln -s)"
        )


def refuse_existing_folder(out: Path | None) -> Path:
    """The folder for a new run, or for one that ended before it learned anything; checked before any work is done.

    Raises:
        InputError: none is given.
        OutputExistsError: something is there already.
    """
    if out is None:
        raise InputError("say where the run is to be kept: --out FOLDER (or --resume RUN to continue one)")
    if os.path.lexists(out) and Launch.of().is_first:
        from regard.runs.folder import RunFolder

        RunFolder(out).refuse_if_begun()
    return out


def _refuse_with_resume(chosen: list[str], *, out: Path | None, preset: str | None, file: Path | None) -> None:
    given = [name for name, value in (("--out", out), ("--preset", preset), ("--settings", file)) if value]
    given += [override.partition("=")[0] for override in chosen]
    if given:
        raise InputError(f"--resume continues with the run's own settings; leave out {', '.join(given)}")


def _train(folder: Path, file: Path | None, chosen: list[str], *, preset: str | None) -> None:
    from regard.runs import plan_run
    from regard.runs import train as train_run

    with telling_how_to_resume(folder), progress_reporter() as reporter:
        plan = plan_run(file, chosen, preset=preset, watch=reporter.watch)
        result = train_run(plan.settings, folder, reporter=reporter, data=plan.data)
    _tell(result, folder, metric=plan.settings.training.valid_metric)


def _resume(run: Path) -> None:
    from regard.runs import resume as resume_run
    from regard.settings import load_settings

    with telling_how_to_resume(run), progress_reporter() as reporter:
        result = resume_run(run, reporter=reporter, watch=reporter.watch)
    _tell(result, run, metric=load_settings(run / "settings.toml").training.valid_metric)


@contextmanager
def telling_how_to_resume(folder: Path) -> Iterator[None]:
    """After an interruption, says how to go on, if there is something to go on from: what was saved, now or before."""
    try:
        yield
    except KeyboardInterrupt:
        saved = max((int(path.name.partition("-")[2]) for path in folder.glob("checkpoints/step-*[0-9]")), default=None)
        if Launch.of().is_first and saved is not None:
            with suppress(OSError):  # nobody may be there to read it
                told = f"the state after update {count(saved)} is saved; to go on: regard train --resume {folder}"
                typer.echo(told, err=True)
        raise


def _tell(result: "RunResult", folder: Path, *, metric: str) -> None:
    if not Launch.of().is_first:
        return
    typer.echo(f"trained {count(result.steps)} steps in {duration(result.elapsed_seconds)}")
    if result.best_score is not None and result.best_step is not None:
        typer.echo(f"best {metric} on the validation pairs: {result.best_score:.2f} at step {count(result.best_step)}")
    typer.echo(f"the model is in {result.model}; its learning curve is {folder / 'curve.svg'}")
    typer.echo(f'try it: echo "…" | regard translate {folder}')
