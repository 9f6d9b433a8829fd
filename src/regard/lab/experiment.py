"""An experiment: a name, the trained networks it needs, and a function from the bench to claims."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

from regard.lab.bench import Bench
from regard.lab.claim import Claim


@final
@dataclass(frozen=True, slots=True)
class Experiment:
    """One file of the lab.

    Attributes:
        name: short; what is typed to run it, and the name of its record.
        subject: half a sentence for the list.
        run: measures, and judges what it measured.
        networks: which trained networks it needs, by their names in ``networks.py``.
        version: raised when what is measured or how it is judged changes; an older record is measured again.
    """

    name: str
    subject: str
    run: Callable[[Bench], tuple[Claim, ...]]
    networks: tuple[str, ...] = ()
    version: int = 1
