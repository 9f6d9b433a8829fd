"""``regard mask``: look at a mask, or ask it why a cell is dark."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from regard.cli.exits import guarded
from regard.cli.output import refuse_existing, text_output
from regard.errors import InputError

if TYPE_CHECKING:
    from regard.attention import Mask

app = typer.Typer(
    name="mask",
    help="Look at a mask of attention.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _group() -> None:
    """Keeps ``show`` a command of its own."""


def show(
    expression: Annotated[
        str,
        typer.Argument(
            metavar="MASK",
            help="Masks joined by &: everything, causal, window(left,right), prefix(length), padding(count), "
            "segments(length,...), off(head=...,query=...,key=...).",
            show_default=False,
        ),
    ],
    *,
    length: Annotated[int, typer.Option("--length", min=1, max=256, help="Positions of the sentence.")] = 8,
    pad: Annotated[int, typer.Option("--pad", min=0, help="How many of them, at the end, are padding.")] = 0,
    why: Annotated[
        str | None,
        typer.Option("--why", metavar="QUERY,KEY", help="Say only why this cell is dark.", show_default=False),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", help="Draw it into this file instead; must not exist yet.")
    ] = None,
) -> None:
    """Draw a mask: which keys (columns) each query (row) may look at, and why not the others."""
    if why is not None and svg is not None:
        raise InputError("--why and --svg: a cell is told in words, a mask is drawn; give one of them")
    if pad > length:
        raise InputError(f"--pad {pad}: a sentence of --length {length} has at most {length} positions of padding")
    refuse_existing(svg, option="--svg")
    from regard.attention import parse_mask
    from regard.attention.drawing import mask_svg, mask_text

    written = f"({expression}) & padding({pad})" if pad else expression
    mask = parse_mask(expression, length=length) & parse_mask(f"padding({pad})", length=length)
    if why is not None:
        _say_why(mask, *_cell(why, length))
    elif svg is None:
        with text_output(None) as write:
            write(f"{written}\n\n{mask_text(mask, length)}")
    else:
        with text_output(svg) as write:
            write(mask_svg(mask, length, title=written))
        typer.echo(f"written to {svg}")


def _say_why(mask: "Mask", query: int, key: int) -> None:
    """One line, or one per head where heads differ."""
    heads = mask.extent.num_heads
    for head in range(heads):
        typer.echo((f"head {head}: " if heads > 1 else "") + mask.why(query, key, head=head))


def _cell(text: str, length: int) -> tuple[int, int]:
    numbers = [part.strip() for part in text.split(",")]
    if len(numbers) != 2 or not all(number.isascii() and number.isdigit() for number in numbers):
        raise InputError(f"--why takes two positions, QUERY,KEY, such as 2,5, but is {text!r}")
    query, key = map(int, numbers)
    if max(query, key) >= length:
        raise InputError(f"--why {text}: positions are counted from 0, and the last of {length} is {length - 1}")
    return query, key


app.command()(guarded(show))
