"""Sentences whose point is a pronoun: clitics in their order, *y* and *en*, nobody and nothing, oneself."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from regard.corpus.builtin.adverbials import time
from regard.corpus.builtin.agreement import Agreement
from regard.corpus.builtin.choosing import definite, is_human, manner, own, owner, verb_among
from regard.corpus.builtin.clauses import Scene, ended, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Verb
from regard.corpus.builtin.noun_phrases import THE, NounPhrase
from regard.corpus.builtin.people import PERSON, Clitic
from regard.corpus.builtin.scenes import giving_both_pronouns, giving_to_pronoun, with_pronoun
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, Tense
from regard.corpus.builtin.words import English, French, Phrase, english_words, phrase

_BELONGINGS: Final = frozenset({"clothes", "umbrella", "bag", "phone", "key", "wallet", "dog"})
_SIMPLE: Final = (Tense.PRESENT, Tense.PAST, Tense.CAN, Tense.WANT)


def _pronoun(draw: Draw) -> Phrase:
    return ended(statement(with_pronoun(draw)))


def _pronoun_time(draw: Draw) -> Phrase:
    scene = with_pronoun(draw)
    return ended(statement(scene.adding(time(draw, scene.how.tense))))


def _giving_to_pronoun(draw: Draw) -> Phrase:
    return ended(statement(giving_to_pronoun(draw)))


def _giving_both(draw: Draw) -> Phrase:
    return ended(statement(giving_both_pronouns(draw)))


def _there(draw: Draw) -> Phrase:
    """*She went there* / *Elle y est allée*."""
    verb = verb_among(draw, ("go", "return", "stay", "live", "work", "sleep"))
    tenses = (Tense.PRESENT,) if verb.frame == "dwelling" else (*_SIMPLE, Tense.MUST)
    return _with_small(draw, verb, "there", "y", tenses)


def _of_it(draw: Draw) -> Phrase:
    """*I need it* / *J'en ai besoin*, *She remembers it* / *Elle s'en souvient*."""
    verb = draw.verb("of")
    return _with_small(draw, verb, "it", "en", (Tense.PRESENT,) if verb.english == "need" else _SIMPLE)


def _with_small(draw: Draw, verb: Verb, english: str, french: str, tenses: Sequence[Tense]) -> Phrase:
    """A sentence with *y* or *en*, with which nothing agrees."""
    who = owner(draw)
    word = (English(english),)
    small = Clitic(word, French(french, word), Agreement(), direct=False)
    how = replace(manner(draw, verb, who, tenses=tenses, negated=0.2), clitics=(small,))
    return ended(statement(Scene(who, verb, how)))


def _nobody_does(draw: Draw) -> Phrase:
    """*Nobody opened the door* / *Personne n'a ouvert la porte*."""
    verb = draw.verb("direct", "event", "alone", "stative", suits=is_human)
    word = english_words("nobody")
    who = NounPhrase(Phrase(word, (French("personne", word), French("ne", word))), Agreement(), PERSON)
    tenses = (Tense.PAST, Tense.PAST, Tense.PRESENT, Tense.NEAR, Tense.CAN, Tense.WANT)
    how = manner(draw, verb, who, tenses=tenses, negated=0.0)
    rest = (definite(draw, draw.noun(verb.objects)),) if verb.objects else ()
    return ended(statement(Scene(who, verb, how, rest)))


def _nothing(draw: Draw) -> Phrase:
    """*She saw nothing* / *Elle n'a rien vu*: *rien* stands before the participle."""
    verb = verb_among(draw, ("see", "eat", "drink", "buy", "find", "hear", "say", "understand", "forget"))
    word = english_words("nothing")
    return _negative_object(draw, verb, word, (French("rien", word),), ())


def _nobody_is_seen(draw: Draw) -> Phrase:
    """*She saw nobody* / *Elle n'a vu personne*: *personne* stands behind it."""
    verb = verb_among(draw, ("see", "help", "know", "love", "invite", "hear", "meet", "call", "thank"))
    word = english_words("nobody")
    return _negative_object(draw, verb, word, (), (French("personne", word),))


def _negative_object(
    draw: Draw, verb: Verb, word: tuple[English, ...], inner: tuple[French, ...], behind: tuple[French, ...]
) -> Phrase:
    who = owner(draw)
    how = replace(manner(draw, verb, who, tenses=_SIMPLE, negated=0.0), adverb=Phrase((), inner))
    opened = replace(who, phrase=Phrase(who.phrase.english, (*who.phrase.french, French("ne", word))))
    return ended(statement(Scene(opened, verb, how, (Phrase(word, behind),))))


def _oneself(draw: Draw) -> Phrase:
    """*She washed her hands* / *Elle s'est lavé les mains*: the participle does not agree, its object follows."""
    verb = draw.verb("oneself")
    who = owner(draw)
    how = replace(manner(draw, verb, who, negated=0.15), moved_object=Agreement())
    return ended(statement(Scene(who, verb, how, (_part(draw, who, verb, several=True),))))


def _hurt(draw: Draw) -> Phrase:
    """*He broke his leg* / *Il s'est cassé la jambe*."""
    verb = draw.verb("hurt")
    who = owner(draw)
    while who.agreement.several:
        who = owner(draw)
    how = Manner(draw.pick((Tense.PAST, Tense.PAST, Tense.NEAR)), moved_object=Agreement())
    scene = Scene(who, verb, how, (_part(draw, who, verb, several=False),))
    return ended(statement(scene.adding(time(draw, how.tense))))


def _part(draw: Draw, who: NounPhrase, verb: Verb, *, several: bool) -> Phrase:
    """*her hands* / *les mains*: French says whose by the reflexive pronoun."""
    part = own(draw, who, draw.noun(verb.objects), several=several)
    link = part.phrase.english[:1]
    article = French(THE.french(part.agreement), link, article=True)
    return Phrase(part.phrase.english, (article, *part.phrase.french[1:]))


def _without(draw: Draw) -> Phrase:
    """*He left without his coat* / *Il est parti sans son manteau*."""
    verb = verb_among(draw, ("go out", "travel", "work", "leave", "come in"), "alone")
    who = owner(draw)
    thing = own(draw, who, draw.noun(_BELONGINGS), several=who.agreement.several)
    return ended(statement(Scene(who, verb, manner(draw, verb, who), (phrase("without", "sans") + thing.phrase,))))


def _own_thing(draw: Draw) -> Phrase:
    """*Anna lost her key* / *Anna a perdu sa clé*."""
    verb = verb_among(draw, ("lose", "find", "look for", "forget", "bring", "wear", "wash", "use"), "direct", "event")
    who = owner(draw)
    thing = own(draw, who, draw.noun(verb.objects & _BELONGINGS or _BELONGINGS), several=who.agreement.several)
    return ended(statement(Scene(who, verb, manner(draw, verb, who), (thing,))))


PRONOUNS: Final = (
    Structure("pronoun_object", _pronoun, 1.8),
    Structure("pronoun_object_time", _pronoun_time, 0.7),
    Structure("giving_to_pronoun", _giving_to_pronoun),
    Structure("giving_both_pronouns", _giving_both, 0.8),
    Structure("pronoun_there", _there, 0.5),
    Structure("pronoun_of_it", _of_it, 0.5),
    Structure("nobody_does", _nobody_does, 0.7),
    Structure("nothing", _nothing, 0.4),
    Structure("nobody_is_seen", _nobody_is_seen, 0.4),
    Structure("oneself", _oneself, 0.5),
    Structure("hurt", _hurt, 0.3),
    Structure("without", _without, 0.5),
    Structure("own_thing", _own_thing, 0.7),
)
