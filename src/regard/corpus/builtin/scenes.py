"""Scenes by the verb's frame: who sleeps, who chases whom, who gives what to whom, who goes where."""

from dataclasses import replace

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.adverbials import (
    DWELLING,
    FROM,
    HOME,
    INSIDE,
    OUTSIDE,
    SOMEWHERE,
    TOWARDS,
    UPON,
    WATERS,
    WITH,
    Preposition,
    manners_of,
    place,
)
from regard.corpus.builtin.choosing import (
    BEINGS,
    PERSONS,
    attributes,
    definite,
    described,
    indefinite,
    manner,
    possessive,
    subject,
)
from regard.corpus.builtin.clauses import Scene
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Verb
from regard.corpus.builtin.noun_phrases import NounPhrase
from regard.corpus.builtin.people import OBJECTS, RECEIVERS, clitic
from regard.corpus.builtin.verb_groups import Negation, Tense
from regard.corpus.builtin.words import French, Phrase, phrase

_KNOWN_PLACES = frozenset({"destination", "town", "room", "person", "infant"})
_ABOUT_PLACES = frozenset({"cross", "leave", "visit", "drive"})
_NOWHERE = frozenset({"arrive", "leave", "come in", "go out", "disappear", "go shopping"})
_OUTDOOR_VERBS = frozenset({"fly", "run", "jump", "travel"})
_OUTDOOR_THINGS = frozenset({"vehicle", "building", "animal", "plant", "sight", "path"})
_INDOOR_THINGS = frozenset({"furniture", "opening", "dish", "edible", "machine"})


def alone(draw: Draw, *frames: str, negated: float = 0.18) -> Scene:
    """Someone sleeps, gets up, laughs."""
    verb = draw.verb(*(frames or ("alone", "alone", "alone", "routine", "sky")))
    who = subject(draw, verb.subjects)
    return Scene(who, verb, manner(draw, verb, who, negated=negated))


def somewhere(draw: Draw) -> Scene:
    """Someone works in the garden, swims in the lake."""
    verb = draw.verb("alone", suits=happens_somewhere)
    who = subject(draw, verb.subjects)
    outdoors = verb.english in _OUTDOOR_VERBS or "animal" in who.classes
    places = (WATERS,) if verb.english == "swim" else (OUTSIDE, OUTSIDE, HOME) if outdoors else SOMEWHERE
    return Scene(who, verb, manner(draw, verb, who), (place(draw, places),))


def happens_somewhere(verb: Verb) -> bool:
    """Whether one asks where it is done."""
    return verb.english not in _NOWHERE


def with_object(draw: Draw, *, negated: float = 0.18, tenses: tuple[Tense, ...] = ()) -> Scene:
    """Someone chases, reads, opens something."""
    verb = draw.verb("direct", "direct", "event", "stative", "counting")
    who = subject(draw, verb.subjects)
    how = manner(draw, verb, who, negated=negated, tenses=tenses)
    return Scene(who, verb, how, (object_of(draw, verb),))


def object_of(draw: Draw, verb: Verb) -> NounPhrase:
    """What a verb is done to: food and drink as amounts, people and places as known, things as either."""
    noun = draw.noun(verb.objects)
    if verb.frame == "counting":
        return np.noun_phrase(noun, draw.pick((np.THE, np.THESE, np.OUR)), several=True)
    if "mass" in noun.classes and draw.chance(0.5):
        return np.partitive(noun)
    if verb.frame == "stative" or _KNOWN_PLACES & noun.classes:
        return definite(draw, noun)
    return described(draw, noun)


def object_somewhere(draw: Draw) -> Scene:
    """Someone reads a book in the garden."""
    verb = draw.verb("direct", "direct", "event", "counting", suits=lambda verb: verb.english not in _ABOUT_PLACES)
    who = subject(draw, verb.subjects)
    scene = Scene(who, verb, manner(draw, verb, who), (object_of(draw, verb),))
    return scene.adding(where_done(draw, scene))


def where_done(draw: Draw, scene: Scene) -> Phrase:
    """A place where the scene may happen: no lions in the kitchen, no windows in the forest."""
    what = scene.complements[0]
    things = what.classes if isinstance(what, NounPhrase) else frozenset()
    if "animal" in scene.subject.classes or things & _OUTDOOR_THINGS:
        return place(draw, (OUTSIDE, OUTSIDE, HOME))
    return place(draw, (INSIDE,) if things & _INDOOR_THINGS else SOMEWHERE)


