"""How much an experiment may spend: minutes as usual, hours with ``--full``.

Trainings are given updates, not minutes: what they come to is then the same on a slow or a busy machine.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final, final


@final
@dataclass(frozen=True, slots=True)
class Effort:
    """Sizes of everything that can be measured shortly or at length.

    Attributes:
        name: what it is called in the records.
        corpus_size: pairs of the built-in corpus, of which the short ones are trained on.
        overrides: settings of every training, over those of the lab's small network.
        num_sentences: test sentences that each trained network translates.
        lengths: tokens of the sentences whose time is taken.
        timed_tokens: real tokens of a timed training step.
        repeats: how often each time is taken; the shortest counts.
    """

    name: str
    corpus_size: int
    overrides: tuple[str, ...]
    num_sentences: int
    lengths: tuple[int, ...]
    timed_tokens: int
    repeats: int

    def record(self) -> dict[str, Any]:
        """As plain values."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}


USUAL: Final = Effort(
    name="usual",
    corpus_size=20_000,
    overrides=("training.max_steps=2400",),
    num_sentences=200,
    lengths=(10, 25, 50, 100, 200),
    timed_tokens=2_000,
    repeats=3,
)
FULL: Final = Effort(
    name="full",
    corpus_size=100_000,
    overrides=("training.max_steps=20000", "text.vocab_size=4000"),
    num_sentences=1_000,
    lengths=(10, 25, 50, 100, 200),
    timed_tokens=4_000,
    repeats=9,
)
