"""Turns that differ between the languages: feelings, age, professions, weather, amounts, the passive."""

from typing import Final

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.adverbials import OUTSIDE, place, time
from regard.corpus.builtin.choosing import (
    BEINGS,
    PERSONS,
    UNWANTED,
    adjective_among,
    definite,
    manner,
    owner,
    subject,
    verb_among,
)
from regard.corpus.builtin.clauses import Scene, ended, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.notation import aligned
from regard.corpus.builtin.noun_phrases import NounPhrase
from regard.corpus.builtin.structures.descriptions import being, predicate
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, Negation, Tense, copula, passive
from regard.corpus.builtin.words import NOTHING, French, Phrase, english_words, french_words, phrase

_FEELINGS: Final = (
    ("hungry", "faim"),
    ("thirsty", "soif"),
    ("cold", "froid"),
    ("hot", "chaud"),
    ("sleepy", "sommeil"),
    ("afraid", "peur"),
    ("right", "raison"),
    ("wrong", "tort"),
)
_PROFESSIONS: Final = (
    ("doctor", "médecin", "médecin"),
    ("baker", "boulanger", "boulangère"),
    ("singer", "chanteur", "chanteuse"),
    ("nurse", "infirmier", "infirmière"),
    ("cook", "cuisinier", "cuisinière"),
    ("student", "étudiant", "étudiante"),
    ("artist", "artiste", "artiste"),
    ("dancer", "danseur", "danseuse"),
    ("lawyer", "avocat", "avocate"),
    ("gardener", "jardinier", "jardinière"),
    ("musician", "musicien", "musicienne"),
    ("farmer", "fermier", "fermière"),
    ("painter", "peintre", "peintre"),
    ("dentist", "dentiste", "dentiste"),
    ("journalist", "journaliste", "journaliste"),
    ("architect", "architecte", "architecte"),
    ("pilot", "pilote", "pilote"),
    ("mechanic", "mécanicien", "mécanicienne"),
    ("hairdresser", "coiffeur", "coiffeuse"),
)
_WEATHER: Final = (
    ("it is/raining", "il^1/pleut^1,2", Tense.PROGRESSIVE),
    ("it/rains", "il/pleut", Tense.PRESENT),
    ("it/rained", "il/a plu^2", Tense.PAST),
    ("it is/snowing", "il^1/neige^1,2", Tense.PROGRESSIVE),
    ("it/snows", "il/neige", Tense.PRESENT),
    ("it/snowed", "il/a neigé^2", Tense.PAST),
    ("it/is/cold", "il/fait/froid", Tense.PROGRESSIVE),
    ("it/is/hot", "il/fait/chaud", Tense.PROGRESSIVE),
    ("it/was/cold", "il/faisait/froid", Tense.PAST),
    ("it/was/hot", "il/faisait/chaud", Tense.PAST),
    ("it/is going to/rain", "il/va/pleuvoir", Tense.NEAR),
    ("it/is going to/snow", "il/va/neiger", Tense.NEAR),
)
_MEASURES: Final = (
    ("a/cup/of", "une/tasse/de", "hot"),
    ("a/glass/of", "un/verre/de", "water milk wine juice beer lemonade"),
    ("a/bottle/of", "une/bouteille/de", "water milk wine juice beer lemonade"),
    ("a/piece/of", "un/morceau/de", "bread cheese meat ham chocolate fish"),
    ("a kilo/of", "un kilo/de", "sugar rice butter meat"),
    ("a/basket/of", "un/panier/de", "fruit vegetable"),
    ("a lot/of", "beaucoup/de", "edible drink fruit vegetable"),
    ("too many", "trop de", "fruit vegetable"),
    ("too much", "trop de", "edible drink"),
    ("enough", "assez de", "edible drink fruit vegetable"),
    ("a little", "un peu de", "edible drink"),
)


def _feeling(draw: Draw) -> Phrase:
    """*I am hungry* / *J'ai faim*; *very hungry* / *très faim*."""
    english, french = draw.pick(_FEELINGS)
    who = subject(draw, PERSONS if english in {"right", "wrong", "hot"} else BEINGS, pronouns=0.5)
    degree = phrase("very", "très") if english not in {"right", "wrong"} and draw.chance(0.25) else NOTHING
    draw.note("feeling", english)
    return ended(_having(who, being(draw), degree + phrase(english, french)))


def _afraid_of(draw: Draw) -> Phrase:
    """*She is afraid of dogs* / *Elle a peur des chiens*."""
    who = subject(draw, BEINGS, pronouns=0.5)
    noun = draw.noun(frozenset({"animal", "thief", "lion", "sea", "doctor"}))
    what = np.bare(noun, several=True) if noun.countable and draw.chance(0.5) else definite(draw, noun, adjectives=0.1)
    fear = phrase("afraid", "peur") + phrase("of", "de")
    return ended(_having(who, being(draw, negated=0.2), fear + what.phrase))


def _having(who: NounPhrase, how: Manner, rest: Phrase) -> Phrase:
    group = copula(who.agreement, how, having=True)
    start = Phrase(who.phrase.english + group.english, who.phrase.french + group.french)
    return start + rest


