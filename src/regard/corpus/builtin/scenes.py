"""Scenes by the verb's frame: who sleeps, who chases whom, who gives what to whom, who goes where."""

from dataclasses import replace

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.adverbials import FROM, TOWARDS, WITH, manners_of
from regard.corpus.builtin.choosing import definite, definite_place, described, indefinite, manner, place, subject
from regard.corpus.builtin.clauses import Scene
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Noun, Verb
from regard.corpus.builtin.noun_phrases import NounPhrase
from regard.corpus.builtin.people import OBJECTS, RECEIVERS, clitic
from regard.corpus.builtin.verb_groups import Negation, Tense
from regard.corpus.builtin.words import French, Phrase, phrase

_ANIMATE = frozenset({"person", "animal"})


def alone(draw: Draw, *frames: str, negated: float = 0.18) -> Scene:
    """Someone sleeps, gets up, laughs."""
    verb = draw.verb(*(frames or ("alone", "routine")))
    who = subject(draw, verb.subjects)
    return Scene(who, verb, manner(draw, verb, who, negated=negated))


def with_object(draw: Draw, *, negated: float = 0.18, tenses: tuple[Tense, ...] = ()) -> Scene:
    """Someone chases, reads, opens something."""
    verb = draw.verb("direct", "direct", "stative")
    who = subject(draw, verb.subjects)
    how = manner(draw, verb, who, negated=negated, tenses=tenses)
    return Scene(who, verb, how, (object_of(draw, verb),))


def object_of(draw: Draw, verb: Verb) -> NounPhrase:
    """What a verb is done to: food and drink as amounts, people and places as known, things as either."""
    noun = draw.noun(verb.objects)
    if "mass" in noun.classes and draw.chance(0.5):
        return np.partitive(noun)
    if verb.frame == "stative" or "destination" in noun.classes:
        return definite(draw, noun)
    return described(draw, noun)


def with_pronoun(draw: Draw) -> Scene:
    """Someone sees him, reads it, loves you: an object pronoun."""
    verb = draw.verb("direct", "stative")
    who = subject(draw, verb.subjects, pronouns=0.5)
    animate = any(noun.classes & _ANIMATE for noun in draw.lexicon.with_class(verb.objects))
    persons = [word for word in OBJECTS if word != "it"] if animate else ["it", "them"]
    chosen = draw.pick([word for word in persons if not _same_person(who, word)])
    how = replace(manner(draw, verb, who, negated=0.25), clitics=(clitic(chosen, draw.policy),))
    return Scene(who, verb, how)


def giving(draw: Draw) -> Scene:
    """Someone gives something to somebody."""
    verb = draw.verb("giving")
    who = subject(draw, verb.subjects)
    what = described(draw, draw.noun(verb.objects), adjectives=0.15)
    receiver = definite(draw, draw.noun(frozenset({"person"})), adjectives=0.1)
    return Scene(who, verb, manner(draw, verb, who, negated=0.12), (what, phrase("to", "à") + receiver.phrase))


def giving_to_pronoun(draw: Draw) -> Scene:
    """Someone gives me something: the receiver as a pronoun."""
    verb = draw.verb("giving")
    who = subject(draw, verb.subjects, pronouns=0.5)
    receiver = draw.pick([word for word in RECEIVERS if not _same_person(who, word)])
    how = manner(draw, verb, who, negated=0.12)
    how = replace(how, clitics=(clitic(receiver, draw.policy, direct=False),))
    return Scene(who, verb, how, (described(draw, draw.noun(verb.objects), adjectives=0.2),))


def giving_both_pronouns(draw: Draw) -> Scene:
    """*She gives it to me* / *Elle me le donne*: two pronouns in French order."""
    verb = draw.verb("giving")
    who = subject(draw, verb.subjects, pronouns=0.6)
    receiver = draw.pick([word for word in RECEIVERS if not _same_person(who, word)])
    thing = clitic(draw.pick(("it", "them")), draw.policy)
    person = clitic(receiver, draw.policy, direct=False, preposition="to")
    how = replace(manner(draw, verb, who, negated=0.2), clitics=(thing, person))
    return Scene(who, verb, how)


