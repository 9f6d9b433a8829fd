"""Two clauses in one sentence: *and*, *but*, *because*, *when*, *if*, *think that*; and two subjects for one verb."""

from collections.abc import Callable
from typing import Final

from regard.corpus.builtin.adverbials import time
from regard.corpus.builtin.agreement import together
from regard.corpus.builtin.choosing import ANIMALS, PERSONS, adjective_among, anybody, definite, manner, somebody
from regard.corpus.builtin.clauses import Scene, comma, ended, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.noun_phrases import NounPhrase
from regard.corpus.builtin.people import WOMEN, subject_pronoun
from regard.corpus.builtin.scenes import (
    alone,
    giving,
    living,
    moving,
    object_of,
    object_somewhere,
    sitting,
    somewhere,
    with_object,
    with_pronoun,
)
from regard.corpus.builtin.structures.descriptions import being, described_subject, predicate
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, Tense, verb_group
from regard.corpus.builtin.words import French, Phrase, english_words, phrase

_REASONS: Final = (
    "tired", "ill", "happy", "sad", "angry", "busy", "nervous", "jealous", "lazy", "shy", "curious", "rich", "poor",
    "kind",
)  # fmt: skip


def clause(draw: Draw) -> Phrase:
    """A simple clause of any kind."""
    kinds: tuple[Callable[[Draw], Scene], ...] = (
        alone,
        alone,
        with_object,
        moving,
        _quality,
        living,
        sitting,
        with_pronoun,
    )
    return statement(draw.pick(kinds)(draw))


def _quality(draw: Draw) -> Scene:
    who, adjective = described_subject(draw)
    return Scene(who, None, being(draw), (predicate(adjective, who.agreement),))


def _and(draw: Draw) -> Phrase:
    link = phrase(*draw.pick((("and", "et"), ("but", "mais"))))
    return ended(clause(draw) + link + clause(draw))


def _because(draw: Draw) -> Phrase:
    """*She is sleeping because she is tired*: the reason is about the same person."""
    named = draw.chance(0.35)
    who = somebody(draw) if named else subject_pronoun(draw.pick(("I", "you", "he", "she", "we", "they")), draw.policy)
    first = who.phrase.english[0].text
    again = subject_pronoun(("she" if first in WOMEN else "he") if named else first, draw.policy)
    verb = draw.verb("alone", "routine", "direct", suits=lambda verb: bool(verb.subjects & {"person", "adult"}))
    rest = (object_of(draw, verb),) if verb.objects else ()
    how = manner(draw, verb, who)
    be = Manner(Tense.PAST if how.tense is Tense.PAST else Tense.PRESENT)
    reason = statement(Scene(again, None, be, (predicate(adjective_among(draw, _REASONS), again.agreement),)))
    result = statement(Scene(who, verb, how, rest))
    because = english_words("because")
    return ended(result + Phrase(because, (French("parce", because), French("que", because))) + reason)


def _when(draw: Draw) -> Phrase:
    opening = phrase("when", "quand") + statement(_habit(draw)) + comma()
    return ended(opening + statement(_habit(draw)))


def _if(draw: Draw) -> Phrase:
    opening = phrase("if", "si") + statement(_habit(draw)) + comma()
    scene = with_object(draw, tenses=(Tense.NEAR, Tense.CAN, Tense.MUST))
    return ended(opening + statement(scene))


def _habit(draw: Draw) -> Scene:
    """Something that happens as a rule."""
    if draw.chance(0.4):
        return with_object(draw, negated=0.1, tenses=(Tense.PRESENT,))
    verb = draw.verb("alone", "routine")
    people = verb.subjects & {"person", "adult", "young"}
    who = anybody(draw) if people and draw.chance(0.5) else definite(draw, draw.noun(verb.subjects))
    return Scene(who, verb, manner(draw, verb, who, tenses=(Tense.PRESENT,), negated=0.1))


def _think(draw: Draw) -> Phrase:
    """*I hope that she is happy* / *J'espère qu'elle est heureuse*."""
    verb = draw.verb("opinion")
    who = anybody(draw)
    group = verb_group(verb, who.agreement, Manner(Tense.PRESENT))
    opening = Phrase(who.phrase.english + group.english, who.phrase.french + group.french)
    return ended(opening + phrase("that", "que") + clause(draw))


def _two_subjects(draw: Draw) -> Phrase:
    verb = draw.verb("alone", "direct", "routine")
    kind = next((kind for kind in (PERSONS, ANIMALS) if kind & verb.subjects), verb.subjects)
    first, second = (definite(draw, draw.noun(kind), adjectives=0.15) for _ in range(2))
    both = NounPhrase(
        first.phrase + phrase("and", "et") + second.phrase, together(first.agreement, second.agreement), first.classes
    )
    rest = (object_of(draw, verb),) if verb.objects else ()
    return ended(statement(Scene(both, verb, manner(draw, verb, both), rest)))


def _two_objects(draw: Draw) -> Phrase:
    scene = with_object(draw)
    if scene.verb is None:
        return ended(statement(scene))
    return ended(statement(scene.adding(phrase("and", "et"), object_of(draw, scene.verb))))


def _long(draw: Draw) -> Phrase:
    """A time, a clause with a place, and a second clause."""
    kinds: tuple[Callable[[Draw], Scene], ...] = (somewhere, object_somewhere, giving)
    first = draw.pick(kinds)(draw)
    opening = time(draw, first.how.tense) + comma() + statement(first)
    link = phrase(*draw.pick((("and", "et"), ("but", "mais"))))
    return ended(opening + link + clause(draw))


COMPOUNDS: Final = (
    Structure("and_but", _and, 1.2),
    Structure("because", _because),
    Structure("when", _when, 0.8),
    Structure("if", _if, 0.7),
    Structure("think_that", _think),
    Structure("two_subjects", _two_subjects),
    Structure("two_objects", _two_objects, 0.8),
    Structure("long", _long),
)
