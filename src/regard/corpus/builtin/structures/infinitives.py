"""Two verbs in a row: *try to sleep* / *essayer de dormir*, *it is easy to read* / *il est facile de lire*."""

from typing import Final

from regard.corpus.builtin.agreement import THIRD
from regard.corpus.builtin.choosing import PERSONS, UNWANTED, adjective_among, definite, manner, subject
from regard.corpus.builtin.clauses import Scene, ended, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Verb
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, Negation, Tense, copula
from regard.corpus.builtin.words import French, Phrase, english_words, french_words

_LINKS: Final = {"then": "", "then_to": "à", "then_of": "de"}
_JUDGED: Final = ("easy", "difficult", "important", "useful", "dangerous")


def infinitive(draw: Draw, link: str, *, alone: bool = True) -> Phrase:
    """*to read a book* / *de lire un livre*; with no link the French infinitive stands alone."""
    verb = draw.verb(*(("direct", "alone") if alone else ("direct",)), suits=_is_human)
    to, words = english_words("to"), english_words(verb.english)
    whole = to + words if not link else words
    french = french_words(f"{verb.french.infinitive} {verb.expression}", whole)
    opening = french_words(link, to)
    phrase = Phrase(to + words, opening + french)
    return phrase + definite(draw, draw.noun(verb.objects)).phrase if verb.objects else phrase


def _is_human(verb: Verb) -> bool:
    return bool(verb.subjects & {"person", "adult"}) and verb.english not in UNWANTED


def _then(draw: Draw) -> Phrase:
    verb = draw.verb("then", "then_to", "then_of", "then_of")
    who = subject(draw, PERSONS, pronouns=0.5)
    tenses = (Tense.PRESENT,) if verb.frame == "then" else (Tense.PRESENT, Tense.PAST, Tense.PAST, Tense.NEAR)
    how = manner(draw, verb, who, tenses=tenses, negated=0.15)
    return ended(statement(Scene(who, verb, how, (infinitive(draw, _LINKS[verb.frame]),))))


def _judged(draw: Draw) -> Phrase:
    """*It is easy to read this book* / *Il est facile de lire ce livre*."""
    adjective = adjective_among(draw, _JUDGED)
    it, good = english_words("it"), english_words(adjective.english)
    be = copula(THIRD, Manner(Tense.PRESENT, Negation.NOT if draw.chance(0.25) else None))
    french = (French("il", it), *be.french, French(adjective.french(THIRD), good))
    return ended(Phrase(it + be.english + good, french) + infinitive(draw, "de", alone=False))


INFINITIVES: Final = (
    Structure("verb_then_verb", _then),
    Structure("it_is_easy_to", _judged, 0.6),
)
