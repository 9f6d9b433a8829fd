"""All sentence structures, one file per family; ``STRUCTURES`` is the whole list."""

from typing import Final

from regard.corpus.builtin.structures.commands import COMMANDS
from regard.corpus.builtin.structures.comparisons import COMPARISONS
from regard.corpus.builtin.structures.compounds import COMPOUNDS
from regard.corpus.builtin.structures.descriptions import DESCRIPTIONS
from regard.corpus.builtin.structures.expressions import EXPRESSIONS
from regard.corpus.builtin.structures.infinitives import INFINITIVES
from regard.corpus.builtin.structures.pronouns import PRONOUNS
from regard.corpus.builtin.structures.questions import QUESTIONS
from regard.corpus.builtin.structures.relatives import RELATIVES
from regard.corpus.builtin.structures.statements import STATEMENTS
from regard.corpus.builtin.structures.structure import Structure

STRUCTURES: Final = (
    *STATEMENTS,
    *PRONOUNS,
    *DESCRIPTIONS,
    *COMPARISONS,
    *EXPRESSIONS,
    *QUESTIONS,
    *COMMANDS,
    *RELATIVES,
    *INFINITIVES,
    *COMPOUNDS,
)

__all__ = ["STRUCTURES", "Structure"]
