"""The words sentences are made of: nouns, adjectives and verbs with their forms in both languages and their classes.

A class (``animal``, ``clothes``, ``opening`` …) says what makes sense together: verbs name the classes of their
subjects and objects, adjectives the classes they describe. A noun's own English name counts as one of its classes.
"""

from dataclasses import dataclass
from functools import cache

from regard.corpus.builtin import agreement, english_forms
from regard.corpus.builtin.agreement import Agreement
from regard.corpus.builtin.conjugation import Conjugation, conjugate, expression_of
from regard.corpus.builtin.tables import read_table


@dataclass(frozen=True, slots=True)
class Noun:
    """A noun in both languages; ``plural`` is empty for a mass noun."""

    english: str
    plural: str
    french: str
    french_plural: str
    feminine: bool
    classes: frozenset[str]

    @property
    def countable(self) -> bool:
        """Whether it has a plural."""
        return bool(self.plural)


@dataclass(frozen=True, slots=True)
class Adjective:
    """An adjective in both languages: the four French forms, and where it stands.

    ``comparative`` is ``""`` where comparing makes no sense; ``before_vowel`` only for *bel, nouvel, vieil*. Two
    adjectives of one ``scale`` (*young*, *old*) do not meet in a sentence. One that is not ``predicative`` is not said
    behind *to be* (*nouveau*, which would be *neuf* there).
    """

    english: str
    comparative: str
    forms: tuple[str, str, str, str]
    before_vowel: str | None
    before_noun: bool
    predicative: bool
    scale: str
    classes: frozenset[str]

    def french(self, which: Agreement) -> str:
        """The French form: masculine, feminine, masculine plural, feminine plural."""
        return self.forms[which.feminine + 2 * which.several]


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb in both languages and how it is used (``frame``, classes of subjects and objects).

    ``expression`` is what always follows the French verb: *besoin* of *avoir besoin*.
    """

    english: str
    third: str
    past: str
    participle: str
    progressive: str
    french: Conjugation
    expression: str
    frame: str
    subjects: frozenset[str]
    objects: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """All words, in table order, and the choices that make sense."""

    nouns: tuple[Noun, ...]
    adjectives: tuple[Adjective, ...]
    verbs: tuple[Verb, ...]

    def with_class(self, classes: frozenset[str]) -> tuple[Noun, ...]:
        """The nouns that have one of the classes."""
        return _with_class(self, classes)

    def describing(self, classes: frozenset[str]) -> tuple[Adjective, ...]:
        """The adjectives that can be said of something of these classes."""
        return _describing(self, classes)

    def in_frame(self, frame: str) -> tuple[Verb, ...]:
        """The verbs used in one way."""
        return _in_frame(self, frame)


@cache
def _with_class(lexicon: Lexicon, classes: frozenset[str]) -> tuple[Noun, ...]:
    return tuple(noun for noun in lexicon.nouns if noun.classes & classes)


@cache
def _describing(lexicon: Lexicon, classes: frozenset[str]) -> tuple[Adjective, ...]:
    return tuple(adjective for adjective in lexicon.adjectives if adjective.classes & classes)


@cache
def _in_frame(lexicon: Lexicon, frame: str) -> tuple[Verb, ...]:
    return tuple(verb for verb in lexicon.verbs if verb.frame == frame)


@cache
def load_lexicon() -> Lexicon:
    """The one lexicon, read once."""
    return Lexicon(
        nouns=tuple(_noun(row) for row in read_table("nouns.tsv")),
        adjectives=tuple(_adjective(row) for row in read_table("adjectives.tsv")),
        verbs=tuple(_verb(row) for row in read_table("verbs.tsv")),
    )


def _noun(row: dict[str, str]) -> Noun:
    english, french = row["english"], row["french"]
    mass = row["plural"] == "-"
    return Noun(
        english=english,
        plural="" if mass else row["plural"] or english_forms.plural_of(english),
        french=french,
        french_plural=row["plural_french"] or agreement.plural_of(french),
        feminine=row["gender"] == "f",
        classes=frozenset([*row["classes"].split(), english]),
    )


def _adjective(row: dict[str, str]) -> Adjective:
    masculine = row["french"]
    feminine = row["feminine"] or agreement.feminine_of(masculine)
    plural = row["plural"] or agreement.plural_of(masculine)
    return Adjective(
        english=row["english"],
        comparative=row["comparative"].removeprefix("-"),
        forms=(masculine, feminine, plural, agreement.plural_of(feminine)),
        before_vowel=row["before_vowel"] or None,
        before_noun=row["place"].startswith("before"),
        predicative=row["place"] != "before only",
        scale=row["scale"],
        classes=frozenset(row["classes"].split()),
    )


def _verb(row: dict[str, str]) -> Verb:
    english = row["english"]
    past = row["past"] or english_forms.past_of(english)
    return Verb(
        english=english,
        third=english_forms.third_person_of(english),
        past=past,
        participle=row["participle"] or past,
        progressive=row["ing"] or english_forms.progressive_of(english),
        french=conjugate(row["french"]),
        expression=expression_of(row["french"]),
        frame=row["frame"],
        subjects=frozenset(row["subjects"].split()),
        objects=frozenset(row["objects"].split()),
    )
