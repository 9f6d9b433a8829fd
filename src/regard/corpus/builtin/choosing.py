"""Chooses who and what a sentence is about: subjects, things with their determiners and adjectives, places, tenses."""

from collections.abc import Sequence
from typing import Final

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.adverbials import STANDING, Preposition
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Adjective, Noun, Verb
from regard.corpus.builtin.noun_phrases import Determiner, NounPhrase
from regard.corpus.builtin.people import MEN, SUBJECTS, WOMEN, name, subject_pronoun
from regard.corpus.builtin.verb_groups import Manner, Negation, Tense, is_third_singular
from regard.corpus.builtin.words import Phrase

UNIQUE: Final = frozenset({"sky_body", "sport", "sun", "moon", "sea"})
_HUMAN: Final = frozenset({"person", "adult", "young"})
_SINGULAR: Final = (np.THE, np.THE, np.THE, np.A, np.THIS, np.THAT, np.EVERY)
_PLURAL: Final = (np.THE, np.THE, np.A, np.THESE, np.THOSE, np.SEVERAL, np.MANY, np.ALL, *np.NUMBERS[:4])
_OWNED: Final = frozenset({"thing", "clothes", "vehicle", "kin", "pet", "home", "text", "furniture", "toy", "thought"})
_EVENT_TENSES: Final = (Tense.PAST, Tense.PAST, Tense.PRESENT, Tense.PROGRESSIVE, Tense.NEAR)
_ALL_TENSES: Final = (*_EVENT_TENSES, *_EVENT_TENSES, Tense.CAN, Tense.MUST, Tense.WANT)


def subject(draw: Draw, classes: frozenset[str], *, pronouns: float = 0.35) -> NounPhrase:
    """Someone or something of these classes; where people fit, often a pronoun or a name."""
    if classes & _HUMAN and draw.chance(pronouns):
        return anybody(draw)
    return described(draw, draw.noun(classes))


def anybody(draw: Draw) -> NounPhrase:
    """A pronoun or a name."""
    if draw.chance(0.7):
        return subject_pronoun(draw.pick(SUBJECTS), draw.policy)
    return somebody(draw)


def somebody(draw: Draw) -> NounPhrase:
    """A name."""
    text = draw.pick(MEN + WOMEN)
    draw.lemmas.append("name:" + text)
    return name(text)


def described(draw: Draw, noun: Noun, *, adjectives: float = 0.3) -> NounPhrase:
    """A noun with a determiner, in the singular or plural, sometimes with adjectives."""
    if noun.classes & UNIQUE:
        return np.noun_phrase(noun, np.THE)
    if not noun.countable:
        return _mass(draw, noun)
    several = draw.chance(0.3)
    chosen = attributes(draw, noun, adjectives)
    return np.noun_phrase(noun, determiner(draw, noun, several=several), chosen, several=several)


def definite(draw: Draw, noun: Noun, *, adjectives: float = 0.25) -> NounPhrase:
    """*the* …, *my* … or *this* …: something the listener knows."""
    several = noun.countable and draw.chance(0.2)
    if noun.classes & _OWNED and draw.chance(0.3):
        return np.noun_phrase(noun, possessive(draw), attributes(draw, noun, adjectives), several=several)
    choices = (np.THE, np.THE, np.THE, np.THESE if several else np.THIS)
    return np.noun_phrase(noun, draw.pick(choices), attributes(draw, noun, adjectives), several=several)


def indefinite(draw: Draw, noun: Noun, *, adjectives: float = 0.3, several: float = 0.25) -> NounPhrase:
    """*a* …, *some* …, *three* …: something new."""
    if not noun.countable:
        return np.noun_phrase(noun, np.SOME)
    chosen = attributes(draw, noun, adjectives)
    if not draw.chance(several):
        return np.noun_phrase(noun, np.A, chosen)
    return np.noun_phrase(noun, draw.pick((np.A, np.SEVERAL, np.MANY, *np.NUMBERS[:5])), chosen, several=True)


def determiner(draw: Draw, noun: Noun, *, several: bool) -> Determiner:
    """A determiner that suits the noun."""
    if noun.classes & _OWNED and draw.chance(0.22):
        return possessive(draw)
    return draw.pick(_PLURAL if several else _SINGULAR)


def possessive(draw: Draw) -> Determiner:
    """*my, your, his …*; *your* follows the policy."""
    chosen = draw.pick(np.POSSESSIVES)
    return np.YOUR_POLITE if chosen is np.YOUR and draw.policy.polite else chosen


def attributes(draw: Draw, noun: Noun, probability: float) -> Sequence[Adjective]:
    """No adjective, one, or rarely two: one that stands before the French noun and one behind it."""
    if not draw.chance(probability):
        return ()
    first = draw.adjective(noun.classes)
    if first is None or not draw.chance(0.15):
        return (first,) if first else ()
    second = draw.adjective(noun.classes)
    if second is None or first.before_noun == second.before_noun:
        return (first,)
    return (first, second) if first.before_noun else (second, first)


def place(draw: Draw, prepositions: Sequence[Preposition] = STANDING) -> Phrase:
    """Somewhere: *in the garden*, *on the old bridge*."""
    preposition = draw.pick(prepositions)
    return preposition.before(definite_place(draw, draw.noun(preposition.classes)))


def definite_place(draw: Draw, noun: Noun) -> NounPhrase:
    """*the* garden, at times with an adjective."""
    return np.noun_phrase(noun, np.THE, attributes(draw, noun, 0.15))


def manner(draw: Draw, verb: Verb, who: NounPhrase, *, negated: float = 0.18, tenses: Sequence[Tense] = ()) -> Manner:
    """A tense and a polarity that suit the verb and do not leave English ambiguous."""
    tense = draw.pick(tenses or _ALL_TENSES)
    if tense is Tense.PROGRESSIVE and verb.frame in {"stative", "taste"}:
        tense = Tense.PRESENT
    negation = draw.pick((Negation.NOT,) * 4 + (Negation.NEVER, Negation.NO_LONGER)) if draw.chance(negated) else None
    if negation is Negation.NO_LONGER and tense not in {Tense.PRESENT, Tense.PROGRESSIVE, Tense.CAN, Tense.WANT}:
        negation = Negation.NEVER
    if negation is Negation.NEVER and tense is Tense.PROGRESSIVE:
        tense = Tense.PRESENT
    if tense is Tense.PRESENT and looks_past(verb, who) and negation is not Negation.NOT:
        tense = Tense.PAST
    return Manner(tense, negation)


def looks_past(verb: Verb, who: NounPhrase) -> bool:
    """Whether the simple present is spelled like the past: *I read*, *they cut*."""
    return verb.past == verb.english and not is_third_singular(who.agreement)


def _mass(draw: Draw, noun: Noun) -> NounPhrase:
    adjectives = attributes(draw, noun, 0.15)
    return np.noun_phrase(noun, draw.pick((np.THE, np.THE, np.SOME, np.SOME, np.THIS)), adjectives)
