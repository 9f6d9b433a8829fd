#!/usr/bin/env python3
"""Prints what users can rely on: commands with their options, exit codes, and the public names of every room.

With --write it goes to tests/house/surface.txt, which a test compares with the code. Run it with .venv/bin/python.
"""

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

import regard.errors
from regard.cli.app import app
from regard.errors import RegardError

RECORD = Path(__file__).resolve().parents[1] / "tests" / "house" / "surface.txt"
PACKAGE = Path(regard.errors.__file__).parent


def commands(group: Any, before: str = "") -> Iterator[str]:
    """One line per command and per option, also of commands within commands."""
    for name, command in sorted(group.commands.items()):
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
            continue
        yield f"command {before}{name}"
        yield from (f"    {one.param_type_name} {' '.join(one.opts)}" for one in command.params)


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
    text = "".join(f"{line}\n" for line in [*commands(get_command(app)), *exit_codes(), *names()])
    if sys.argv[1:] == ["--write"]:
        RECORD.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
