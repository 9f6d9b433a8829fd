"""What the log says of an error that is not the client's: kind and place. Its message may hold what was sent."""

from typing import final


@final
class ElsewhereError(Exception):
    """Something went wrong in a process of its own; of the error, which cannot always be sent itself, this is known.

    Attributes:
        kind: the name of its class.
        where: the file and the line that raised it.
    """

    def __init__(self, kind: str, where: str) -> None:
        super().__init__(kind, where)
        self.kind = kind
        self.where = where

    def __str__(self) -> str:
        return f"{self.kind} at {self.where} while a batch was translated"


def fault_of(error: BaseException) -> dict[str, str]:
    """The ``kind`` of an error, and ``where`` it was raised."""
    if isinstance(error, ElsewhereError):
        return {"kind": error.kind, "where": error.where}
    return {"kind": type(error).__name__, "where": _place(error)}


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno}"
