"""French verbs: present, imperative, participle, imperfect of *être*. Irregular verbs stand in a table."""

from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Final

from regard.corpus.builtin.tables import read_table

BE_IMPERFECT: Final = ("étais", "étais", "était", "étions", "étiez", "étaient")
HAVE_IMPERFECT: Final = ("avais", "avais", "avait", "avions", "aviez", "avaient")
WANT_CONDITIONAL: Final = ("voudrais", "voudrais", "voudrait", "voudrions", "voudriez", "voudraient")
REFLEXIVE: Final = ("me", "te", "se", "nous", "vous", "se")
_REGULAR_ER = ("e", "es", "e", "ons", "ez", "ent")
_REGULAR_IR = ("is", "is", "it", "issons", "issez", "issent")
_REGULAR_RE = ("s", "s", "", "ons", "ez", "ent")
_STEM_CHANGE = (
    ("eter", "èt"),
    ("ever", "èv"),
    ("ener", "èn"),
    ("éter", "èt"),
    ("éger", "èg"),
    ("érer", "èr"),
    ("écher", "èch"),
)


@dataclass(frozen=True, slots=True)
class Conjugation:
    """One French verb. ``present`` runs from *je* to *ils*; ``infinitive`` is without *se*."""

    infinitive: str
    present: tuple[str, ...]
    participle: str
    reflexive: bool = False

    @property
    def command(self) -> tuple[str, str, str]:
        """The imperative for *tu*, *nous*, *vous*: ``(regarde, regardons, regardez)``."""
        you = self.present[1]
        if self.infinitive == "aller" or you.endswith("es"):
            you = you.removesuffix("s")
        return you, self.present[3], self.present[4]


@cache
def conjugate(infinitive: str) -> Conjugation:
    """The forms of a verb; a leading ``se`` or ``s'`` marks it reflexive, words behind it do not count."""
    whole = infinitive.removeprefix("se ").removeprefix("s'")
    reflexive = whole != infinitive
    bare = whole.split(" ")[0]
    irregular = _irregular().get(bare)
    if irregular:
        return Conjugation(bare, irregular[:6], irregular[6], reflexive)
    return Conjugation(bare, _regular_present(bare), _regular_participle(bare), reflexive)


def expression_of(infinitive: str) -> str:
    """The words behind the verb: ``les courses`` of ``faire les courses``."""
    return infinitive.removeprefix("se ").partition(" ")[2]


@cache
def _irregular() -> MappingProxyType[str, tuple[str, ...]]:
    rows = read_table("conjugations.tsv")
    return MappingProxyType({row["infinitive"]: tuple(row.values())[1:] for row in rows})


def _regular_participle(infinitive: str) -> str:
    return infinitive[:-2] + {"er": "é", "ir": "i", "re": "u"}[infinitive[-2:]]


def _regular_present(infinitive: str) -> tuple[str, ...]:
    stem = infinitive[:-2]
    if infinitive.endswith("ir"):
        return tuple(stem + ending for ending in _REGULAR_IR)
    if infinitive.endswith("re"):
        return tuple(stem + ending for ending in _REGULAR_RE)
    return tuple(_stem_er(infinitive, ending) + ending for ending in _REGULAR_ER)


def _stem_er(infinitive: str, ending: str) -> str:
    """The stem of an -er verb before an ending: ``nous mangeons, plaçons``, ``il achète, nettoie``."""
    stem = infinitive[:-2]
    if ending == "ons":
        if stem.endswith("g"):
            return stem + "e"
        return stem[:-1] + "ç" if stem.endswith("c") else stem
    if ending == "ez":
        return stem
    if stem.endswith(("ay", "oy", "uy")):
        return stem[:-1] + "i"
    for suffix, changed in _STEM_CHANGE:
        if infinitive.endswith(suffix):
            return infinitive.removesuffix(suffix) + changed
    return stem
