"""What a sentence structure is: a name, and a function that draws one sentence of it."""

from collections.abc import Callable
from dataclasses import dataclass

from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.words import Phrase


@dataclass(frozen=True, slots=True)
class Structure:
    """One kind of sentence; ``weight`` is its share among all structures."""

    name: str
    build: Callable[[Draw], Phrase]
    weight: float = 1.0
