"""Verb groups: tense, negation, clitics and the English helping verbs, without subject and objects.

| tense | English | French |
|---|---|---|
| PRESENT | chases, does not chase | poursuit |
| PROGRESSIVE | is chasing | poursuit |
| PAST | chased, did not chase | a poursuivi, est parti |
| NEAR | is going to chase | va poursuivre |
| CAN, MUST, WANT | can, must, wants to chase | peut, doit, veut poursuivre |
| WOULD | would like to chase | voudrait poursuivre |
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from regard.corpus.builtin.agreement import Agreement, participle_of
from regard.corpus.builtin.conjugation import (
    BE_IMPERFECT,
    HAVE_IMPERFECT,
    REFLEXIVE,
    WANT_CONDITIONAL,
    conjugate,
)
from regard.corpus.builtin.lexicon import Verb
from regard.corpus.builtin.people import Clitic
from regard.corpus.builtin.words import NOTHING, English, French, Phrase, english_words, french_words

_Words = tuple[English, ...]
_WITH_BE: Final = frozenset(
    {"aller", "venir", "revenir", "retourner", "rester", "arriver", "partir", "tomber", "entrer", "sortir", "devenir"}
)


class Tense(Enum):
    """When, and with which helping verb."""

    PRESENT = "present"
    PROGRESSIVE = "progressive"
    PAST = "past"
    NEAR = "near"
    CAN = "can"
    MUST = "must"
    WANT = "want"
    WOULD = "would"


class Negation(Enum):
    """The English word and the second half of *ne …*."""

    NOT = ("not", "pas")
    NEVER = ("never", "jamais")
    NO_LONGER = ("no longer", "plus")


_HELPER: Final = {
    Tense.NEAR: "aller",
    Tense.CAN: "pouvoir",
    Tense.MUST: "devoir",
    Tense.WANT: "vouloir",
    Tense.WOULD: "vouloir",
}


@dataclass(frozen=True, slots=True)
class VerbGroup:
    """A verb in its tense. A question moves ``auxiliary`` before the subject; nothing else moves."""

    auxiliary: _Words
    middle: _Words
    main: _Words
    french: tuple[French, ...]

    @property
    def english(self) -> _Words:
        """The statement's order."""
        return self.auxiliary + self.middle + self.main


@dataclass(frozen=True, slots=True)
class Manner:
    """How a verb is said: everything but the verb and its subject.

    ``adverb`` is one that English puts before the verb and French behind its finite part (*often* / *souvent*);
    ``moved_object`` is what a participle agrees with when it stands before it (*the apples that I ate*).
    """

    tense: Tense = Tense.PRESENT
    negation: Negation | None = None
    adverb: Phrase = NOTHING
    clitics: tuple[Clitic, ...] = ()
    asked: bool = False
    moved_object: Agreement | None = None


def verb_group(verb: Verb, who: Agreement, how: Manner) -> VerbGroup:
    """Builds a verb group for a subject."""
    english = _english(verb, who, how)
    middle, minus, second = _negation(how, english.auxiliary)
    finite, rest = _french_parts(verb, who, how, english)
    reflexive = _reflexive(verb, who, english.lexical)
    clitics = (*reflexive, *(clitic.french for clitic in sorted(how.clitics, key=lambda clitic: clitic.rank)))
    early, late = ((), clitics) if how.tense in _HELPER else (clitics, ())
    expression = french_words(verb.expression, english.lexical)
    french = (*minus, *early, finite, *second, *how.adverb.french, *late, *rest, *expression)
    return VerbGroup(english.auxiliary, middle + how.adverb.english, english.helper + english.lexical, french)


def copula(who: Agreement, how: Manner, *, having: bool = False) -> VerbGroup:
    """*to be*: *is* / *est*, *was* / *était*; ``having``: as in *is hungry* / *a faim*. Only PRESENT and PAST."""
    past = how.tense is Tense.PAST
    auxiliary = english_words(be_past(who) if past else be_present(who))
    middle, minus, second = _negation(how, auxiliary)
    present, imperfect = ("avoir", HAVE_IMPERFECT) if having else ("être", BE_IMPERFECT)
    form = imperfect[who.slot] if past else conjugate(present).present[who.slot]
    french = (*minus, French(form, auxiliary), *second, *how.adverb.french)
    return VerbGroup(auxiliary, middle + how.adverb.english, (), french)


def passive(verb: Verb, who: Agreement, negation: Negation | None) -> VerbGroup:
    """*was written* / *a été écrite*."""
    auxiliary, done = english_words(be_past(who)), english_words(verb.participle)
    middle, minus, second = _negation(Manner(Tense.PAST, negation), auxiliary)
    has = French(conjugate("avoir").present[who.slot], auxiliary)
    participle = French(participle_of(verb.french.participle, who), done)
    return VerbGroup(auxiliary, middle, done, (*minus, has, *second, French("été", auxiliary), participle))


