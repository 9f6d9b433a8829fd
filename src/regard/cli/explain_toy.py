"""``regard explain --toy``: the worked example, printed."""

from dataclasses import dataclass
from typing import final

from regard.cli.colour import terminal_paint, terminal_width
from regard.cli.output import text_output
from regard.errors import InputError


@final
@dataclass(frozen=True)
class Toy:
    """What was typed behind ``--toy``."""

    text: str
    pad: int | None
    causal: bool
    window: int | None
    prefix: str | None
    segments: str | None
    seed: int

    @property
    def num_prefix(self) -> int | None:
        """``--prefix``, which with a model is text, as a number of words."""
        return None if self.prefix is None else _number(self.prefix, "--prefix with --toy takes a number of words")

    @property
    def lengths(self) -> tuple[int, ...] | None:
        """``--segments 3,3`` as numbers."""
        if self.segments is None:
            return None
        return tuple(_number(part, "--segments takes lengths such as 3,3") for part in self.segments.split(","))


def show_toy(toy: Toy) -> None:
    """Prints every step of one head on these words.

    Raises:
        InputError: there is no word, there are too many, or the masks do not fit them.
    """
    numbers = {"--pad": toy.pad, "--window": toy.window, "--seed": toy.seed, "--prefix": toy.num_prefix}
    for option, number in numbers.items():
        if number is not None and number < 0:
            raise InputError(f"{option} must be a whole number of at least 0, but is {number}")
    lengths = toy.lengths
    from regard.tracing.toy import ToyMask, worked_example
    from regard.tracing.toy_text import toy_lines

    mask = ToyMask(pad=toy.pad or 0, causal=toy.causal, window=toy.window, prefix=toy.num_prefix, segments=lengths)
    example = worked_example(toy.text, mask, seed=toy.seed)
    with text_output(None) as write:
        write("".join(f"{line}\n" for line in toy_lines(example, width=terminal_width(), paint=terminal_paint())))


def _number(text: str, expected: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{expected}, but is given {text!r:.40}") from None
