#!/usr/bin/env python3
"""``regard serve``, broken on purpose: of every request it keeps some bytes for ever. The control of the soak."""

from typing import Any, Final

from regard.cli import main
from regard.server.gate import Gate

KEPT_BYTES: Final = 2000
"""Of a request; what an object of the interpreter takes comes on top."""


def leak() -> None:
    """Breaks it."""
    kept: list[bytes] = []
    tell = Gate._tell

    def tell_and_keep(gate: Gate, *arguments: Any) -> None:
        kept.append(bytes(KEPT_BYTES))
        tell(gate, *arguments)

    Gate._tell = tell_and_keep  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    leak()
    main()
