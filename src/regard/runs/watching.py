"""How far a preparation has come, told to whoever watches: what is being done, how much is done, of how much."""

from collections.abc import Callable

Watch = Callable[[str, int, int], None]


def unwatched(what: str, done: int, total: int) -> None:
    """Nobody watches."""
