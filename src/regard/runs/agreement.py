"""Whether the processes of one training have the same before them. Each reads files for itself, so they compare.

A copy of the corpus that is older on one machine would not be noticed otherwise: gradients can be summed whatever they
are about, and the model would learn from pairs cut by two different tokenizers.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from regard.errors import MachineError
from regard.training import Processes

_HASHED_BYTES: Final = 6  # processes tell each other float64, which holds whole numbers of that size exactly


def require_agreement(processes: Processes, facts: Callable[[], Mapping[str, Any]]) -> None:
    """Ends the training in all processes if one has something else than the first.

    Args:
        processes: each of them asks at the same time; one alone agrees with itself, and is asked for no facts.
        facts: what must be the same, as JSON has it; the names say what it is if it is not ("other subwords").

    Raises:
        MachineError: it says which process differs, and in what.
    """
    if processes.size == 1:
        return
    own = facts()
    told = _told_by_all(processes, [_number(fact) for fact in own.values()])
    found = [
        f"{name} in rank {', '.join(map(str, ranks))}"
        for place, name in enumerate(own)
        if (ranks := [rank for rank, numbers in enumerate(told) if numbers[place] != told[0][place]])
    ]
    if found:
        raise MachineError(
            "the processes of this training cannot train one model: compared with rank 0, there are "
            f"{'; '.join(found)}. Each reads the files that the settings name on its own machine; give all machines "
            "the same, and start again"
        )


def _number(fact: Any) -> float:
    digest = hashlib.sha256(json.dumps(fact, sort_keys=True).encode()).digest()
    return float(int.from_bytes(digest[:_HASHED_BYTES], "big"))


def _told_by_all(processes: Processes, own: Sequence[float]) -> list[list[float]]:
    """The numbers of every process, by rank: each adds its own where the others have zeros."""
    count = len(own)
    before, after = processes.rank, processes.size - processes.rank - 1
    flat = processes.sum([0.0] * (count * before) + list(own) + [0.0] * (count * after))
    return [flat[start : start + count] for start in range(0, len(flat), count)]
