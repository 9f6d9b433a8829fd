"""Questions: yes or no, who, whom, what, which, where, why, when, how many, how old."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.adverbials import place, places_for, time
from regard.corpus.builtin.agreement import THIRD
from regard.corpus.builtin.choosing import PERSONS, anybody, definite, is_human, manner, owner, subject, verb_among
from regard.corpus.builtin.clauses import Scene, ended, question, statement, yes_no_question
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.noun_phrases import NounPhrase, bare
from regard.corpus.builtin.scenes import alone, happens_somewhere, having, moving, object_of, with_object, with_pronoun
from regard.corpus.builtin.structures.descriptions import described_subject, predicate, which_of
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, Negation, Tense, copula
from regard.corpus.builtin.words import French, Phrase, english_words, phrase

_ASKED: Final = (Tense.PRESENT, Tense.PAST, Tense.PROGRESSIVE, Tense.NEAR)
_ASK_WHAT: Final = (
    "eat", "drink", "buy", "sell", "look for", "read", "write", "draw", "build", "prepare", "carry", "bring", "hide",
    "paint", "repair", "count", "learn", "wear", "copy", "explain", "wash",
)  # fmt: skip
_ASK_WHOM: Final = ("help", "invite", "see", "wait for", "follow", "meet", "call", "thank", "admire", "look for")
_ASK_WHICH: Final = (
    "choose",
    "read",
    "buy",
    "find",
    "lose",
    "wash",
    "wear",
    "repair",
    "draw",
    "sell",
    "take",
)
_ASK_HOW_MANY: Final = ("buy", "see", "eat", "read", "find", "count", "draw", "lose", "sell")


def _yes_no_alone(draw: Draw) -> Phrase:
    return yes_no_question(_plain(alone(draw, negated=0.0)))


def _yes_no_object(draw: Draw) -> Phrase:
    return yes_no_question(_plain(with_object(draw, negated=0.0)))


def _yes_no_pronoun(draw: Draw) -> Phrase:
    return yes_no_question(_plain(with_pronoun(draw)))


def _yes_no_having(draw: Draw) -> Phrase:
    return yes_no_question(_plain(having(draw)))


def _yes_no_quality(draw: Draw) -> Phrase:
    who, adjective = described_subject(draw)
    return yes_no_question(Scene(who, None, Manner(), (predicate(adjective, who.agreement),)))


def _yes_no_place(draw: Draw) -> Phrase:
    who = anybody(draw) if draw.chance(0.3) else definite(draw, draw.noun(frozenset({"person", "pet", "small"})))
    return yes_no_question(Scene(who, None, Manner(), (place(draw, places_for(who.classes)),)))


def _yes_no_time(draw: Draw) -> Phrase:
    scene = _plain(moving(draw))
    return yes_no_question(scene.adding(time(draw, scene.how.tense)))


def _why(draw: Draw) -> Phrase:
    scene = alone(draw) if draw.chance(0.6) else with_object(draw)
    negation = Negation.NOT if scene.how.negation else None
    return question(scene.told(replace(scene.how, negation=negation)), phrase("why", "pourquoi"))


def _why_quality(draw: Draw) -> Phrase:
    who, adjective = described_subject(draw)
    how = Manner(draw.pick((Tense.PRESENT, Tense.PAST)))
    return question(Scene(who, None, how, (predicate(adjective, who.agreement),)), phrase("why", "pourquoi"))


def _when(draw: Draw) -> Phrase:
    scene = _plain(moving(draw) if draw.chance(0.5) else with_object(draw, negated=0.0))
    tense = draw.pick((Tense.PAST, Tense.NEAR))
    return question(scene.told(replace(scene.how, tense=tense)), phrase("when", "quand"))


def _how(draw: Draw) -> Phrase:
    """*How does she work?* / *Comment est-ce qu'elle travaille ?*"""
    verb = verb_among(draw, ("work", "sleep", "travel", "dance", "swim", "cook", "walk"), "alone")
    who = subject(draw, PERSONS, pronouns=0.6)
    return question(Scene(who, verb, Manner(draw.pick((Tense.PRESENT, Tense.PAST)))), phrase("how", "comment"))


def _where_is(draw: Draw) -> Phrase:
    """*Where is the cat?* / *Où est le chat ?*"""
    who = definite(draw, draw.noun(frozenset({"person", "pet", "small", "clothes", "building", "text"})))
    return _inverted(phrase("where", "où"), who, draw.pick((Tense.PRESENT, Tense.PRESENT, Tense.PAST)))


def _how_is(draw: Draw) -> Phrase:
    """*What is the house like?* is *Comment est la maison ?*"""
    who = definite(draw, draw.noun(frozenset({"building", "thought", "text", "town", "sight"})), adjectives=0.1)
    what, like = english_words("what"), english_words("like")
    be = copula(who.agreement, Manner(draw.pick((Tense.PRESENT, Tense.PAST))))
    english = what + be.english + who.phrase.english + like
    return ended(Phrase(english, (French("comment", what + like), *be.french, *who.phrase.french)), "?")


def _inverted(opening: Phrase, who: NounPhrase, tense: Tense) -> Phrase:
    be = copula(who.agreement, Manner(tense))
    return ended(opening + Phrase(be.english, be.french) + who.phrase, "?")


def _where_do(draw: Draw) -> Phrase:
    verb = draw.verb("alone", suits=happens_somewhere)
    who = subject(draw, verb.subjects, pronouns=0.5)
    how = manner(draw, verb, who, negated=0.0)
    return question(Scene(who, verb, how), phrase("where", "où"))


