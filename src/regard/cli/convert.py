"""``regard convert MODEL --to FORMAT``: a model in the format of another toolkit, verified before it is kept."""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.number import number_from
from regard.cli.options import JsonOption, ModelArgument
from regard.cli.output import refuse_existing
from regard.errors import InputError

if TYPE_CHECKING:
    from regard.convert import Sample


def convert(
    *,
    model: ModelArgument,
    to: Annotated[str, typer.Option("--to", help="ctranslate2, marian, onnx or transformers.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The folder to make; must not exist yet.", show_default=False)],
    quantization: Annotated[
        str, typer.Option("--quantization", help="Type of the stored weights, such as int8 or bfloat16.")
    ] = "float32",
    verify_source: Annotated[
        Path | None,
        typer.Option(
            "--verify-source",
            help="Sentences to verify on, one a line; the model's own pairs if not given.",
            show_default=False,
        ),
    ] = None,
    verify_target: Annotated[
        Path | None, typer.Option("--verify-target", help="Their reference translations.", show_default=False)
    ] = None,
    sentences: Annotated[int, typer.Option("--sentences", min=1, help="How many sentences to verify on.")] = 200,
    tolerance: Annotated[
        float | None,
        typer.Option(
            "--tolerance",
            parser=number_from(0),
            metavar="NUMBER",
            help="Largest difference of scores to accept; the format's own if not given.",
            show_default=False,
        ),
    ] = None,
    bleu_tolerance: Annotated[
        float,
        typer.Option("--bleu-tolerance", parser=number_from(0), metavar="NUMBER", help="Loss of BLEU to accept."),
    ] = 1.0,
    json: JsonOption = False,
) -> None:
    """Write a model in the format of another toolkit, and see that it translates as before.

    The converted model is run by that toolkit beside ours; where they differ by more than the tolerance, nothing is
    kept and the exit code is 3. docs/convert.md says what each format can hold.
    """
    refuse_existing(out, option="--out")
    if verify_target is not None and verify_source is None:
        raise InputError("--verify-target is given without --verify-source; give both, or neither")
    from regard.convert import convert_model

    agreement = convert_model(
        model,
        out,
        to=to,
        quantization=quantization,
        sample=_sample(verify_source, verify_target, sentences),
        num_sentences=sentences,
        tolerance=tolerance,
        bleu_tolerance=bleu_tolerance,
    )
    if json:
        record = {"model": str(model), "to": to, "quantization": quantization, "out": str(out), **agreement.record()}
        typer.echo(json_format.dumps(record, ensure_ascii=False))
    else:
        typer.echo("\n".join([*agreement.lines(), f"{out} is ready; its README.md says how to call it"]))


def _sample(source: Path | None, target: Path | None, size: int) -> "Sample | None":
    from regard.convert import Sample

    return None if source is None else Sample.of_files(source, target, size)
