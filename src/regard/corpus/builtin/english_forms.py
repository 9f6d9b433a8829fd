"""English endings: plurals, third person, -ed, -ing. Only regular forms; the rest stands in the tables."""

from types import MappingProxyType

_SIBILANT = ("s", "x", "z", "ch", "sh")
_THIRD_PERSONS = MappingProxyType({"go": "goes", "do": "does", "have": "has"})


def plural_of(noun: str) -> str:
    """``fox`` → ``foxes``, ``story`` → ``stories``."""
    if noun.endswith(_SIBILANT):
        return noun + "es"
    return noun[:-1] + "ies" if _consonant_y(noun) else noun + "s"


def third_person_of(verb: str) -> str:
    """``watch`` → ``watches``, ``look for`` → ``looks for``."""
    head, *rest = verb.split(" ")
    head = _THIRD_PERSONS.get(head) or plural_of(head)
    return " ".join([head, *rest])


def past_of(verb: str) -> str:
    """``chase`` → ``chased``, ``cry`` → ``cried``, ``wait for`` → ``waited for``."""
    head, *rest = verb.split(" ")
    if head.endswith("e"):
        head += "d"
    else:
        head = head[:-1] + "ied" if _consonant_y(head) else head + "ed"
    return " ".join([head, *rest])


def progressive_of(verb: str) -> str:
    """``chase`` → ``chasing``, ``wait for`` → ``waiting for``; a doubled consonant stands in the table."""
    head, *rest = verb.split(" ")
    head = head[:-1] if head.endswith("e") and not head.endswith("ee") else head
    return " ".join([head + "ing", *rest])


def _consonant_y(word: str) -> bool:
    return word.endswith("y") and word[-2] not in "aeiou"
