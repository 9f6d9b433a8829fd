"""``regard translate MODEL SHARDS --engine …``: a folder of files into another, shard by shard, by several workers."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, final

import typer

from regard.cli.show import count
from regard.errors import InputError


class Engine(StrEnum):
    """Who translates shards."""

    local = "local"
    ray = "ray"


EngineOption = Annotated[
    Engine | None,
    typer.Option(
        "--engine",
        help="Translate a folder of shards (lines, .jsonl, .parquet) into another: here, or by Ray's workers.",
        show_default=False,
    ),
]
WorkersOption = Annotated[
    int | None, typer.Option("--workers", min=1, help="Processes of --engine ray.", show_default="1")
]
FieldOption = Annotated[
    str | None, typer.Option("--field", help="What holds the text in .jsonl and .parquet.", show_default="text")
]


@final
@dataclass(frozen=True, slots=True)
class BulkOptions:
    """What a person may say about it."""

    engine: Engine | None
    workers: int | None
    field: str | None

    def is_asked_for(self) -> bool:
        """Whether shards are to be translated.

        Raises:
            InputError: workers or a field are named without an engine.
        """
        given = {"--workers": self.workers, "--field": self.field}
        names = [name for name, value in given.items() if value is not None]
        if names and self.engine is None:
            raise InputError(f"{', '.join(names)}: only with --engine, for a folder of shards")
        return self.engine is not None


@final
@dataclass(frozen=True, slots=True)
class BulkJob:
    """What is translated into what, by which model, and how."""

    model: Path
    shards: Path | None
    output: Path | None
    dtype: str
    device: str
    threads: int | None
    search: dict[str, Any]


def translate_bulk(asked: BulkJob, options: BulkOptions, *, others: list[str]) -> None:
    """Translates what is missing, and says of each shard when it is finished.

    Raises:
        InputError: shards or folder are not named, or ``others`` were asked for, which do not go with it.
    """
    if others:
        raise InputError(f"--engine translates shards, one text after the other; leave out {', '.join(others)}")
    if asked.shards is None or asked.output is None:
        raise InputError("--engine needs shards to translate and a folder for them: MODEL SHARDS --output FOLDER")
    if options.workers is not None and options.engine is not Engine.ray:
        raise InputError("--workers is for --engine ray; the local engine is this process")
    from regard.bulk import Job, translate_shards

    job = Job(
        model=asked.model.absolute(),
        out=asked.output.absolute(),
        column=options.field or "text",
        search=asked.search,
        dtype=asked.dtype,
        device=asked.device,
        threads=asked.threads,
    )
    workers = (options.workers or 1) if options.engine is Engine.ray else None
    translated = translate_shards(job, asked.shards.absolute(), ray_workers=workers, tell=_tell)
    typer.echo(f"translated {count(translated)} texts into {job.out}", err=True)


def _tell(shard: Path, texts: int, finished: int, total: int) -> None:
    typer.echo(f"{finished:,}/{total:,} {shard.name}: {count(texts)} texts", err=True)
