"""What a server accepts at most. Everything has a limit, also where nobody asked for one; ``/limits`` shows them."""

from dataclasses import asdict, dataclass
from typing import final


@final
@dataclass(frozen=True, slots=True)
class Limits:
    """Upper bounds of one server.

    Attributes:
        connections: open at once, idle ones too; more wait until one ends.
        body_bytes: bytes of a request's body.
        texts: texts in one request.
        characters: characters of all texts of a request together.
        alternatives: further translations of a text, besides the best one.
        waiting_tokens: work that may be accepted and not yet answered: source tokens times beam. Beyond it the answer
            is 429.
        batch_tokens: source tokens times beam that are translated at once.
        deadline_seconds: from a request's arrival to its answer; then the answer is 504.
        body_seconds: for a body to arrive.
        header_seconds: for a request's head to arrive.
        drain_seconds: how long accepted work may go on after the server was told to stop.
        trace_tokens: tokens of a sentence that is traced, and of its translation, its end counted.
        traces: traces that are kept, of which the oldest goes first; as many more may wait or be in the making.
    """

    connections: int = 4096
    body_bytes: int = 1 << 20
    texts: int = 128
    characters: int = 50_000
    alternatives: int = 4
    waiting_tokens: int = 40_000
    batch_tokens: int = 12_000
    deadline_seconds: float = 30.0
    body_seconds: float = 10.0
    header_seconds: float = 10.0
    drain_seconds: float = 20.0
    trace_tokens: int = 128
    traces: int = 16

    def record(self) -> dict[str, float]:
        """As plain values."""
        return asdict(self)
