"""Questions: yes or no, who, what, where, why, when, how many."""

from dataclasses import replace
from typing import Final

from regard.corpus.builtin.adverbials import BESIDE, STANDING, time
from regard.corpus.builtin.choosing import anybody, definite, place, subject
from regard.corpus.builtin.clauses import Scene, ended, question, statement, yes_no_question
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.noun_phrases import NounPhrase, bare
from regard.corpus.builtin.scenes import alone, moving, object_of, with_object, with_pronoun
from regard.corpus.builtin.structures.descriptions import described_subject, predicate
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, Tense
from regard.corpus.builtin.words import French, Phrase, english_words, phrase

_ASKED: Final = (Tense.PRESENT, Tense.PAST, Tense.PROGRESSIVE, Tense.NEAR)


def _yes_no_alone(draw: Draw) -> Phrase:
    return yes_no_question(_plain(alone(draw, negated=0.0)))


def _yes_no_object(draw: Draw) -> Phrase:
    return yes_no_question(_plain(with_object(draw, negated=0.0)))


def _yes_no_pronoun(draw: Draw) -> Phrase:
    return yes_no_question(_plain(with_pronoun(draw)))


def _yes_no_quality(draw: Draw) -> Phrase:
    who, adjective = described_subject(draw)
    return yes_no_question(Scene(who, None, Manner(), (predicate(adjective, who.agreement),)))


def _yes_no_place(draw: Draw) -> Phrase:
    who = anybody(draw) if draw.chance(0.3) else definite(draw, draw.noun(frozenset({"person", "pet", "small"})))
    return yes_no_question(Scene(who, None, Manner(), (place(draw, (*STANDING, *BESIDE)),)))


def _why(draw: Draw) -> Phrase:
    scene = alone(draw) if draw.chance(0.6) else with_object(draw)
    negation = scene.how.negation if scene.how.negation and scene.how.negation.value[0] == "not" else None
    return question(scene.told(replace(scene.how, negation=negation)), phrase("why", "pourquoi"))


def _when(draw: Draw) -> Phrase:
    scene = _plain(moving(draw) if draw.chance(0.5) else with_object(draw, negated=0.0))
    tense = draw.pick((Tense.PAST, Tense.NEAR))
    return question(scene.told(replace(scene.how, tense=tense)), phrase("when", "quand"))


def _where_is(draw: Draw) -> Phrase:
    """*Where is the cat?* / *Où est le chat ?*; with a pronoun the subject stands last: *Où es-tu ?* is left out."""
    who = definite(draw, draw.noun(frozenset({"person", "pet", "small", "clothes", "building", "text"})))
    where = phrase("where", "où")
    verb = Scene(who, None, Manner())
    return ended(_inverted(where, verb), "?")


def _inverted(opening: Phrase, scene: Scene) -> Phrase:
    whole = statement(scene)
    subject_english, subject_french = scene.subject.phrase.english, scene.subject.phrase.french
    english = whole.english[len(subject_english) :]
    french = whole.french[len(subject_french) :]
    return opening + Phrase(english + subject_english, french + subject_french)


def _where_do(draw: Draw) -> Phrase:
    return question(_plain(alone(draw, "alone")), phrase("where", "où"))


def _who(draw: Draw) -> Phrase:
    """*Who opened the door?* / *Qui a ouvert la porte ?*"""
    verb = draw.verb("direct", "stative", "alone")
    people = subject(draw, frozenset({"king", "queen"}), pronouns=0.0)
    who = NounPhrase(phrase("who", "qui"), replace(people.agreement, plural=False, several=False, feminine=False))
    tense = draw.pick((Tense.PAST, Tense.PRESENT, Tense.NEAR, Tense.WANT, Tense.CAN))
    rest = (object_of(draw, verb),) if verb.objects else ()
    return ended(statement(Scene(who, verb, Manner(tense), rest)), "?")


def _what(draw: Draw) -> Phrase:
    """*What is the cat eating?* / *Qu'est-ce que le chat mange ?*"""
    verbs = [verb for verb in draw.lexicon.in_frame("direct") if verb.english in _ASK_WHAT]
    verb = draw.pick(verbs)
    draw.lemmas.append("verb:" + verb.english)
    who = subject(draw, verb.subjects, pronouns=0.5)
    tense = draw.pick(_ASKED)
    return question(Scene(who, verb, Manner(tense)), phrase("what", "que"))


_ASK_WHAT: Final = frozenset(
    {"eat", "drink", "buy", "sell", "look for", "read", "write", "choose", "draw", "build", "prepare", "carry", "bring",
     "hide", "find", "lose", "paint", "repair", "throw", "steal", "finish", "count", "learn", "break", "forget"}
)  # fmt: skip


def _how_many(draw: Draw) -> Phrase:
    """*How many apples did you buy?* / *Combien de pommes est-ce que tu as achetées ?*"""
    verbs = ("buy", "see", "eat", "read", "find", "count", "draw", "lose", "sell")
    verb = draw.pick([verb for verb in draw.lexicon.verbs if verb.english in verbs])
    draw.lemmas.append("verb:" + verb.english)
    noun = draw.noun(verb.objects)
    while not noun.countable:
        noun = draw.noun(verb.objects)
    things = bare(noun, several=True, article=False)
    how_many = english_words("how many")
    opening = Phrase(how_many, (French("combien", how_many), French("de", how_many))) + things.phrase
    who = subject(draw, frozenset({"person"}), pronouns=0.6)
    tense = draw.pick((Tense.PAST, Tense.PAST, Tense.PRESENT, Tense.NEAR))
    return question(Scene(who, verb, Manner(tense, moved_object=things.agreement)), opening)


def _with_time(draw: Draw) -> Phrase:
    scene = _plain(moving(draw))
    return yes_no_question(scene.adding(time(draw, scene.how.tense)))


def _plain(scene: Scene) -> Scene:
    """Without a negation; questions carry *do*, so a present that looks past is clear."""
    return scene.told(replace(scene.how, negation=None))


QUESTIONS: Final = (
    Structure("ask_alone", _yes_no_alone),
    Structure("ask_object", _yes_no_object),
    Structure("ask_pronoun", _yes_no_pronoun, 0.7),
    Structure("ask_quality", _yes_no_quality),
    Structure("ask_place", _yes_no_place, 0.7),
    Structure("ask_moving_time", _with_time, 0.7),
    Structure("ask_why", _why),
    Structure("ask_when", _when, 0.7),
    Structure("ask_where_is", _where_is, 0.7),
    Structure("ask_where_do", _where_do, 0.6),
    Structure("ask_who", _who),
    Structure("ask_what", _what, 0.8),
    Structure("ask_how_many", _how_many, 0.7),
)
