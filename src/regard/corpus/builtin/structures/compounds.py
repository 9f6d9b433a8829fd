"""Two clauses in one sentence: *and*, *but*, *because*, *when*, *if*, *think that*; and two subjects for one verb."""

from collections.abc import Callable
from typing import Final

from regard.corpus.builtin.adverbials import time
from regard.corpus.builtin.agreement import together
from regard.corpus.builtin.choosing import anybody, definite, described, manner, place
from regard.corpus.builtin.clauses import Scene, comma, ended, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.noun_phrases import NounPhrase
from regard.corpus.builtin.scenes import alone, living, moving, object_of, sitting, with_manner, with_object
from regard.corpus.builtin.structures.descriptions import being, described_subject, predicate
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, Tense, verb_group
from regard.corpus.builtin.words import French, Phrase, english_words, phrase


def clause(draw: Draw) -> Phrase:
    """A simple clause of any kind."""
    kinds: tuple[Callable[[Draw], Scene], ...] = (alone, with_object, with_object, moving, _quality, living, sitting)
    kind = draw.pick(kinds)
    return statement(kind(draw))


def _quality(draw: Draw) -> Scene:
    who, adjective = described_subject(draw)
    return Scene(who, None, being(draw), (predicate(adjective, who.agreement),))


def _and(draw: Draw) -> Phrase:
    link = phrase(*draw.pick((("and", "et"), ("but", "mais"))))
    return ended(clause(draw) + link + clause(draw))


def _because(draw: Draw) -> Phrase:
    because = english_words("because")
    link = Phrase(because, (French("parce", because), French("que", because)))
    return ended(clause(draw) + link + statement(_quality(draw)))


def _when(draw: Draw) -> Phrase:
    opening = phrase("when", "quand") + statement(_present(draw)) + comma()
    return ended(opening + statement(_present(draw)))


def _if(draw: Draw) -> Phrase:
    opening = phrase("if", "si") + statement(_present(draw)) + comma()
    scene = with_object(draw, tenses=(Tense.NEAR, Tense.CAN, Tense.MUST))
    return ended(opening + statement(scene))


def _present(draw: Draw) -> Scene:
    """Something that happens as a rule."""
    if draw.chance(0.5):
        return with_object(draw, negated=0.1, tenses=(Tense.PRESENT,))
    verb = draw.verb("alone", "routine")
    people = verb.subjects & {"person", "adult", "young"}
    who = anybody(draw) if people and draw.chance(0.5) else definite(draw, draw.noun(verb.subjects))
    return Scene(who, verb, manner(draw, verb, who, tenses=(Tense.PRESENT,), negated=0.1))


def _think(draw: Draw) -> Phrase:
    verb = draw.verb("opinion")
    who = anybody(draw)
    group = verb_group(verb, who.agreement, Manner(Tense.PRESENT))
    opening = Phrase(who.phrase.english + group.english, who.phrase.french + group.french)
    return ended(opening + phrase("that", "que") + clause(draw))


def _two_subjects(draw: Draw) -> Phrase:
    verb = draw.verb("alone", "direct")
    first = described(draw, draw.noun(verb.subjects), adjectives=0.15)
    second = described(draw, draw.noun(verb.subjects), adjectives=0.15)
    both = NounPhrase(
        first.phrase + phrase("and", "et") + second.phrase,
        together(first.agreement, second.agreement),
        first.classes | second.classes,
    )
    rest = (object_of(draw, verb),) if verb.objects else ()
    return ended(statement(Scene(both, verb, manner(draw, verb, both), rest)))


def _long(draw: Draw) -> Phrase:
    """A time, a clause with a place, and a second clause."""
    first = with_manner(draw, with_object(draw))
    opening = time(draw, first.how.tense) + comma() + statement(first.adding(place(draw)))
    link = phrase(*draw.pick((("and", "et"), ("but", "mais"))))
    return ended(opening + link + clause(draw))


COMPOUNDS: Final = (
    Structure("and_but", _and, 1.5),
    Structure("because", _because),
    Structure("when", _when),
    Structure("if", _if),
    Structure("think_that", _think),
    Structure("two_subjects", _two_subjects),
    Structure("long", _long),
)
