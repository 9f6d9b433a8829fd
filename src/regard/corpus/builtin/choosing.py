"""Chooses who and what a sentence is about: subjects, things with their determiners and adjectives, tenses."""

from collections.abc import Sequence
from typing import Final

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Adjective, Noun, Verb
from regard.corpus.builtin.noun_phrases import Determiner, NounPhrase
from regard.corpus.builtin.people import EVERYBODY, MEN, SUBJECTS, WOMEN, name, possessive_of, subject_pronoun
from regard.corpus.builtin.verb_groups import Manner, Negation, Tense, is_third_singular

PERSONS: Final = frozenset({"person"})
ANIMALS: Final = frozenset({"animal"})
BEINGS: Final = frozenset({"person", "animal"})
_HUMAN: Final = frozenset({"person", "adult", "young"})
_UNIQUE: Final = frozenset({"sport", "sun", "moon", "sea"})
_OWNED: Final = frozenset({"thing", "clothes", "vehicle", "kin", "pet", "home", "text", "furniture", "toy", "thought"})
_SINGULAR: Final = (np.THE,) * 6 + (np.A,) * 3 + (np.THIS, np.THAT)
_PLURAL: Final = (np.THE,) * 5 + (np.A, np.A, np.THESE, np.THOSE, np.SEVERAL, np.MANY, np.ALL, *np.NUMBERS[:3])
_EVENTS: Final = (Tense.PAST, Tense.PAST, Tense.PRESENT, Tense.PROGRESSIVE, Tense.NEAR)
_TENSES: Final = _EVENTS * 3 + (Tense.CAN, Tense.MUST, Tense.WANT, Tense.WOULD)
_NEGATIONS: Final = (Negation.NOT,) * 4 + (Negation.NEVER, Negation.NO_LONGER)
_LASTING: Final = frozenset({Tense.PRESENT, Tense.PROGRESSIVE, Tense.CAN, Tense.WANT})
_MODAL: Final = frozenset({Tense.WANT, Tense.WOULD, Tense.MUST})
UNWANTED: Final = frozenset(
    {"lose", "forget", "break", "fall", "receive", "disappear", "cough", "snore", "cry", "hear", "shine", "bite"}
)
_STILL: Final = frozenset({"stative", "taste", "of"})


def subject(draw: Draw, classes: frozenset[str], *, pronouns: float = 0.35) -> NounPhrase:
    """Someone or something of these classes; where people fit, often a pronoun or a name."""
    if classes & _HUMAN and draw.chance(pronouns):
        return anybody(draw)
    return described(draw, draw.noun(classes))


def anybody(draw: Draw) -> NounPhrase:
    """A pronoun or a name."""
    if draw.chance(0.65):
        return subject_pronoun(draw.pick(SUBJECTS), draw.policy)
    return draw.pick(EVERYBODY)() if draw.chance(0.1) else somebody(draw)


def owner(draw: Draw) -> NounPhrase:
    """Someone with a possessive: a pronoun, a name, or at times a noun."""
    if draw.chance(0.25):
        return np.noun_phrase(draw.noun(PERSONS), np.THE)
    return subject_pronoun(draw.pick(SUBJECTS), draw.policy) if draw.chance(0.7) else somebody(draw)


def own(draw: Draw, who: NounPhrase, noun: Noun, *, several: bool = False) -> NounPhrase:
    """Someone's own thing: *he … his coat*."""
    return np.noun_phrase(noun, np.settled(possessive_of(who), polite=draw.policy.polite), several=several)


def somebody(draw: Draw) -> NounPhrase:
    """A name."""
    fresh = [text for text in MEN + WOMEN if f"name:{text}" not in draw.lemmas]
    text = draw.pick(fresh)
    draw.note("name", text)
    return name(text)


def described(draw: Draw, noun: Noun, *, adjectives: float = 0.3) -> NounPhrase:
    """A noun with a determiner, in the singular or plural, sometimes with adjectives."""
    if noun.classes & _UNIQUE:
        return np.noun_phrase(noun, np.THE)
    if not noun.countable:
        return np.noun_phrase(noun, draw.pick((np.THE, np.THE, np.SOME, np.THIS)), attributes(draw, noun, 0.15))
    several = draw.chance(0.28) and "parent" not in noun.classes
    chosen = attributes(draw, noun, adjectives)
    return np.noun_phrase(noun, _determiner(draw, noun, several=several), chosen, several=several)


