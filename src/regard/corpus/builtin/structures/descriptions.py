"""Sentences with *to be*: what something is like, where it is; *there is*, *this is*, *what a* …"""

from typing import Final

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.adverbials import degree, frequency, place, places_for
from regard.corpus.builtin.agreement import Agreement
from regard.corpus.builtin.choosing import (
    BEINGS,
    adjective_among,
    anybody,
    attributes,
    definite,
    indefinite,
    possessive,
    subject,
)
from regard.corpus.builtin.clauses import Scene, comma, ended, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Adjective, Noun
from regard.corpus.builtin.noun_phrases import NounPhrase, noun_phrase
from regard.corpus.builtin.scenes import surface
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, Negation, Tense, copula
from regard.corpus.builtin.words import English, French, Phrase, english_words, phrase

_THINGS: Final = frozenset(
    {"thing", "vehicle", "building", "room", "food", "text", "show", "opening", "furniture", "thought", "mass", "sight"}
)
_ADMIRED: Final = _THINGS | {"animal"}
_PLACED: Final = frozenset(
    {"person", "pet", "small", "clothes", "dish", "text", "container", "toy", "vehicle", "infant"}
)
_FEELINGS: Final = ("tired", "ill", "happy", "sad", "angry", "busy", "late", "nervous", "jealous", "calm")
_MILD: Final = frozenset({"size", "age", "beauty", "quality", "interest", "strangeness", "length"})


def predicate(adjective: Adjective, who: Agreement) -> Phrase:
    """An adjective behind *to be*."""
    words = english_words(adjective.english)
    return Phrase(words, (French(adjective.french(who), words),))


def being(draw: Draw, *, negated: float = 0.25) -> Manner:
    """Present or past of *to be*, sometimes negated."""
    tense = draw.pick((Tense.PRESENT, Tense.PRESENT, Tense.PAST))
    if not draw.chance(negated):
        return Manner(tense)
    longer = tense is Tense.PRESENT and draw.chance(0.25)
    return Manner(tense, Negation.NO_LONGER if longer else Negation.NOT)


def quality(draw: Draw, who: NounPhrase) -> Adjective:
    """An adjective that can be said of someone or something."""
    adjective = draw.adjective(who.classes)
    if adjective is None:
        raise LookupError(f"no adjective describes {who.phrase.english}")
    return adjective


def described_subject(draw: Draw) -> tuple[NounPhrase, Adjective]:
    """Someone or something definite, and an adjective that can be said of it."""
    who = anybody(draw) if draw.chance(0.35) else definite(draw, describable(draw), adjectives=0.0)
    return who, quality(draw, who)


def describable(draw: Draw, classes: frozenset[str] = BEINGS | _THINGS) -> Noun:
    """A noun for which there are adjectives."""
    noun = draw.noun(classes)
    while not draw.lexicon.describing(noun.classes):
        noun = draw.noun(classes)
    return noun


def _quality(draw: Draw) -> Phrase:
    who, adjective = described_subject(draw)
    return ended(statement(Scene(who, None, being(draw), (predicate(adjective, who.agreement),))))


def _quality_degree(draw: Draw) -> Phrase:
    who, adjective = described_subject(draw)
    gradable = bool(adjective.comparative) or adjective.english in _FEELINGS
    how = (degree(draw) if gradable else Phrase()) + predicate(adjective, who.agreement)
    return ended(statement(Scene(who, None, being(draw, negated=0.1), (how,))))


def _quality_frequency(draw: Draw) -> Phrase:
    who = subject(draw, frozenset({"person"}), pronouns=0.4)
    adjective = adjective_among(draw, _FEELINGS)
    how = Manner(draw.pick((Tense.PRESENT, Tense.PAST)), adverb=frequency(draw))
    return ended(statement(Scene(who, None, how, (predicate(adjective, who.agreement),))))


def _two_qualities(draw: Draw) -> Phrase:
    who = definite(draw, describable(draw), adjectives=0.0)
    first, second = quality(draw, who), quality(draw, who)
    rest = predicate(first, who.agreement)
    if first.scale != second.scale:
        link = ("but", "mais") if draw.chance(0.25) else ("and", "et")
        rest += phrase(*link) + predicate(second, who.agreement)
    return ended(statement(Scene(who, None, being(draw, negated=0.0), (rest,))))


def _whereabouts(draw: Draw) -> Phrase:
    who = anybody(draw) if draw.chance(0.3) else definite(draw, draw.noun(_PLACED))
    return ended(statement(Scene(who, None, being(draw, negated=0.2), (place(draw, places_for(who.classes)),))))


