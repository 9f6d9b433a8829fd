"""Who agrees with whom: person, number and gender, and the endings of adjectives and participles."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a subject imposes on its verb and adjectives.

    ``plural`` is the verb's number, ``several`` the number of people or things: a polite *vous* has a plural verb and
    a singular adjective.
    """

    person: int = 3
    plural: bool = False
    feminine: bool = False
    several: bool = False

    @property
    def slot(self) -> int:
        """The row of a conjugation table, from 0 (*je*) to 5 (*ils*)."""
        return self.person - 1 + 3 * self.plural


THIRD: Final = Agreement()


def together(first: Agreement, second: Agreement) -> Agreement:
    """The agreement of *X and Y*: the lower person, plural, feminine only if both are."""
    person = min(first.person, second.person)
    return Agreement(person, plural=True, feminine=first.feminine and second.feminine, several=True)


def feminine_of(masculine: str) -> str:
    """The regular feminine of an adjective or participle: ``heureux`` → ``heureuse``."""
    for ending, replacement in (("eux", "euse"), ("if", "ive"), ("er", "ère"), ("el", "elle"), ("en", "enne")):
        if masculine.endswith(ending):
            return masculine.removesuffix(ending) + replacement
    return masculine if masculine.endswith("e") else masculine + "e"


def plural_of(singular: str) -> str:
    """The regular plural of a French noun or adjective: ``cheval`` → ``chevaux``."""
    if singular.endswith(("s", "x", "z")):
        return singular
    if singular.endswith(("au", "eu")):
        return singular + "x"
    return singular.removesuffix("al") + "aux" if singular.endswith("al") else singular + "s"


def participle_of(masculine: str, agreement: Agreement) -> str:
    """A past participle agreeing: ``assis`` → ``assises``."""
    form = masculine
    if agreement.feminine:
        form = "due" if masculine == "dû" else masculine + "e"
    if agreement.several and not form.endswith("s"):
        form += "s"
    return form
