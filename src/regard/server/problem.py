"""What goes wrong in a request, as an answer: a status, a sentence, and never a word of what was sent."""

from typing import Final, final

from regard.errors import CorpusError, RegardError, SettingsError, TextError, TraceError
from regard.server.fault import family_of

OF_CLIENTS: Final = (TextError, CorpusError, SettingsError, TraceError)
"""Errors of the rooms below that follow from what was sent; all others are the server's own."""

REASONS: Final = {
    400: "bad request",
    401: "token needed",
    403: "not allowed",
    404: "not here",
    405: "other method needed",
    408: "too slow",
    409: "gone",
    413: "too large",
    415: "other content type needed",
    422: "not what is expected",
    429: "too much at once",
    500: "a bug of the server",
    503: "not ready",
    504: "took too long",
}


@final
class Problem(Exception):  # noqa: N818 - it is the answer, not a defect
    """A request that cannot be answered as it was meant.

    Attributes:
        status: of the HTTP answer.
        sentence: what was expected and what to do; it repeats nothing that the client sent.
        retry_after: seconds after which it may work.
    """

    def __init__(self, status: int, sentence: str, *, retry_after: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.retry_after = retry_after

    def body(self) -> dict[str, str]:
        """The JSON of the answer; ``error`` is where LibreTranslate's clients look."""
        return {"error": self.sentence, "reason": REASONS[self.status]}

    def headers(self) -> dict[str, str]:
        """Headers of the answer beyond the usual ones."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return headers | ({"WWW-Authenticate": "Bearer"} if self.status == 401 else {})


def problem_of(error: BaseException) -> Problem:
    """What an error of the rooms below means to a client; the log names kind and place of what is not the client's."""
    if isinstance(error, OF_CLIENTS):
        return Problem(422, str(error)[:600])
    family = family_of(error)
    if family is MemoryError:
        return Problem(503, "memory ran out; send less at once", retry_after=5)
    if family is RegardError:
        return Problem(
            500, "the model could not translate this; the server's owner finds the reason with regard doctor"
        )
    return unforeseen()


def unforeseen() -> Problem:
    """The answer to an error that nobody thought of; the log has its kind and place."""
    return Problem(500, "this is a bug of the server; its log names the place")