def _age(draw: Draw) -> Phrase:
    """*Paul is ten years old* / *Paul a dix ans*."""
    who = subject(draw, PERSONS, pronouns=0.6)
    number = draw.pick(np.NUMBERS[-3:] if who.classes >= {"adult"} and "mood" not in who.classes else np.NUMBERS[2:])
    draw.note("number", number.english)
    old = english_words("years old")
    how = Manner(draw.pick((Tense.PRESENT, Tense.PRESENT, Tense.PAST)))
    return ended(_having(who, how, phrase(number.english, number.masculine) + Phrase(old, french_words("ans", old))))


def _profession(draw: Draw) -> Phrase:
    """*Anna is a nurse* / *Anna est infirmière*; *wants to become* / *veut devenir*."""
    who = owner(draw)
    english, masculine, feminine = draw.pick(_PROFESSIONS)
    draw.note("profession", english)
    several = who.agreement.several
    words = english_words(f"{english}s" if several else f"a {english}")
    form = (feminine if who.agreement.feminine else masculine) + ("s" if several else "")
    what = Phrase(words, (French(form, words),))
    if draw.chance(0.7):
        return ended(statement(Scene(who, None, being(draw), (what,))))
    verb = draw.verb("becoming")
    how = manner(draw, verb, who, tenses=(Tense.WANT, Tense.WOULD, Tense.NEAR, Tense.CAN), negated=0.1)
    return ended(statement(Scene(who, verb, how, (what,))))


def _weather(draw: Draw) -> Phrase:
    english, french, tense = draw.pick(_WEATHER)
    draw.note("weather", english.replace("/", " "))
    sentence = aligned(english, french)
    if draw.chance(0.6):
        sentence += place(draw, (OUTSIDE,))
    if draw.chance(0.6):
        sentence += time(draw, tense)
    return ended(sentence)


def _amount(draw: Draw) -> Phrase:
    """*a cup of tea* / *une tasse de thé*, *too many apples* / *trop de pommes*."""
    english, french, classes = draw.pick(_MEASURES)
    noun = draw.noun(frozenset(classes.split()))
    what = np.bare(noun, several=noun.countable, article=False).phrase
    names = ("drink", "buy", "prepare", "bring") if "drink" in noun.classes else ("eat", "buy", "bring", "cut")
    verb = verb_among(draw, names, "direct")
    who = subject(draw, PERSONS, pronouns=0.5)
    return ended(statement(Scene(who, verb, manner(draw, verb, who, negated=0.1), (aligned(english, french) + what,))))


def _drink_with(draw: Draw) -> Phrase:
    """*I drink tea without sugar* / *Je bois du thé sans sucre*."""
    verb = verb_among(draw, ("drink", "prepare", "taste"))
    who = subject(draw, PERSONS, pronouns=0.5)
    drink = np.partitive(draw.noun(frozenset({"hot"})))
    addition = draw.noun(frozenset({"milk", "sugar", "honey"}))
    with_it = draw.chance(0.5)
    added = np.partitive(addition).phrase if with_it else np.bare(addition, article=False).phrase
    link = phrase("with", "avec") if with_it else phrase("without", "sans")
    return ended(statement(Scene(who, verb, manner(draw, verb, who, negated=0.1), (drink, link + added))))


def _passive(draw: Draw) -> Phrase:
    """*The letter was written by the king* / *La lettre a été écrite par le roi*."""
    verb = verb_among(draw, _PASSIVE, "direct", "event")
    who = definite(draw, draw.noun(verb.objects), adjectives=0.15)
    group = passive(verb, who.agreement, Negation.NOT if draw.chance(0.15) else None)
    by = phrase("by", "par") + definite(draw, draw.noun(verb.subjects & PERSONS or PERSONS), adjectives=0.1).phrase
    return ended(who.phrase + Phrase(group.english, group.french) + by)


def _too_much_to(draw: Draw) -> Phrase:
    """*She is too tired to work* / *Elle est trop fatiguée pour travailler*."""
    who = subject(draw, PERSONS, pronouns=0.6)
    adjective = adjective_among(draw, _HINDERING)
    verb = draw.verb("alone", suits=lambda verb: bool(verb.subjects & PERSONS) and verb.english not in UNWANTED)
    to, words = english_words("to"), english_words(verb.english)
    infinitive = (French("pour", to), *french_words(f"{verb.french.infinitive} {verb.expression}", words))
    rest = phrase("too", "trop") + predicate(adjective, who.agreement) + Phrase(to + words, infinitive)
    return ended(statement(Scene(who, None, being(draw, negated=0.0), (rest,))))


_HINDERING: Final = ("tired", "ill", "young", "old", "weak", "shy", "lazy", "busy", "nervous", "angry", "proud")
_PASSIVE: Final = (
    "write", "open", "close", "break", "repair", "build", "steal", "find", "paint", "invite", "help", "admire",
    "choose", "forget", "wash", "clean", "follow", "protect", "photograph", "buy", "sell",
)  # fmt: skip
EXPRESSIONS: Final = (
    Structure("feeling", _feeling, 0.9),
    Structure("afraid_of", _afraid_of, 0.5),
    Structure("age", _age, 0.5),
    Structure("profession", _profession, 0.8),
    Structure("weather", _weather, 0.6),
    Structure("amount", _amount, 0.8),
    Structure("drink_with", _drink_with, 0.4),
    Structure("passive", _passive, 0.8),
    Structure("too_much_to", _too_much_to, 0.6),
)
