"""What is said where ``--compile`` was asked for and cannot be had."""

from typing import TYPE_CHECKING

import typer

from regard.cli.show import printable

if TYPE_CHECKING:
    from regard.translator import Translator


def said_if_not_compiled(translator: "Translator") -> "Translator":
    """The translator; if it could not be compiled, the reason is on standard error, and it translates all the same."""
    if translator.not_compiled is not None:
        reason = f"{translator.name} translates without compiled code: {translator.not_compiled}"
        typer.echo(printable(reason), err=True)
    return translator