def _who(draw: Draw) -> Phrase:
    """*Who opened the door?* / *Qui a ouvert la porte ?*"""
    verb = draw.verb("direct", "event", "stative", "alone", suits=is_human)
    who = NounPhrase(phrase("who", "qui"), THIRD)
    tenses = (Tense.PAST, Tense.PRESENT, Tense.NEAR, Tense.WANT, Tense.CAN)
    how = manner(draw, verb, who, tenses=tenses, negated=0.0)
    rest = (object_of(draw, verb),) if verb.objects else ()
    return ended(statement(Scene(who, verb, how, rest)), "?")


def _who_is(draw: Draw) -> Phrase:
    """*Who is ill?* / *Qui est malade ?*"""
    adjective = draw.adjective(frozenset({"mood"}))
    rest = (predicate(adjective, THIRD),) if adjective else ()
    how = Manner(draw.pick((Tense.PRESENT, Tense.PAST)))
    return ended(statement(Scene(NounPhrase(phrase("who", "qui"), THIRD), None, how, rest)), "?")


def _whom(draw: Draw) -> Phrase:
    """*Who is the king helping?* / *Qui est-ce que le roi aide ?*"""
    return _asked_object(draw, _ASK_WHOM, phrase("who", "qui"))


def _what(draw: Draw) -> Phrase:
    """*What is the cat eating?* / *Qu'est-ce que le chat mange ?*"""
    return _asked_object(draw, _ASK_WHAT, phrase("what", "que"))


def _asked_object(draw: Draw, names: Sequence[str], opening: Phrase) -> Phrase:
    verb = verb_among(draw, names, "direct", "event", "stative", "counting")
    who = subject(draw, verb.subjects, pronouns=0.5)
    tense = draw.pick(_ASKED)
    if tense is Tense.PROGRESSIVE and verb.frame != "direct":
        tense = Tense.PRESENT
    return question(Scene(who, verb, Manner(tense)), opening)


def _which(draw: Draw) -> Phrase:
    """*Which book did you choose?* / *Quel livre est-ce que tu as choisi ?*"""
    verb = verb_among(draw, _ASK_WHICH, "direct", "event", "taste")
    noun = draw.noun(verb.objects, countable=True)
    things = bare(noun, several=draw.chance(0.3), article=False)
    link = english_words("which")
    opening = Phrase(link, (which_of(things.agreement, link),)) + things.phrase
    tense = draw.pick((Tense.PAST, Tense.PAST, Tense.PRESENT, Tense.NEAR))
    who = anybody(draw) if draw.chance(0.6) else subject(draw, PERSONS)
    return question(Scene(who, verb, Manner(tense, moved_object=things.agreement)), opening)


def _how_many(draw: Draw) -> Phrase:
    """*How many apples did you buy?* / *Combien de pommes est-ce que tu as achetées ?*"""
    verb = verb_among(draw, _ASK_HOW_MANY, "direct", "event", "counting")
    things = bare(draw.noun(verb.objects, countable=True), several=True, article=False)
    words = english_words("how many")
    opening = Phrase(words, (French("combien", words), French("de", words))) + things.phrase
    who = subject(draw, PERSONS, pronouns=0.6)
    tense = draw.pick((Tense.PAST, Tense.PAST, Tense.PRESENT, Tense.NEAR))
    return question(Scene(who, verb, Manner(tense, moved_object=things.agreement)), opening)


def _how_old(draw: Draw) -> Phrase:
    """*How old is Anna?* / *Quel âge a Anna ?*"""
    who = owner(draw)
    while len(who.phrase.english[0].text) < 2 or who.phrase.english[0].text in {"you", "he", "she", "we", "they"}:
        who = np.noun_phrase(draw.noun(PERSONS), np.THE)
    old = english_words("how old")
    be = copula(who.agreement, Manner(), having=True)
    asked = Phrase(old, (which_of(THIRD, old), French("âge", old)))
    return ended(asked + Phrase(be.english, be.french) + who.phrase, "?")


def _plain(scene: Scene) -> Scene:
    """Without a negation; questions carry *do*, so a present that looks past is clear."""
    return scene.told(replace(scene.how, negation=None))


QUESTIONS: Final = (
    Structure("ask_alone", _yes_no_alone),
    Structure("ask_object", _yes_no_object),
    Structure("ask_pronoun", _yes_no_pronoun, 0.7),
    Structure("ask_having", _yes_no_having, 0.5),
    Structure("ask_quality", _yes_no_quality, 0.8),
    Structure("ask_place", _yes_no_place, 0.6),
    Structure("ask_moving_time", _yes_no_time, 0.5),
    Structure("ask_why", _why, 0.8),
    Structure("ask_why_quality", _why_quality, 0.4),
    Structure("ask_when", _when, 0.6),
    Structure("ask_how", _how, 0.3),
    Structure("ask_where_is", _where_is, 0.6),
    Structure("ask_what_like", _how_is, 0.3),
    Structure("ask_where_do", _where_do, 0.5),
    Structure("ask_who", _who, 0.8),
    Structure("ask_who_is", _who_is, 0.3),
    Structure("ask_whom", _whom, 0.5),
    Structure("ask_what", _what, 0.7),
    Structure("ask_which", _which, 0.7),
    Structure("ask_how_many", _how_many, 0.6),
    Structure("ask_how_old", _how_old, 0.2),
)
