"""Simple statements: someone does something, to something, somewhere, at some time."""

from dataclasses import replace
from typing import Final

from regard.corpus.builtin.adverbials import frequency, time
from regard.corpus.builtin.choosing import manner, place, subject
from regard.corpus.builtin.clauses import Scene, comma, ended, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.noun_phrases import THE, noun_phrase
from regard.corpus.builtin.scenes import (
    alone,
    company,
    giving,
    giving_both_pronouns,
    giving_to_pronoun,
    liking,
    living,
    moving,
    sitting,
    to_somebody,
    with_manner,
    with_object,
    with_pronoun,
)
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Tense
from regard.corpus.builtin.words import Phrase

_ANIMALS = frozenset({"animal"})
_PEOPLE = frozenset({"person"})
_BETWEEN_ANIMALS = frozenset({"chase", "see", "follow", "protect", "frighten"})
_BETWEEN_PEOPLE = frozenset({"help", "meet", "thank", "follow", "admire", "invite", "see", "know", "wait for", "call"})


def _alone(draw: Draw) -> Phrase:
    return ended(statement(alone(draw)))


def _alone_manner(draw: Draw) -> Phrase:
    return ended(statement(with_manner(draw, alone(draw, "alone"))))


def _alone_place(draw: Draw) -> Phrase:
    return ended(statement(alone(draw, "alone").adding(place(draw))))


def _alone_company(draw: Draw) -> Phrase:
    verb = draw.verb("alone")
    who = subject(draw, _PEOPLE)
    scene = Scene(who, verb, manner(draw, verb, who)) if verb.subjects & _PEOPLE else alone(draw, "alone")
    return ended(statement(scene.adding(company(draw))))


def _object(draw: Draw) -> Phrase:
    return ended(statement(with_object(draw)))


def two_beings(draw: Draw, *, swapped: bool = False) -> Phrase:
    """*The cat chased the dog*: two who could change places, and do when ``swapped``."""
    people = draw.chance(0.5)
    names = _BETWEEN_PEOPLE if people else _BETWEEN_ANIMALS
    verb = draw.pick([verb for verb in draw.lexicon.verbs if verb.english in names])
    draw.lemmas.append("verb:" + verb.english)
    kind = _PEOPLE if people else _ANIMALS
    beings = [noun_phrase(draw.noun(kind), THE), noun_phrase(draw.noun(kind), THE)]
    first, second = reversed(beings) if swapped else beings
    how = manner(draw, verb, beings[0], negated=0.15)
    return ended(statement(Scene(first, verb, how, (second,))))


def _object_place(draw: Draw) -> Phrase:
    return ended(statement(with_object(draw).adding(place(draw))))


def _time_first(draw: Draw) -> Phrase:
    scene = with_object(draw, negated=0.1)
    return ended(time(draw, scene.how.tense) + comma() + statement(scene))


def _time_last(draw: Draw) -> Phrase:
    scene = alone(draw, negated=0.1)
    return ended(statement(scene.adding(time(draw, scene.how.tense))))


def _frequency(draw: Draw) -> Phrase:
    scene = with_object(draw, negated=0.0, tenses=(Tense.PAST, Tense.PRESENT))
    return ended(statement(scene.told(replace(scene.how, adverb=frequency(draw)))))


def _pronoun(draw: Draw) -> Phrase:
    return ended(statement(with_pronoun(draw)))


def _giving(draw: Draw) -> Phrase:
    return ended(statement(giving(draw)))


def _giving_to_pronoun(draw: Draw) -> Phrase:
    return ended(statement(giving_to_pronoun(draw)))


def _giving_both(draw: Draw) -> Phrase:
    return ended(statement(giving_both_pronouns(draw)))


def _to_somebody(draw: Draw) -> Phrase:
    return ended(statement(to_somebody(draw)))


def _moving(draw: Draw) -> Phrase:
    return ended(statement(moving(draw)))


def _moving_time(draw: Draw) -> Phrase:
    scene = moving(draw)
    return ended(statement(scene.adding(time(draw, scene.how.tense))))


def _living(draw: Draw) -> Phrase:
    return ended(statement(living(draw)))


def _sitting(draw: Draw) -> Phrase:
    return ended(statement(sitting(draw)))


def _liking(draw: Draw) -> Phrase:
    return ended(statement(liking(draw)))


STATEMENTS: Final = (
    Structure("alone", _alone),
    Structure("alone_manner", _alone_manner),
    Structure("alone_place", _alone_place),
    Structure("alone_company", _alone_company),
    Structure("object", _object, 2.0),
    Structure("two_beings", two_beings, 2.0),
    Structure("object_place", _object_place, 1.5),
    Structure("time_first", _time_first, 1.5),
    Structure("time_last", _time_last),
    Structure("frequency", _frequency),
    Structure("pronoun_object", _pronoun, 1.5),
    Structure("giving", _giving, 1.5),
    Structure("giving_to_pronoun", _giving_to_pronoun),
    Structure("giving_both_pronouns", _giving_both, 0.7),
    Structure("to_somebody", _to_somebody),
    Structure("moving", _moving),
    Structure("moving_time", _moving_time),
    Structure("living", _living),
    Structure("sitting", _sitting),
    Structure("liking", _liking),
)
