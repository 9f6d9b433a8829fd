"""Clauses inside noun phrases: *the man who sings*, *the apples that I ate*, *Paul's dog*."""

from typing import Final

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.adverbials import BESIDE, STANDING
from regard.corpus.builtin.choosing import anybody, definite, manner, place, somebody
from regard.corpus.builtin.clauses import Scene, ended, group_of, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Noun
from regard.corpus.builtin.noun_phrases import NounPhrase
from regard.corpus.builtin.scenes import object_of
from regard.corpus.builtin.structures.descriptions import being, predicate
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, Tense
from regard.corpus.builtin.words import French, Phrase, english_words, phrase

_BEINGS = frozenset({"person", "animal"})
_OWNED = frozenset({"pet", "clothes", "vehicle", "home", "small", "text", "machine", "toy", "container"})


def relative_subject(draw: Draw, noun: Noun) -> NounPhrase:
    """*the man who sings* / *l'homme qui chante*."""
    head = definite(draw, noun, adjectives=0.1)
    verbs = [verb for verb in draw.lexicon.verbs if verb.frame in {"alone", "direct"} and verb.subjects & noun.classes]
    verb = draw.pick(verbs)
    draw.lemmas.append("verb:" + verb.english)
    who = phrase("who" if "person" in noun.classes else "that", "qui")
    scene = Scene(head, verb, Manner(_relative_tense(draw)), (object_of(draw, verb),) if verb.objects else ())
    group = group_of(scene)
    inner = Phrase(group.english, group.french)
    for complement in scene.complements:
        inner += complement.phrase if isinstance(complement, NounPhrase) else complement
    return NounPhrase(head.phrase + who + inner, head.agreement, head.classes)


def relative_object(draw: Draw) -> NounPhrase:
    """*the apples that I ate* / *les pommes que j'ai mangées*."""
    verb = draw.verb("direct")
    noun = draw.noun(verb.objects)
    several = noun.countable and draw.chance(0.3)
    head = np.noun_phrase(noun, np.THE, several=several)
    who = anybody(draw) if verb.subjects & {"person", "adult"} else definite(draw, draw.noun(verb.subjects))
    tense = draw.pick((Tense.PAST, Tense.PAST, Tense.PROGRESSIVE, Tense.NEAR))
    group = group_of(Scene(who, verb, Manner(tense, moved_object=head.agreement)))
    that = phrase("that", "que")
    inner = Phrase(who.phrase.english + group.english, who.phrase.french + group.french)
    return NounPhrase(head.phrase + that + inner, head.agreement, head.classes)


def owned(draw: Draw) -> NounPhrase:
    """*Paul's dog* / *le chien de Paul*, *the teacher's book* / *le livre du professeur*."""
    noun = draw.noun(_OWNED)
    thing = np.noun_phrase(noun, np.THE)
    owner = somebody(draw) if draw.chance(0.5) else definite(draw, draw.noun(frozenset({"person"})), adjectives=0.0)
    if owner.agreement.several:
        owner = somebody(draw)
    last = owner.phrase.english[-1]
    possessor = english_words(last.text + "'s")
    french_owner = tuple(
        French(
            word.text,
            tuple(possessor[0] if link is last else link for link in word.of),
            word.before_vowel,
            word.article,
        )
        for word in owner.phrase.french
    )
    head = thing.phrase.english[1:]
    opening = French(thing.phrase.french[0].text, head, article=True)
    french = (opening, *thing.phrase.french[1:], French("de", possessor), *french_owner)
    english = owner.phrase.english[:-1] + possessor + head
    return NounPhrase(Phrase(english, french), thing.agreement, thing.classes)


def _who_does(draw: Draw) -> Phrase:
    noun = draw.noun(_BEINGS)
    who = relative_subject(draw, noun)
    adjective = draw.adjective(noun.classes)
    assert adjective is not None
    return ended(statement(Scene(who, None, being(draw, negated=0.15), (predicate(adjective, who.agreement),))))


def _sees_who_does(draw: Draw) -> Phrase:
    verbs = ("see", "know", "help", "meet", "love", "watch", "follow", "hear", "photograph")
    verb = draw.pick([verb for verb in draw.lexicon.verbs if verb.english in verbs])
    draw.lemmas.append("verb:" + verb.english)
    who = anybody(draw)
    whom = relative_subject(draw, draw.noun(frozenset({"person", "pet"})))
    return ended(statement(Scene(who, verb, manner(draw, verb, who), (whom,))))


def _what_is_done(draw: Draw) -> Phrase:
    what = relative_object(draw)
    adjective = draw.adjective(what.classes)
    if adjective is None:
        there = place(draw, (*STANDING, *BESIDE))
        return ended(statement(Scene(what, None, being(draw, negated=0.15), (there,))))
    return ended(statement(Scene(what, None, being(draw, negated=0.15), (predicate(adjective, what.agreement),))))


def _owned_is(draw: Draw) -> Phrase:
    what = owned(draw)
    adjective = draw.adjective(what.classes)
    if adjective is None or draw.chance(0.4):
        return ended(statement(Scene(what, None, being(draw), (place(draw, (*STANDING, *BESIDE)),))))
    return ended(statement(Scene(what, None, being(draw), (predicate(adjective, what.agreement),))))


def _owned_object(draw: Draw) -> Phrase:
    what = owned(draw)
    verbs = ("see", "wash", "find", "lose", "look for", "hide", "touch", "photograph", "forget", "bring")
    verb = draw.pick([verb for verb in draw.lexicon.verbs if verb.english in verbs])
    draw.lemmas.append("verb:" + verb.english)
    who = anybody(draw)
    return ended(statement(Scene(who, verb, manner(draw, verb, who), (what,))))


RELATIVES: Final = (
    Structure("who_does", _who_does),
    Structure("sees_who_does", _sees_who_does),
    Structure("what_is_done", _what_is_done),
    Structure("owned_is", _owned_is),
    Structure("owned_object", _owned_object, 0.8),
)


def _relative_tense(draw: Draw) -> Tense:
    return draw.pick((Tense.PROGRESSIVE, Tense.PAST, Tense.PAST, Tense.NEAR))
