"""``regard translate MODEL messages.po -o OUT``: a file translated in place, of any format that has room for it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, final

import typer

from regard.cli.number import number_from
from regard.cli.options import SourceColumnOption, SourceLanguageOption, TargetColumnOption, TargetLanguageOption
from regard.cli.output import bytes_output, refuse_existing, text_output
from regard.cli.show import count
from regard.disk import legible
from regard.errors import InputError

if TYPE_CHECKING:
    from regard.corpus import Reading
    from regard.documents import Filled, Memory
    from regard.translator import SearchOptions, Translator

LinesOption = Annotated[
    bool, typer.Option("--lines", help="Read FILE as lines, whatever its name ends in (.po, .html, .md …).")
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="In a .po, .tmx, .xlf …: replace the translations that are there, too.")
]
MemoryOption = Annotated[
    Path | None,
    typer.Option(
        "--memory",
        help="Translated before (.tmx, .po, .tsv …): the same sentences are reused, and nearly the same ones.",
        show_default=False,
    ),
]
FuzzyOption = Annotated[
    float | None,
    typer.Option(
        "--least-similarity",
        parser=number_from(0, is_allowed=False),
        metavar="NUMBER",
        help="How alike a sentence of the memory must be; 1 takes only the same one.",
        show_default="0.9",
    ),
]
ReviewOption = Annotated[
    Path | None,
    typer.Option("--review", help="Write a list for review, the least sure first (.csv or .html).", show_default=False),
]


@final
@dataclass(frozen=True)
class FileOptions:
    """What may be said about translating in place."""

    memory: Path | None
    least_similarity: float | None
    overwrite: bool
    review: Path | None
    source_column: str | None
    target_column: str | None
    source_language: str | None
    target_language: str | None
    lines: bool

    def given(self) -> list[str]:
        """The options that mean nothing where lines are translated."""
        said = {
            "--overwrite": self.overwrite,
            "--memory": self.memory is not None,
            "--least-similarity": self.least_similarity is not None,
            "--review": self.review is not None,
            "--source-column": self.source_column is not None,
            "--target-column": self.target_column is not None,
            "--source-language": self.source_language is not None,
            "--target-language": self.target_language is not None,
        }
        return [name for name, is_given in said.items() if is_given]


def file_options(
    *,
    memory: MemoryOption = None,
    least_similarity: FuzzyOption = None,
    overwrite: OverwriteOption = False,
    review: ReviewOption = None,
    source_column: SourceColumnOption = None,
    target_column: TargetColumnOption = None,
    source_language: SourceLanguageOption = None,
    target_language: TargetLanguageOption = None,
    lines: LinesOption = False,
) -> FileOptions:
    """The options about a file, as one value."""
    return FileOptions(**locals())


def translates_in_place(file: Path | None, options: FileOptions) -> bool:
    """Whether a file is translated in place, by the ending of its name.

    Raises:
        InputError: options for translating in place are given for lines, or the file is a folder.
    """
    if file is not None and file.is_dir():
        raise InputError(f"{file} is a folder, but a file to translate is expected: regard translate MODEL FILE")
    if not options.lines and file is not None:
        from regard.documents import is_document

        if is_document(file):
            return True
    if options.given():
        from regard.documents import SUFFIXES

        raise InputError(
            f"{', '.join(options.given())}: only for files that are translated in place ({', '.join(SUFFIXES)})"
        )
    return False


def translate_file(
    load: Callable[[], "Translator"],
    file: Path,
    output: Path | None,
    *,
    search: "SearchOptions",
    options: FileOptions,
) -> None:
    """Translates a file in place and writes it whole, or not at all.

    Args:
        load: makes the translator; called when the file and the memory have been read.
        file: what to translate.
        output: where the new file goes; standard output if not given.
        search: what is changed about search.
        options: what is said about the file.

    Raises:
        CorpusError: the file or the memory cannot be read, or is in other languages than the model; or columns are
            named, but neither has any.
        InputError: the output's name belongs to another format, or is that of the list for review.
    """
    from regard.documents import open_document, review_form, translate_document, voice_of
    from regard.documents.fill import LEAST_SIMILARITY
    from regard.documents.opening import ending_of, is_another_format

    if output is not None and is_another_format(file, output):
        raise InputError(f"{output}: {file} is written back in its own format; let --output end in {ending_of(file)}")
    if options.review is not None:
        review_form(options.review)
        refuse_existing(options.review, option="--review")
        if output is not None and output.resolve() == options.review.resolve():
            raise InputError(f"--output and --review are both {output}; give one of them another name")
    _refuse_columns_without_table(file, options)
    translator = load()
    reading = _reading(translator, options)
    filled = translate_document(
        voice_of(translator, search),
        open_document(file, reading),
        memory=_memory(options.memory, _reading_beside(file, reading)),
        least_similarity=LEAST_SIMILARITY if options.least_similarity is None else options.least_similarity,
        overwrite=options.overwrite,
        progress=_tell_progress if sys.stderr.isatty() else None,
    )
    _write(filled, output, options.review, title=f"{legible(file.name)}: translated by {translator.name}")
    _tell(filled, options)


def _refuse_columns_without_table(file: Path, options: FileOptions) -> None:
    from regard.corpus.shards import require_columns

    names_columns = options.source_column is not None or options.target_column is not None
    if names_columns and not _has_columns(file):
        require_columns(options.memory or file)


def _has_columns(file: Path) -> bool:
    from regard.corpus.formats.registry import WITH_COLUMNS, suffix_of

    return suffix_of(file) in WITH_COLUMNS


def _reading(translator: "Translator", options: FileOptions) -> "Reading":
    from regard.corpus import Reading
    from regard.corpus.asked import reading_for

    asked = Reading(options.source_language, options.target_language, options.source_column, options.target_column)
    return reading_for(translator.settings.data, asked)


def _reading_beside(file: Path, reading: "Reading") -> "Reading":
    """How a memory is read: if the columns are those of a table that is translated, it need not have them too."""
    return replace(reading, columns_must_exist=False) if _has_columns(file) else reading


def _memory(path: Path | None, reading: "Reading") -> "Memory | None":
    if path is None:
        return None
    from regard.corpus import read_pairs
    from regard.documents import Memory

    memory = Memory(read_pairs(path, reading=reading))
    typer.echo(f"{path}: {count(len(memory))} sentences in the memory", err=True)
    return memory


def _write(filled: "Filled", output: Path | None, review: Path | None, *, title: str) -> None:
    from regard.documents import write_review

    with bytes_output(output) as write_bytes:
        write_bytes(filled.content)
        if review is not None:
            with text_output(review) as write:
                write(write_review(filled.rows, review, title=title))


def _tell_progress(done: int, total: int) -> None:
    typer.echo(f"{count(done)} of {count(total)} translated", err=True)


def _tell(filled: "Filled", options: FileOptions) -> None:
    if not filled.rows:
        hint = "" if options.overwrite else "; --overwrite replaces what is there"
        typer.echo(f"nothing to translate: {count(filled.num_there)} translations are there already{hint}", err=True)
        return
    for line in filled.counts.lines():
        typer.echo(line, err=True)
    if filled.num_there:
        typer.echo(f"{count(filled.num_there)} were translated already and are left as they are", err=True)
    if options.review is not None:
        typer.echo(f"the list for review is {options.review}", err=True)
