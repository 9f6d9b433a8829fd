"""``regard translate MODEL [FILE]``: one line in, one line out; or a file of another format, translated in place."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BufferedIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from regard.cli.answer import Form, in_one_line
from regard.cli.compiling import said_if_not_compiled
from regard.cli.lines import line_batches
from regard.cli.options import (
    CompileOption,
    DeviceOption,
    DtypeOption,
    EnsembleOption,
    JsonOption,
    ModelArgument,
    ProcessesOption,
    ThreadsOption,
)
from regard.cli.output import Write, refuse_existing, text_output
from regard.cli.search_options import flags_of, search_options
from regard.cli.spread import spread
from regard.cli.translate_bulk import BulkJob, BulkOptions, EngineOption, FieldOption, WorkersOption, translate_bulk
from regard.cli.translate_file import FileOptions, file_options, translate_file, translates_in_place
from regard.errors import InputError, TokenLimitError

if TYPE_CHECKING:
    from regard.translator import SearchOptions, Translator


@spread("search", search_options)
@spread("in_place", file_options)
def translate(
    *,
    model: ModelArgument,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Sentences, one a line; standard input if not given. A file ending in .po, .pot, .tmx, .xlf, .html, "
            ".md, .srt, .vtt, .csv or .json is translated in place.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write here; must not exist yet.", show_default=False)
    ] = None,
    search: "SearchOptions",
    ensemble: EnsembleOption = None,
    json: JsonOption = False,
    alignments: Annotated[
        bool,
        typer.Option("--alignments", help="Add which word comes from which: … ||| 0-0 1-2 (Pharaoh format)."),
    ] = False,
    stream: Annotated[bool, typer.Option("--stream", help="Show each word as it is chosen (greedy search).")] = False,
    in_place: FileOptions,
    engine: EngineOption = None,
    workers: WorkersOption = None,
    field: FieldOption = None,
    dtype: DtypeOption = "float32",
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
    compiled: CompileOption = False,
    processes: ProcessesOption = None,
) -> None:
    """Translate text, line by line, or a file in place.

    As many lines come out as went in, in the same order. Of a file that is translated in place everything but the
    missing translations stays as it is; placeholders and tags are kept, or the sentence is flagged.
    """
    _refuse_contradictions(search, json=json, alignments=alignments, stream=stream, processes=processes is not None)
    given = {"--json": json, "--alignments": alignments, "--stream": stream, "--processes": processes is not None}
    if BulkOptions(engine, workers, field).is_asked_for():
        given |= {"--ensemble": bool(ensemble), "--compile": compiled}
        others = [*(name for name, is_given in given.items() if is_given), *in_place.given()]
        job = BulkJob(model, file, output, dtype=dtype, device=device, threads=threads, search={**search})
        translate_bulk(job, BulkOptions(engine, workers, field), others=others)
        return
    refuse_existing(output)

    def load() -> "Translator":
        from regard.translator import load

        translator = load(model, *(ensemble or ()), device=device, dtype=dtype, threads=threads, compiled=compiled)
        return said_if_not_compiled(translator)

    if translates_in_place(file, in_place) and file is not None:
        _refuse_in_place(given | {"--num-hypotheses": search.get("num_hypotheses") is not None})
        translate_file(load, file, output, search=search, options=in_place)
        return
    # Whoever names a number of threads means this process.
    count = 1 if processes is None and threads is not None else processes
    _translate_each(load, file, output, search=search, form=Form(json, alignments), stream=stream, processes=count)


def _translate_each(
    load: Callable[[], "Translator"],
    file: Path | None,
    output: Path | None,
    *,
    search: "SearchOptions",
    form: Form,
    stream: bool,
    processes: int | None,
) -> None:
    """Line by line; the model is loaded once there is something to read."""
    with _opened(file) as (source, name):
        translator = load()
        with text_output(output) as write:
            batches = line_batches(source, name=name)
            if stream:
                _stream(translator, batches, write)
            else:
                _answer(translator, batches, write, search=search, form=form, processes=processes)


def _refuse_contradictions(
    search: "SearchOptions", *, json: bool, alignments: bool, stream: bool, processes: bool
) -> None:
    if (search.get("num_hypotheses") or 1) > 1 and not json:
        raise InputError("--num-hypotheses above 1 needs --json, because plain output is one line per line of input")
    given = flags_of(search)
    given += ["--json"] if json else []
    given += ["--alignments"] if alignments else []
    given += ["--processes"] if processes else []
    if stream and given:
        raise InputError(f"--stream shows greedy search as it goes; leave out {', '.join(given)}")


def _refuse_in_place(given: Mapping[str, bool]) -> None:
    names = [name for name, is_given in given.items() if is_given]
    if names:
        raise InputError(
            f"{', '.join(names)}: only for lines; this file is translated in place (--lines reads it as lines)"
        )


@contextmanager
def _opened(file: Path | None) -> Iterator[tuple[BufferedIOBase, str]]:
    """The stream of bytes to read, and what to call it in a message."""
    if file is None:
        if sys.stdin.isatty():
            typer.echo("Type sentences, one a line; Ctrl-D ends.", err=True)
        yield cast(BufferedIOBase, sys.stdin.buffer), "standard input"
    else:
        with file.open("rb") as stream:
            yield stream, str(file)


def _answer(
    translator: "Translator",
    batches: Iterator[list[str]],
    write: Write,
    *,
    search: "SearchOptions",
    form: Form,
    processes: int | None,
) -> None:
    """Writes one line per line, batch by batch."""
    from regard.translator.processes import line_translator

    with line_translator(translator, processes, alignments=form.alignments, **search) as translate_lines:
        for lines in batches:
            for line, answer in zip(lines, translate_lines(lines), strict=True):
                write(f"{form.written(line, answer)}\n")


def _stream(translator: "Translator", batches: Iterator[list[str]], write: Write) -> None:
    """Writes each word as it is chosen."""
    for line in (line for lines in batches for line in lines):
        for piece in _pieces(translator, line):
            write(in_one_line(piece))
        write("\n")


def _pieces(translator: "Translator", line: str) -> Iterator[str]:
    """The translation piece by piece; at once, where a line is so long that it has to be cut."""
    try:
        yield from translator.stream(line)
    except TokenLimitError:  # raised before the first piece
        yield from (answer.text for answer in translator.translate_lines([line], beam_size=1))