def definite(draw: Draw, noun: Noun, *, adjectives: float = 0.25) -> NounPhrase:
    """*the* …, *my* … or *this* …: something the listener knows."""
    if noun.classes & _UNIQUE:
        return np.noun_phrase(noun, np.THE)
    several = noun.countable and draw.chance(0.2) and "parent" not in noun.classes
    if noun.classes & _OWNED and draw.chance(_owned_share(noun)):
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
    numbers = np.NUMBERS[:3] if "kin" in noun.classes else np.NUMBERS
    return np.noun_phrase(noun, draw.pick((np.A, np.SEVERAL, np.MANY, *numbers)), chosen, several=True)


def possessive(draw: Draw) -> Determiner:
    """*my, your, his …*; *your* follows the policy."""
    return np.settled(draw.pick(np.POSSESSIVES), polite=draw.policy.polite)


def attributes(draw: Draw, noun: Noun, probability: float) -> Sequence[Adjective]:
    """No adjective, one, or rarely two: one that stands before the French noun and one behind it."""
    if not draw.chance(probability):
        return ()
    first = draw.adjective(noun.classes, attributive=True)
    if first is None or not draw.chance(0.12):
        return (first,) if first else ()
    second = draw.adjective(noun.classes, attributive=True)
    if second is None or first.before_noun == second.before_noun:
        return (first,)
    return (first, second) if first.before_noun else (second, first)


def manner(draw: Draw, verb: Verb, who: NounPhrase, *, negated: float = 0.18, tenses: Sequence[Tense] = ()) -> Manner:
    """A tense and a polarity that suit the verb and do not leave English ambiguous."""
    tense = _suited(verb, draw.pick(tenses or _TENSES))
    negation = draw.pick(_NEGATIONS) if draw.chance(negated) else None
    if negation is Negation.NO_LONGER and tense not in _LASTING:
        negation = Negation.NEVER
    if tense is Tense.WOULD and negation is not None:
        tense = Tense.WANT
    if negation is Negation.NEVER and tense is Tense.PROGRESSIVE:
        tense = Tense.PRESENT
    if tense is Tense.PRESENT and looks_past(verb, who) and negation is not Negation.NOT:
        tense = Tense.PAST
    return Manner(tense, negation)


def looks_past(verb: Verb, who: NounPhrase) -> bool:
    """Whether the simple present is spelled like the past: *I read*, *they cut*."""
    return verb.past == verb.english and not is_third_singular(who.agreement)


def is_human(verb: Verb) -> bool:
    """Whether any person can do it."""
    return bool(verb.subjects & _HUMAN)


def verb_among(draw: Draw, names: Sequence[str], *frames: str) -> Verb:
    """One of the verbs with these English names, used in one of the ways if any are given."""
    fitting = [verb for verb in draw.lexicon.verbs if verb.english in names]
    return draw.chosen_verb([verb for verb in fitting if not frames or verb.frame in frames])


def adjective_among(draw: Draw, names: Sequence[str]) -> Adjective:
    """One of the adjectives with these English names."""
    return draw.chosen_adjective([adjective for adjective in draw.lexicon.adjectives if adjective.english in names])


def _suited(verb: Verb, tense: Tense) -> Tense:
    """The tense, or the nearest one that the verb is said in: nobody *is knowing* or *is losing* something."""
    if verb.frame == "state":
        return Tense.PRESENT
    if verb.english in UNWANTED and tense in _MODAL:
        return Tense.PAST
    if tense is Tense.PROGRESSIVE:
        return Tense.PRESENT if verb.frame in _STILL else Tense.PAST if verb.frame == "event" else tense
    return tense


def _determiner(draw: Draw, noun: Noun, *, several: bool) -> Determiner:
    if noun.classes & _OWNED and draw.chance(_owned_share(noun)):
        return possessive(draw)
    return draw.pick(_PLURAL if several else _SINGULAR)


def _owned_share(noun: Noun) -> float:
    """How often a possessive opens the phrase: mostly for *sister*, at times for *hat*."""
    return 0.7 if "kin" in noun.classes else 0.25
