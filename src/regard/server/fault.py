"""What is known of an error that is not the client's: kind and place for the log, and a family for the answer.

Its message is not among them: it may hold what was sent.
"""

from typing import final

from regard.errors import RegardError, is_out_of_memory


@final
class ElsewhereError(Exception):
    """Something went wrong in a process of its own; of the error, which cannot always be sent itself, this is known.

    Attributes:
        kind: the name of its class.
        where: the file and the line that raised it.
        family: what decides how it is answered, as of ``family_of``.
    """

    def __init__(self, kind: str, where: str, family: type[Exception]) -> None:
        super().__init__(kind, where, family)
        self.kind = kind
        self.where = where
        self.family = family

    def __str__(self) -> str:
        return f"{self.kind} at {self.where} while a batch was translated"


def fault_of(error: BaseException) -> dict[str, str]:
    """The ``kind`` of an error, and ``where`` it was raised."""
    if isinstance(error, ElsewhereError):
        return {"kind": error.kind, "where": error.where}
    return {"kind": type(error).__name__, "where": _place(error)}


def family_of(error: BaseException) -> type[Exception]:
    """What a client is told depends on it: MemoryError, RegardError, or Exception for all others."""
    if isinstance(error, ElsewhereError):
        return error.family
    if is_out_of_memory(error):
        return MemoryError
    return RegardError if isinstance(error, RegardError) else Exception


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "" if trace is None else f"{trace.tb_frame.f_code.co_filename.rsplit('/', 2)[-1]}:{trace.tb_lineno}"
