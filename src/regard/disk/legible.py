"""Names of files as text: they may be any bytes, and what is written into files or sent must be Unicode."""

import os


def legible(name: str) -> str:
    """A name in which what is no UTF-8 is replaced by U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")