def be_present(who: Agreement) -> str:
    """*am*, *are* or *is*."""
    if who.several or who.person == 2:
        return "are"
    return "am" if who.person == 1 else "is"


def be_past(who: Agreement) -> str:
    """*was* or *were*."""
    return "were" if who.several or who.person == 2 else "was"


def is_third_singular(who: Agreement) -> bool:
    """Whether an English verb takes its -s."""
    return who.person == 3 and not who.several


@dataclass(frozen=True, slots=True)
class _EnglishVerb:
    auxiliary: _Words
    helper: _Words
    lexical: _Words


def _english(verb: Verb, who: Agreement, how: Manner) -> _EnglishVerb:
    """The English words, before negation and adverb."""
    supported = how.asked or how.negation is Negation.NOT
    auxiliary, helper, lexical = _ENGLISH[how.tense](verb, who, supported)
    if how.tense is Tense.CAN and how.negation is Negation.NOT and not how.asked:
        auxiliary = "cannot"
    return _EnglishVerb(english_words(auxiliary), english_words(helper), english_words(lexical))


def _present(verb: Verb, who: Agreement, supported: bool) -> tuple[str, str, str]:
    if supported:
        return "does" if is_third_singular(who) else "do", "", verb.english
    return "", "", verb.third if is_third_singular(who) else verb.english


def _past(verb: Verb, _who: Agreement, supported: bool) -> tuple[str, str, str]:
    return ("did", "", verb.english) if supported else ("", "", verb.past)


def _want(verb: Verb, who: Agreement, supported: bool) -> tuple[str, str, str]:
    if supported:
        return "does" if is_third_singular(who) else "do", "want to", verb.english
    return "", "wants to" if is_third_singular(who) else "want to", verb.english


_ENGLISH: Final[dict[Tense, Callable[[Verb, Agreement, bool], tuple[str, str, str]]]] = {
    Tense.PRESENT: _present,
    Tense.PROGRESSIVE: lambda verb, who, _: (be_present(who), "", verb.progressive),
    Tense.PAST: _past,
    Tense.NEAR: lambda verb, who, _: (be_present(who), "going to", verb.english),
    Tense.CAN: lambda verb, _who, _: ("can", "", verb.english),
    Tense.MUST: lambda verb, _who, _: ("must", "", verb.english),
    Tense.WANT: _want,
    Tense.WOULD: lambda verb, _who, _: ("would", "like to", verb.english),
}


def _negation(how: Manner, auxiliary: _Words) -> tuple[_Words, tuple[French, ...], tuple[French, ...]]:
    """The English words of the negation, and the two French halves."""
    if how.negation is None:
        return (), (), ()
    english, french = how.negation.value
    joined = bool(auxiliary) and auxiliary[-1].text == "cannot"
    words = () if joined else english_words(english)
    link = auxiliary if joined else words
    return words, (French("ne", link),), (French(french, link),)


def _french_parts(verb: Verb, who: Agreement, how: Manner, english: _EnglishVerb) -> tuple[French, tuple[French, ...]]:
    """The finite French word, and what follows it."""
    helper = _HELPER.get(how.tense)
    if helper:
        forms = WANT_CONDITIONAL if how.tense is Tense.WOULD else conjugate(helper).present
        finite = French(forms[who.slot], english.auxiliary + english.helper)
        return finite, (French(verb.french.infinitive, english.lexical),)
    if how.tense is Tense.PAST:
        return _perfect(verb, who, how, english)
    return French(verb.french.present[who.slot], english.auxiliary + english.lexical), ()


def _perfect(verb: Verb, who: Agreement, how: Manner, english: _EnglishVerb) -> tuple[French, tuple[French, ...]]:
    """Passé composé: *être* agrees with the subject, *avoir* with a direct object that stands before it."""
    with_be = verb.french.reflexive or verb.french.infinitive in _WITH_BE
    auxiliary = conjugate("être" if with_be else "avoir").present[who.slot]
    direct = [clitic.agreement for clitic in how.clitics if clitic.direct]
    target = how.moved_object or (who if with_be else direct[0] if direct else Agreement())
    link = english.auxiliary or english.lexical
    return French(auxiliary, link), (French(participle_of(verb.french.participle, target), english.lexical),)


def _reflexive(verb: Verb, who: Agreement, link: _Words) -> tuple[French, ...]:
    return french_words(REFLEXIVE[who.slot], link) if verb.french.reflexive else ()