def _on_the_mat(draw: Draw) -> Phrase:
    who = definite(draw, draw.noun(frozenset({"pet", "small", "dish", "toy", "clothes"})), adjectives=0.15)
    return ended(statement(Scene(who, None, being(draw, negated=0.2), (surface(draw),))))


def _there_is(draw: Draw) -> Phrase:
    noun = draw.noun(frozenset({"person", "animal", "thing", "food", "mass", "vehicle"}))
    what = indefinite(draw, noun)
    negated = draw.chance(0.2)
    be = english_words("there are" if what.agreement.several else "there is")
    no = english_words("not") if negated else ()
    minus = (French("ne", no),) if negated else ()
    second = (French("pas", no),) if negated else ()
    french = (French("il", be), *minus, French("y", be), French("a", be), *second)
    return ended(Phrase(be + no, french) + what.after(negated=negated) + place(draw, places_for(noun.classes)))


def _this_is(draw: Draw) -> Phrase:
    noun = draw.noun(frozenset({"kin", "clothes", "vehicle", "home", "pet", "small"}))
    several = draw.chance(0.25)
    what = noun_phrase(noun, possessive(draw), attributes(draw, noun, 0.25), several=several)
    negated = draw.chance(0.25)
    pointing = english_words("these" if several else "this")
    be = copula(what.agreement, Manner(Tense.PRESENT, Negation.NOT if negated else None))
    return ended(Phrase(pointing + be.english, (pointed(pointing), *be.french)) + what.phrase)


def pointed(pointing: tuple[English, ...]) -> French:
    """*ce*, *c'* before *est*."""
    return French("ce", pointing, before_vowel="c'")


def _here_is(draw: Draw) -> Phrase:
    noun = draw.noun(frozenset({"kin", "clothes", "small", "text", "container", "dish", "vehicle"}))
    what = definite(draw, noun)
    here = english_words("here are" if what.agreement.several else "here is")
    return ended(Phrase(here, (French("voici", here),)) + what.phrase)


def _exclamation(draw: Draw) -> Phrase:
    noun = draw.noun(_ADMIRED)
    choices = [word for word in draw.lexicon.describing(noun.classes) if word.scale in _MILD]
    while not choices or not noun.countable:
        noun = draw.noun(_ADMIRED)
        choices = [word for word in draw.lexicon.describing(noun.classes) if word.scale in _MILD]
    adjective = draw.chosen_adjective(choices)
    several = draw.chance(0.2)
    core = np.bare(noun, (adjective,), several=several, article=False)
    what = english_words("what" if several else "what a")
    return ended(Phrase(what, (which_of(core.agreement, what),)) + core.phrase, "!")


def which_of(thing: Agreement, link: tuple[English, ...]) -> French:
    """*quel, quelle, quels, quelles*."""
    return French(("quel", "quelle", "quels", "quelles")[thing.feminine + 2 * thing.several], link)


def _aside(draw: Draw) -> Phrase:
    """*The cat, which is fluffy, sleeps*: a clause between commas."""
    noun = draw.noun(BEINGS)
    who = definite(draw, noun, adjectives=0.0)
    relative = english_words("who" if "person" in noun.classes else "which")
    be = copula(who.agreement, Manner(draw.pick((Tense.PRESENT, Tense.PRESENT, Tense.PAST))))
    inner = Phrase(relative + be.english, (French("qui", relative), *be.french))
    inner += predicate(quality(draw, who), who.agreement)
    full = NounPhrase(who.phrase + comma() + inner + comma(), who.agreement, who.classes)
    return ended(_doing(draw, full, noun))


def _doing(draw: Draw, who: NounPhrase, noun: Noun) -> Phrase:
    verb = draw.verb("alone", suits=lambda verb: bool(verb.subjects & noun.classes))
    tense = draw.pick((Tense.PRESENT, Tense.PRESENT, Tense.PROGRESSIVE, Tense.PAST, Tense.NEAR))
    return statement(Scene(who, verb, Manner(tense)))


DESCRIPTIONS: Final = (
    Structure("quality", _quality, 1.5),
    Structure("quality_degree", _quality_degree),
    Structure("quality_frequency", _quality_frequency, 0.5),
    Structure("two_qualities", _two_qualities, 0.8),
    Structure("whereabouts", _whereabouts),
    Structure("on_the_mat", _on_the_mat, 0.7),
    Structure("there_is", _there_is),
    Structure("this_is", _this_is, 0.7),
    Structure("here_is", _here_is, 0.4),
    Structure("exclamation", _exclamation, 0.4),
    Structure("aside", _aside),
)
