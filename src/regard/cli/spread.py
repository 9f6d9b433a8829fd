"""Options that belong together, declared once: a command is given them as one value."""

import functools
import inspect
from collections.abc import Callable
from typing import Any

Command = Callable[..., None]


def spread(name: str, options: Callable[..., Any]) -> Callable[[Command], Command]:
    """For a command: all parameters of ``options`` in place of its own ``name``, which is given what they return."""

    def decorated(command: Command) -> Command:
        added = inspect.signature(options).parameters

        @functools.wraps(command)
        def run(**given: Any) -> None:
            value = options(**{each: given.pop(each) for each in added})
            command(**given, **{name: value})

        own = inspect.signature(command).parameters.values()
        parameters = [each for one in own for each in (added.values() if one.name == name else [one])]
        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return decorated
