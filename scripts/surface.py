#!/usr/bin/env python3
"""Prints what users can rely on: commands with their options, exit codes, and the public names of every room.

With --write it goes to tests/house/surface.txt, which a test compares with the code. Run it with .venv/bin/python.
"""

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import typer.main

import regard.errors
from regard.cli.app import app
from regard.errors import RegardError

RECORD = Path(__file__).resolve().parents[1] / "tests" / "house" / "surface.txt"
PACKAGE = Path(regard.errors.__file__).parent


def commands() -> Iterator[str]:
    """One line per command and per option."""
    for name, command in sorted(typer.main.get_command(app).commands.items()):
        yield f"command {name}"
        for parameter in command.params:
            yield f"    {parameter.param_type_name} {' '.join(parameter.opts)}"


def exit_codes() -> Iterator[str]:
    """One line per error that commands end with."""
    errors = [value for value in vars(regard.errors).values() if inspect.isclass(value)]
    yield from (f"exit {error.exit_code} {error.__name__}" for error in errors if issubclass(error, RegardError))


def names() -> Iterator[str]:
    """One line per public name of the package and of each room."""
    rooms = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))
    for module in ["regard", *(f"regard.{room}" for room in rooms)]:
        yield from (f"name {module}.{name}" for name in sorted(importlib.import_module(module).__all__))


def main() -> None:
    """Prints or writes the lines."""
    text = "".join(f"{line}\n" for line in [*commands(), *exit_codes(), *names()])
    if sys.argv[1:] == ["--write"]:
        RECORD.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
