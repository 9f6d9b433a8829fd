"""The options of ``regard explain``: what to look at, what to change, where to write, and the worked example."""

from pathlib import Path
from typing import Annotated

import typer

# What to explain.
SubjectArgument = Annotated[
    Path | None,
    typer.Argument(metavar="MODEL", help="A model folder, or a trace that --save wrote.", show_default=False),
]
TextArgument = Annotated[
    str | None, typer.Argument(metavar="TEXT", help="The sentence to translate.", show_default=False)
]

# What to look at.
AttentionOption = Annotated[
    str | None, typer.Option("--attention", help="encoder, decoder or cross.", show_default="cross")
]
LayerOption = Annotated[int | None, typer.Option("--layer", min=0, help="Counted from 0.", show_default="the last one")]
HeadOption = Annotated[str | None, typer.Option("--head", help="Counted from 0, or all.", show_default="0")]
LayersOption = Annotated[
    str | None, typer.Option("--layers", metavar="A-B", help="Record these layers only.", show_default="all")
]
StepOption = Annotated[
    int | None, typer.Option("--step", min=0, help="One row of the decoder only.", show_default=False)
]
FollowOption = Annotated[bool, typer.Option("--follow", help="A block per generated word.")]
ByWordOption = Annotated[bool, typer.Option("--by-word", help="Whole words instead of their pieces.")]
TopOption = Annotated[
    int | None, typer.Option("--top", metavar="K", min=1, help="The K largest of each row.", show_default=False)
]
CellOption = Annotated[
    str | None,
    typer.Option("--cell", metavar="QUERY,KEY", help='The arithmetic of one cell: "a,cat", or positions.'),
]
PositionsOption = Annotated[bool, typer.Option("--positions", help="The position vectors, and their products.")]

# How to translate, and what to change.
PadOption = Annotated[
    int | None, typer.Option("--pad-source-to", metavar="N", min=1, help="Fill the source up to N tokens.")
]
PrefixTextOption = Annotated[
    str | None, typer.Option("--prefix", metavar="TEXT", help="How the translation must begin; with --toy, words.")
]
WithoutHeadOption = Annotated[
    list[str] | None,
    typer.Option("--without-head", metavar="L.H", help="Switch off heads: 1.3 in every attention, cross.1.3 in one."),
]
WithoutMaskOption = Annotated[bool, typer.Option("--without-mask", help="Hide nothing: no mask at all.")]
NoPositionsOption = Annotated[bool, typer.Option("--no-positions", help="Tell no token where it stands.")]

# Where to write.
SaveOption = Annotated[Path | None, typer.Option("--save", help="Write the trace: NAME.trace.zip.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write a report for a browser.")]
SvgOption = Annotated[Path | None, typer.Option("--svg", help="Write a picture of one head.")]
CsvOption = Annotated[Path | None, typer.Option("--csv", help="Write every cell as a line of a table.")]

# The worked example.
ToyOption = Annotated[
    str | None,
    typer.Option("--toy", metavar="TEXT", help="No model: random vectors for these words, step by step."),
]
ToyPadOption = Annotated[int | None, typer.Option("--pad", metavar="N", help="With --toy: N times [PAD] behind.")]
ToyCausalOption = Annotated[bool, typer.Option("--causal", help="With --toy: hide the future.")]
ToyWindowOption = Annotated[
    int | None, typer.Option("--window", metavar="N", help="With --toy: N words to either side.", show_default=False)
]
ToySegmentsOption = Annotated[
    str | None, typer.Option("--segments", metavar="3,3", help="With --toy: lengths of packed sentences.")
]
ToySeedOption = Annotated[int, typer.Option("--seed", help="With --toy: of its vectors.")]