def to_somebody(draw: Draw) -> Scene:
    """Verbs with *à* on the French side only: *obey the king* / *obéir au roi*."""
    verb = draw.verb("to")
    who = subject(draw, verb.subjects)
    receiver = definite(draw, draw.noun(verb.objects)).phrase
    behind = Phrase(receiver.english, (French("à", receiver.english[:1]), *receiver.french))
    return Scene(who, verb, manner(draw, verb, who), (behind,))


def moving(draw: Draw) -> Scene:
    """Someone goes to the market, comes back from school."""
    verb = draw.verb("motion", "motion", "origin")
    who = subject(draw, verb.subjects)
    preposition = FROM if verb.frame == "origin" else TOWARDS
    where = preposition.before(definite_place(draw, draw.noun(preposition.classes)))
    return Scene(who, verb, manner(draw, verb, who, negated=0.12), (where,))


def living(draw: Draw) -> Scene:
    """Someone lives or stays somewhere."""
    verb = draw.verb("staying", "dwelling")
    who = subject(draw, verb.subjects)
    tenses = (Tense.PRESENT, Tense.NEAR, Tense.WANT) if verb.frame == "dwelling" else ()
    return Scene(who, verb, manner(draw, verb, who, tenses=tenses, negated=0.12), (place(draw),))


def sitting(draw: Draw) -> Scene:
    """*The cat sat on the mat*; the progressive is the adjective *assis*, so it is left to another structure."""
    verb = draw.verb("posture")
    who = subject(draw, verb.subjects)
    tenses = (Tense.PAST, Tense.PAST, Tense.NEAR, Tense.WANT, Tense.CAN)
    return Scene(who, verb, manner(draw, verb, who, tenses=tenses, negated=0.1), (surface(draw),))


def surface(draw: Draw) -> Phrase:
    """*on the mat* / *sur le tapis*."""
    seat = definite(draw, draw.noun(frozenset({"seat", "mat", "roof", "wall"})), adjectives=0.15)
    return phrase("on", "sur") + seat.phrase


def liking(draw: Draw) -> Scene:
    """*Cats like milk* / *Les chats aiment le lait*: things in general."""
    verb = draw.verb("taste")
    who = subject(draw, verb.subjects)
    noun = draw.noun(verb.objects)
    what = np.bare(noun, several=noun.countable)
    return Scene(who, verb, manner(draw, verb, who, tenses=(Tense.PRESENT,), negated=0.25), (what,))


def having(draw: Draw, noun: Noun, verb: Verb) -> Scene:
    """*I have a dog* / *J'ai un chien*; *pas de chien* when negated."""
    who = subject(draw, frozenset({"person"}))
    how = manner(draw, verb, who, tenses=(Tense.PRESENT, Tense.WANT), negated=0.3)
    return Scene(who, verb, how, (indefinite(draw, noun),))


def with_manner(draw: Draw, scene: Scene) -> Scene:
    """Adds *quickly*, *well* … where the verb takes one; the scene as it is otherwise."""
    choices = manners_of(scene.verb.english) if scene.verb else []
    if not choices:
        return scene
    chosen = draw.pick(choices)
    draw.lemmas.append("adverb:" + chosen.english)
    adverb = phrase(chosen.english, chosen.french)
    if not chosen.early:
        return scene.adding(adverb)
    tense = scene.how.tense if scene.how.tense in {Tense.PRESENT, Tense.PROGRESSIVE} else Tense.PAST
    negation = Negation.NOT if scene.how.negation else None
    how = replace(scene.how, tense=tense, adverb=Phrase((), adverb.french), negation=negation)
    return Scene(scene.subject, scene.verb, how, (*scene.complements, Phrase(adverb.english)))


def company(draw: Draw) -> Phrase:
    """*with my sister* / *avec ma sœur*."""
    return WITH.before(definite(draw, draw.noun(WITH.classes), adjectives=0.15))


def _same_person(who: NounPhrase, pronoun: str) -> bool:
    """*I … me*, *we … us*, *you … you* would need a reflexive."""
    words = {word.text for word in who.phrase.english}
    return bool(words & {"me": {"I", "we"}, "us": {"I", "we"}, "you": {"you"}}.get(pronoun, set()))
