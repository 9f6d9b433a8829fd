"""Simple statements: someone does something, to something, somewhere, at some time."""

from dataclasses import replace
from typing import Final

from regard.corpus.builtin.adverbials import frequency, time
from regard.corpus.builtin.choosing import ANIMALS, PERSONS, manner, subject, verb_among
from regard.corpus.builtin.clauses import Scene, comma, ended, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.noun_phrases import THE, noun_phrase
from regard.corpus.builtin.scenes import (
    about_something,
    alone,
    company,
    giving,
    having,
    liking,
    living,
    moving,
    object_somewhere,
    playing,
    sitting,
    somewhere,
    to_somebody,
    with_manner,
    with_object,
)
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Tense
from regard.corpus.builtin.words import Phrase

_BETWEEN_ANIMALS: Final = ("chase", "see", "follow", "protect", "frighten")
_SHARED: Final = ("dance", "walk", "travel", "work", "play", "swim", "have lunch", "have dinner", "go out", "sing")
_BETWEEN_PEOPLE: Final = ("help", "meet", "thank", "follow", "admire", "invite", "see", "know", "wait for", "call")


def two_beings(draw: Draw, *, swapped: bool = False) -> Phrase:
    """*The cat chased the dog*: two who could change places, and do when ``swapped``."""
    people = draw.chance(0.5)
    verb = verb_among(draw, _BETWEEN_PEOPLE if people else _BETWEEN_ANIMALS)
    kind = PERSONS if people else ANIMALS
    beings = [noun_phrase(draw.noun(kind), THE), noun_phrase(draw.noun(kind), THE)]
    first, second = reversed(beings) if swapped else beings
    how = manner(draw, verb, beings[0], negated=0.15)
    return ended(statement(Scene(first, verb, how, (second,))))


def _alone(draw: Draw) -> Phrase:
    return ended(statement(alone(draw)))


def _alone_manner(draw: Draw) -> Phrase:
    return ended(statement(with_manner(draw, alone(draw, "alone"))))


def _alone_place(draw: Draw) -> Phrase:
    return ended(statement(somewhere(draw)))


def _alone_company(draw: Draw) -> Phrase:
    verb = verb_among(draw, _SHARED, "alone")
    who = subject(draw, PERSONS, pronouns=0.5)
    return ended(statement(Scene(who, verb, manner(draw, verb, who), (company(draw),))))


def _object(draw: Draw) -> Phrase:
    return ended(statement(with_object(draw)))


def _object_place(draw: Draw) -> Phrase:
    return ended(statement(object_somewhere(draw)))


def _time_first(draw: Draw) -> Phrase:
    scene = with_object(draw, negated=0.1)
    return ended(time(draw, scene.how.tense) + comma() + statement(scene))


def _time_last(draw: Draw) -> Phrase:
    scene = alone(draw, negated=0.1)
    return ended(statement(scene.adding(time(draw, scene.how.tense))))


def _object_time(draw: Draw) -> Phrase:
    scene = with_object(draw, negated=0.1)
    return ended(statement(scene.adding(time(draw, scene.how.tense))))


def _frequency(draw: Draw) -> Phrase:
    scene = with_object(draw, negated=0.0, tenses=(Tense.PAST, Tense.PRESENT))
    return ended(statement(scene.told(replace(scene.how, adverb=frequency(draw)))))


def _giving(draw: Draw) -> Phrase:
    return ended(statement(giving(draw)))


def _to_somebody(draw: Draw) -> Phrase:
    return ended(statement(to_somebody(draw)))


def _about_something(draw: Draw) -> Phrase:
    return ended(statement(about_something(draw)))


def _playing(draw: Draw) -> Phrase:
    return ended(statement(playing(draw)))


def _moving(draw: Draw) -> Phrase:
    return ended(statement(moving(draw)))


def _moving_time(draw: Draw) -> Phrase:
    scene = moving(draw)
    return ended(statement(scene.adding(time(draw, scene.how.tense))))


def _moving_company(draw: Draw) -> Phrase:
    return ended(statement(moving(draw).adding(company(draw))))


def _living(draw: Draw) -> Phrase:
    return ended(statement(living(draw)))


def _sitting(draw: Draw) -> Phrase:
    return ended(statement(sitting(draw)))


def _liking(draw: Draw) -> Phrase:
    return ended(statement(liking(draw)))


def _having(draw: Draw) -> Phrase:
    return ended(statement(having(draw)))


STATEMENTS: Final = (
    Structure("alone", _alone),
    Structure("alone_manner", _alone_manner),
    Structure("alone_place", _alone_place),
    Structure("alone_company", _alone_company, 0.7),
    Structure("object", _object, 2.0),
    Structure("two_beings", two_beings, 2.0),
    Structure("object_place", _object_place, 1.5),
    Structure("object_time", _object_time),
    Structure("time_first", _time_first),
    Structure("time_last", _time_last),
    Structure("frequency", _frequency),
    Structure("giving", _giving, 1.5),
    Structure("to_somebody", _to_somebody, 0.7),
    Structure("about_something", _about_something, 0.8),
    Structure("playing", _playing, 0.6),
    Structure("moving", _moving),
    Structure("moving_time", _moving_time, 0.7),
    Structure("moving_company", _moving_company, 0.5),
    Structure("living", _living, 0.7),
    Structure("sitting", _sitting, 0.8),
    Structure("liking", _liking),
    Structure("having", _having),
)
