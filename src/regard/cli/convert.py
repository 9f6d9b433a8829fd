"""``regard convert MODEL --to FORMAT``, ``--from FORMAT``: from toolkit to toolkit, verified before it is kept."""

import json as json_format
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.number import number_from
from regard.cli.options import JsonOption, ModelArgument
from regard.cli.output import refuse_existing
from regard.errors import InputError

if TYPE_CHECKING:
    from regard.convert import Agreement, Sample

ToleranceOption = Annotated[
    float | None,
    typer.Option(
        "--tolerance",
        parser=number_from(0),
        metavar="NUMBER",
        help="Largest difference of scores to accept; the format's own if not given.",
        show_default=False,
    ),
]
VerifySourceOption = Annotated[
    Path | None,
    typer.Option(
        "--verify-source",
        help="Sentences to verify on, one a line; the model's own pairs if not given.",
        show_default=False,
    ),
]


def convert(
    *,
    model: ModelArgument,
    out: Annotated[Path, typer.Option("--out", help="The folder to make; must not exist yet.", show_default=False)],
    to: Annotated[
        str | None, typer.Option("--to", help="ctranslate2, marian, onnx or transformers.", show_default=False)
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option("--from", help="marian: MODEL is such a folder, and becomes one of ours.", show_default=False),
    ] = None,
    quantization: Annotated[
        str, typer.Option("--quantization", help="Type of the stored weights, such as int8 or bfloat16.")
    ] = "float32",
    verify_source: VerifySourceOption = None,
    verify_target: Annotated[
        Path | None, typer.Option("--verify-target", help="Their reference translations.", show_default=False)
    ] = None,
    sentences: Annotated[int, typer.Option("--sentences", min=1, help="How many sentences to verify on.")] = 200,
    tolerance: ToleranceOption = None,
    bleu_tolerance: Annotated[
        float,
        typer.Option("--bleu-tolerance", parser=number_from(0), metavar="NUMBER", help="Loss of BLEU to accept."),
    ] = 1.0,
    source_language: Annotated[
        str | None, typer.Option("--source-language", help="With --from, if the folder does not say.")
    ] = None,
    target_language: Annotated[
        str | None, typer.Option("--target-language", help="With --from, if the folder does not say.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Write a model in the format of another toolkit, or import one, and see that it translates as before.

    Both toolkits are run side by side; where they differ by more than the tolerance, nothing is kept and the exit code
    is 3. docs/convert.md says what each format can hold.
    """
    refuse_existing(out, option="--out")
    if verify_target is not None and verify_source is None:
        raise InputError("--verify-target is given without --verify-source; give both, or neither")
    if (to is None) == (origin is None):
        raise InputError("say where to with --to, or where from with --from; one of both")
    limits = Limits(_sample(verify_source, verify_target, sentences), sentences, tolerance, bleu_tolerance)
    if to is not None:
        agreement = _export(model, out, to, quantization, limits)
    else:
        agreement = _import(model, out, str(origin), _languages(source_language, target_language), limits)
    if json:
        record = {"model": str(model), "from": origin, "to": to, "quantization": quantization, "out": str(out)}
        record |= agreement.record()
        typer.echo(json_format.dumps(record))
    else:
        ready = f"{out} is a model of ours now" if to is None else f"{out} is ready; its README.md says how to call it"
        typer.echo("\n".join([*agreement.lines(), ready]))


@dataclass(frozen=True)
class Limits:
    """What a conversion is tried on, and how much may differ."""

    sample: "Sample | None"
    num_sentences: int
    tolerance: float | None
    bleu_tolerance: float


def _export(model: Path, out: Path, to: str, quantization: str, limits: Limits) -> "Agreement":
    from regard.convert import convert_model

    return convert_model(model, out, to=to, quantization=quantization, **vars(limits))


def _import(folder: Path, out: Path, origin: str, languages: tuple[str, str] | None, limits: Limits) -> "Agreement":
    from regard.convert import import_model

    return import_model(folder, out, origin=origin, languages=languages, **vars(limits))


def _languages(source: str | None, target: str | None) -> tuple[str, str] | None:
    if (source is None) != (target is None):
        raise InputError("--source-language and --target-language go together; give both, or neither")
    return None if source is None or target is None else (source, target)


def _sample(source: Path | None, target: Path | None, size: int) -> "Sample | None":
    from regard.convert import Sample

    return None if source is None else Sample.of_files(source, target, size)
