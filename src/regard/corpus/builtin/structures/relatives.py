"""Clauses inside noun phrases: *the man who sings*, *the apples that I ate*, *Paul's dog*."""

from dataclasses import replace
from typing import Final

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.adverbials import place, places_for
from regard.corpus.builtin.choosing import BEINGS, PERSONS, anybody, definite, manner, somebody, verb_among
from regard.corpus.builtin.clauses import Scene, behind_verb, ended, group_of, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Noun
from regard.corpus.builtin.noun_phrases import NounPhrase
from regard.corpus.builtin.scenes import object_of
from regard.corpus.builtin.structures.descriptions import being, predicate, quality
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Tense
from regard.corpus.builtin.words import French, Phrase, english_words, phrase

_OWNED: Final = frozenset({"pet", "clothes", "vehicle", "home", "small", "text", "machine", "toy", "container"})
_SEEING: Final = ("see", "know", "help", "meet", "love", "watch", "follow", "hear", "photograph", "thank", "wait for")
_HANDLING: Final = (
    "wash",
    "find",
    "lose",
    "look for",
    "hide",
    "touch",
    "photograph",
    "forget",
    "bring",
    "use",
    "borrow",
)


def relative_subject(draw: Draw, noun: Noun) -> NounPhrase:
    """*the man who sings* / *l'homme qui chante*."""
    head = definite(draw, noun, adjectives=0.1)
    verbs = [
        verb
        for verb in draw.lexicon.verbs
        if verb.frame in {"alone", "direct", "event"} and verb.subjects & noun.classes
    ]
    verb = draw.chosen_verb(verbs)
    tenses = (Tense.PAST, Tense.PAST, Tense.NEAR, Tense.PROGRESSIVE)
    how = manner(draw, verb, head, tenses=tenses, negated=0.08)
    scene = Scene(head, verb, how, (object_of(draw, verb),) if verb.objects else ())
    group = group_of(scene)
    who = phrase("who" if "person" in noun.classes else "that", "qui")
    inner = who + Phrase(group.english, group.french) + behind_verb(scene)
    return replace(head, phrase=head.phrase + inner)


def relative_object(draw: Draw) -> NounPhrase:
    """*the apples that I ate* / *les pommes que j'ai mangées*."""
    verb = draw.verb("direct", "event")
    noun = draw.noun(verb.objects)
    head = np.noun_phrase(noun, np.THE, several=noun.countable and draw.chance(0.3))
    people = verb.subjects & {"person", "adult"}
    who = anybody(draw) if people and draw.chance(0.6) else definite(draw, draw.noun(verb.subjects), adjectives=0.1)
    how = manner(draw, verb, who, tenses=(Tense.PAST, Tense.PAST, Tense.PROGRESSIVE, Tense.NEAR), negated=0.08)
    group = group_of(Scene(who, verb, replace(how, moved_object=head.agreement)))
    inner = Phrase(who.phrase.english + group.english, who.phrase.french + group.french)
    return replace(head, phrase=head.phrase + phrase("that", "que") + inner)


def owned(draw: Draw) -> NounPhrase:
    """*Paul's dog* / *le chien de Paul*, *the teacher's book* / *le livre du professeur*."""
    thing = np.noun_phrase(draw.noun(_OWNED), np.THE)
    whose = somebody(draw) if draw.chance(0.5) else np.noun_phrase(draw.noun(PERSONS), draw.pick((np.THE, np.THIS)))
    last = whose.phrase.english[-1]
    owner = english_words(last.text + "'s")
    possessor = tuple(
        replace(word, of=tuple(owner[0] if link is last else link for link in word.of)) for word in whose.phrase.french
    )
    head = thing.phrase.english[1:]
    article = replace(thing.phrase.french[0], of=head)
    french = (article, *thing.phrase.french[1:], French("de", owner), *possessor)
    return replace(thing, phrase=Phrase(whose.phrase.english[:-1] + owner + head, french))


def _who_does(draw: Draw) -> Phrase:
    who = relative_subject(draw, draw.noun(BEINGS))
    rest = predicate(quality(draw, who), who.agreement)
    return ended(statement(Scene(who, None, being(draw, negated=0.15), (rest,))))


def _sees_who_does(draw: Draw) -> Phrase:
    verb = verb_among(draw, _SEEING)
    who = anybody(draw)
    whom = relative_subject(draw, draw.noun(frozenset({"person", "pet"})))
    return ended(statement(Scene(who, verb, manner(draw, verb, who), (whom,))))


def _what_is_done(draw: Draw) -> Phrase:
    what = relative_object(draw)
    adjective = draw.adjective(what.classes)
    rest = predicate(adjective, what.agreement) if adjective else place(draw, places_for(what.classes))
    return ended(statement(Scene(what, None, being(draw, negated=0.15), (rest,))))


def _likes_what_is_done(draw: Draw) -> Phrase:
    verb = verb_among(draw, ("like", "hate", "prefer", "see", "look for"), "taste", "direct", "stative")
    who = anybody(draw)
    what = relative_object(draw)
    return ended(statement(Scene(who, verb, manner(draw, verb, who, tenses=(Tense.PRESENT,)), (what,))))


def _owned_is(draw: Draw) -> Phrase:
    what = owned(draw)
    adjective = draw.adjective(what.classes)
    if adjective is None or draw.chance(0.4):
        return ended(statement(Scene(what, None, being(draw), (place(draw, places_for(what.classes)),))))
    return ended(statement(Scene(what, None, being(draw), (predicate(adjective, what.agreement),))))


def _owned_object(draw: Draw) -> Phrase:
    what = owned(draw)
    verb = verb_among(draw, _HANDLING, "direct", "event")
    who = anybody(draw)
    return ended(statement(Scene(who, verb, manner(draw, verb, who), (what,))))


RELATIVES: Final = (
    Structure("who_does", _who_does),
    Structure("sees_who_does", _sees_who_does, 0.8),
    Structure("what_is_done", _what_is_done),
    Structure("likes_what_is_done", _likes_what_is_done, 0.6),
    Structure("owned_is", _owned_is),
    Structure("owned_object", _owned_object, 0.8),
)