def with_pronoun(draw: Draw) -> Scene:
    """Someone sees him, reads it, loves you: an object pronoun."""
    verb = draw.verb("direct", "event", "stative", "state", suits=takes_pronoun)
    who = subject(draw, verb.subjects, pronouns=0.6)
    pronouns = [word for word in object_pronouns(draw, verb) if not same_person(who, word)]
    how = replace(manner(draw, verb, who, negated=0.25), clitics=(clitic(draw.pick(pronouns), draw.policy),))
    return Scene(who, verb, how)


def takes_pronoun(verb: Verb) -> bool:
    """*tell them* would be read as telling something to them."""
    return verb.english != "tell"


def object_pronouns(draw: Draw, verb: Verb) -> tuple[str, ...]:
    """The pronouns that can be the verb's object: persons for living things, *it* and *them* for the others."""
    animate = any(noun.classes & BEINGS for noun in draw.lexicon.with_class(verb.objects))
    return tuple(word for word in OBJECTS if word != "it") if animate else ("it", "it", "them")


def giving(draw: Draw) -> Scene:
    """Someone gives something to somebody."""
    verb = draw.verb("giving")
    who = subject(draw, verb.subjects)
    what = described(draw, draw.noun(verb.objects), adjectives=0.15)
    receiver = definite(draw, draw.noun(PERSONS), adjectives=0.1)
    return Scene(who, verb, manner(draw, verb, who, negated=0.12), (what, phrase("to", "à") + receiver.phrase))


def giving_to_pronoun(draw: Draw) -> Scene:
    """Someone gives me something: the receiver as a pronoun."""
    verb = draw.verb("giving")
    who = subject(draw, verb.subjects, pronouns=0.5)
    receiver = draw.pick([word for word in RECEIVERS if not same_person(who, word)])
    how = manner(draw, verb, who, negated=0.12)
    how = replace(how, clitics=(clitic(receiver, draw.policy, direct=False),))
    return Scene(who, verb, how, (described(draw, draw.noun(verb.objects), adjectives=0.2),))


def giving_both_pronouns(draw: Draw) -> Scene:
    """*She gives it to me* / *Elle me le donne*: two pronouns in French order."""
    verb = draw.verb("giving")
    who = subject(draw, verb.subjects, pronouns=0.6)
    receiver = draw.pick([word for word in RECEIVERS if not same_person(who, word)])
    thing = clitic(draw.pick(("it", "them")), draw.policy)
    person = clitic(receiver, draw.policy, direct=False, preposition="to")
    return Scene(who, verb, replace(manner(draw, verb, who, negated=0.2), clitics=(thing, person)))


def to_somebody(draw: Draw) -> Scene:
    """Verbs with *à* on the French side only: *obey the king* / *obéir au roi*."""
    verb = draw.verb("to")
    who = subject(draw, verb.subjects)
    receiver = definite(draw, draw.noun(verb.objects))
    return Scene(who, verb, manner(draw, verb, who), (behind_french("à", receiver.phrase),))


def about_something(draw: Draw) -> Scene:
    """Verbs with *de* on the French side only: *need a key* / *avoir besoin d'une clé*."""
    verb = draw.verb("of")
    who = subject(draw, verb.subjects, pronouns=0.5)
    noun = draw.noun(verb.objects)
    needed = verb.english == "need"
    what = indefinite(draw, noun, several=0.15) if needed else definite(draw, noun)
    tenses = (Tense.PRESENT, Tense.NEAR) if needed else ()
    return Scene(who, verb, manner(draw, verb, who, tenses=tenses, negated=0.15), (behind_de(what),))


def behind_de(what: NounPhrase) -> NounPhrase:
    """A noun phrase behind *de*, which swallows *du, de la, des*: *besoin de pain*, *besoin d'un livre*."""
    opening = what.phrase.english[:1]
    if what.negated is not None and opening[0].text == "some":
        phrase = Phrase(what.phrase.english, (French("de", opening), *what.negated.french[1:]))
        return replace(what, phrase=phrase)
    return replace(what, phrase=behind_french("de", what.phrase), negated=None)


def behind_french(preposition: str, what: Phrase) -> Phrase:
    """A phrase whose French side alone has a preposition; it is linked to the first English word."""
    return Phrase(what.english, (French(preposition, what.english[:1]), *what.french))


