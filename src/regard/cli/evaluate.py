"""``regard evaluate MODEL``: a test set translated, and scored against its references."""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from regard.cli.comparing import compared
from regard.cli.compiling import said_if_not_compiled
from regard.cli.options import (
    BeamOption,
    CompileOption,
    DeviceOption,
    DtypeOption,
    EnsembleOption,
    JsonOption,
    LengthPenaltyOption,
    ModelArgument,
    ShortlistOption,
    ThreadsOption,
)
from regard.cli.output import refuse_existing, text_output
from regard.cli.scoring import score
from regard.cli.show import count
from regard.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.corpus import Pair
    from regard.settings import Settings
    from regard.translator import SearchOptions


def evaluate(
    *,
    model: ModelArgument,
    source: Annotated[
        Path | None,
        typer.Option("--source", help="Sentences to translate; a .tsv file holds both sides.", show_default=False),
    ] = None,
    target: Annotated[
        Path | None, typer.Option("--target", help="Their reference translations.", show_default=False)
    ] = None,
    beam_size: BeamOption = None,
    length_penalty: LengthPenaltyOption = None,
    shortlist: ShortlistOption = False,
    compare: Annotated[
        Path | None,
        typer.Option("--compare", metavar="MODEL", help="Say whether this model differs, and by how much."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the translations here.", show_default=False)
    ] = None,
    ensemble: EnsembleOption = None,
    json: JsonOption = False,
    dtype: DtypeOption = "float32",
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
    compiled: CompileOption = False,
) -> None:
    """Score a model with BLEU, chrF and TER.

    Without --source, on the pairs it was validated with. With --compare a second model translates the same sentences,
    and paired bootstrap resampling says how likely the difference is chance.
    """
    refuse_existing(output)
    if target is not None and source is None:
        raise InputError("--target is given without --source; give both, or neither for the model's own pairs")
    from regard.translator import load

    given = None if source is None else _read(source, target)
    how: dict[str, Any] = {"device": device, "dtype": dtype, "threads": threads, "compiled": compiled}
    translator = said_if_not_compiled(load(model, *(ensemble or ()), **how))
    pairs, description = given or _own_pairs(translator.settings)
    typer.echo(f"{count(len(pairs))} sentences: {description}", err=True)
    sources, references = [pair.source for pair in pairs], [pair.target for pair in pairs]
    asked: SearchOptions = {"beam_size": beam_size, "length_penalty": length_penalty, "shortlist": shortlist}
    scored = score(translator, sources, references, **asked)
    if output is not None:
        with text_output(output) as write:
            write("".join(f"{hypothesis}\n" for hypothesis in scored.hypotheses))
    record = {"model": str(model), "test_set": description, **scored.record()}
    lines = scored.lines()
    if compare is not None:
        other = said_if_not_compiled(load(compare, **how))
        second = score(other, sources, references, **asked)
        found = compared(sources, references, scored.hypotheses, second.hypotheses)
        record |= {"second_model": str(compare), **found.record()}
        lines += ["", f"first: {model}   second: {compare}", *found.lines()]
    typer.echo(json_format.dumps(record, ensure_ascii=False) if json else "\n".join(lines))


def _read(source: Path, target: Path | None) -> "tuple[Sequence[Pair], str]":
    """The pairs of a test set, and what it is."""
    from regard.corpus import read_pairs

    pairs = list(read_pairs(source, target))
    if not pairs:
        raise InputError(f"{source} has no sentence pairs to score")
    return pairs, " and ".join(str(file) for file in (source, target) if file)


def _own_pairs(settings: "Settings") -> "tuple[Sequence[Pair], str]":
    """What the settings of a model say it was validated on; for the built-in corpus, its test pairs."""
    from regard.runs.data import read_data

    data = settings.data
    if data.valid_source is not None:
        pairs, files = _read(data.valid_source, data.valid_target)
        return pairs, f"the model's validation pairs, {files}"
    read = read_data(data)
    if data.source is None:
        return read.test, "test pairs of the built-in corpus, never trained on"
    return read.valid, f"the pairs of {data.source} that were held out to validate on"
