"""Options that several commands share, each declared once."""

from pathlib import Path
from typing import Annotated

import typer

from regard.cli.number import number_from

ModelArgument = Annotated[
    Path, typer.Argument(metavar="MODEL", help="A model folder, or the folder of a run.", show_default=False)
]
EnsembleOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--ensemble",
        metavar="MODEL",
        help="Average with the probabilities of this model, of the same vocabulary; may be repeated.",
        show_default=False,
    ),
]
DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or cuda:1.")]
DtypeOption = Annotated[
    str,
    typer.Option("--dtype", help="Type of the computation: float32, bfloat16, float64, int8, or auto, the fastest."),
]
CompileOption = Annotated[
    bool,
    typer.Option(
        "--compile",
        help="Translate by code compiled for this machine: about twice as fast. Needs a C++ compiler, and some seconds "
        "the first time.",
    ),
]
ProcessesOption = Annotated[
    int | None,
    typer.Option(
        "--processes",
        min=1,
        help="Processes of one thread that share the work; one per core where lines are many, if not given.",
        show_default=False,
    ),
]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", min=1, help="CPU threads; all cores if not given.", show_default=False)
]
BeamOption = Annotated[
    int | None,
    typer.Option("--beam-size", min=1, help="1 is greedy search; the model's own if not given.", show_default=False),
]
LengthPenaltyOption = Annotated[
    float | None,
    typer.Option(
        "--length-penalty",
        parser=number_from(0),
        metavar="NUMBER",
        help="Higher prefers longer translations; the model's own if not given.",
        show_default=False,
    ),
]
ShortlistOption = Annotated[
    bool,
    typer.Option(
        "--shortlist",
        help="Choose only among the pieces that regard shortlist learned for the words of the source; faster.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Write JSON.")]
SourceLanguageOption = Annotated[
    str | None,
    typer.Option("--source-language", help="Of a file with several languages, for example en.", show_default=False),
]
TargetLanguageOption = Annotated[
    str | None, typer.Option("--target-language", help="The one it is translated to.", show_default=False)
]
SourceColumnOption = Annotated[
    str | None,
    typer.Option(
        "--source-column",
        help="Of a table with named columns (.csv, .tsv, .parquet), or the key in .jsonl.",
        show_default=False,
    ),
]
TargetColumnOption = Annotated[
    str | None, typer.Option("--target-column", help="The column with the translations.", show_default=False)
]