def playing(draw: Draw) -> Scene:
    """*play the piano* / *jouer du piano*, *play football* / *jouer au football*."""
    verb = draw.verb("playing")
    who = subject(draw, verb.subjects)
    noun = draw.noun(verb.objects)
    music = "instrument" in noun.classes
    what = np.noun_phrase(noun, np.THE) if music else np.bare(noun)
    return Scene(who, verb, manner(draw, verb, who), (behind_french("de" if music else "à", what.phrase),))


def moving(draw: Draw) -> Scene:
    """Someone goes to the market, comes back from school."""
    verb = draw.verb("motion", "motion", "origin")
    who = subject(draw, verb.subjects)
    where = place(draw, (FROM if verb.frame == "origin" else TOWARDS,))
    return Scene(who, verb, manner(draw, verb, who, negated=0.12), (where,))


def living(draw: Draw) -> Scene:
    """Someone lives or stays somewhere."""
    verb = draw.verb("staying", "dwelling")
    who = subject(draw, verb.subjects)
    dwelling = verb.frame == "dwelling"
    tenses = (Tense.PRESENT, Tense.NEAR, Tense.WANT) if dwelling else ()
    where: tuple[Preposition, ...] = (DWELLING,) if dwelling else SOMEWHERE
    return Scene(who, verb, manner(draw, verb, who, tenses=tenses, negated=0.12), (place(draw, where),))


def sitting(draw: Draw) -> Scene:
    """*The cat sat on the mat* / *Le chat s'est assis sur le tapis*."""
    verb = draw.verb("posture")
    who = subject(draw, verb.subjects)
    tenses = (Tense.PAST, Tense.PAST, Tense.NEAR, Tense.WANT, Tense.CAN)
    return Scene(who, verb, manner(draw, verb, who, tenses=tenses, negated=0.1), (surface(draw),))


def surface(draw: Draw) -> Phrase:
    """*on the mat* / *sur le tapis*."""
    return phrase(UPON.english, UPON.french) + definite(draw, draw.noun(UPON.classes), adjectives=0.15).phrase


def liking(draw: Draw) -> Scene:
    """*Cats like milk* / *Les chats aiment le lait*: things in general."""
    verb = draw.verb("taste")
    who = subject(draw, verb.subjects)
    noun = draw.noun(verb.objects)
    what = np.bare(noun, several=noun.countable)
    return Scene(who, verb, manner(draw, verb, who, tenses=(Tense.PRESENT,), negated=0.25), (what,))


def having(draw: Draw) -> Scene:
    """*I have a dog* / *J'ai un chien*; *pas de chien* when negated."""
    verb = draw.verb("having")
    who = subject(draw, verb.subjects, pronouns=0.5)
    noun = draw.noun(frozenset({"thing", "clothes", "vehicle", "pet", "kin", "home", "thought", "instrument"}))
    how = manner(draw, verb, who, tenses=(Tense.PRESENT,), negated=0.3)
    return Scene(who, verb, how, (indefinite(draw, noun),))


def with_manner(draw: Draw, scene: Scene) -> Scene:
    """Adds *quickly*, *well* … where the verb takes one; the scene as it is otherwise."""
    choices = manners_of(scene.verb.english) if scene.verb else []
    if not choices:
        return scene
    chosen = draw.pick(choices)
    draw.note("adverb", chosen.english)
    adverb = phrase(chosen.english, chosen.french)
    if not chosen.early:
        return scene.adding(adverb)
    tense = scene.how.tense if scene.how.tense in {Tense.PRESENT, Tense.PROGRESSIVE} else Tense.PAST
    negation = Negation.NOT if scene.how.negation else None
    how = replace(scene.how, tense=tense, adverb=Phrase((), adverb.french), negation=negation)
    return Scene(scene.subject, scene.verb, how, (*scene.complements, Phrase(adverb.english)))


def company(draw: Draw) -> Phrase:
    """*with my sister* / *avec ma sœur*."""
    noun = draw.noun(WITH.classes)
    return WITH.before(np.noun_phrase(noun, possessive(draw), attributes(draw, noun, 0.1), several=draw.chance(0.15)))


def same_person(who: NounPhrase, pronoun: str) -> bool:
    """*I … me*, *we … us*, *you … you* would need a reflexive."""
    words = {word.text for word in who.phrase.english}
    return bool(words & {"me": {"I", "we"}, "us": {"I", "we"}, "you": {"you"}}.get(pronoun, set()))
