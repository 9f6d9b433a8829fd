"""More, as much, most: *bigger than*, *as big as*, *the biggest in the village*."""

from typing import Final

from regard.corpus.builtin.adverbials import Preposition, place
from regard.corpus.builtin.agreement import Agreement
from regard.corpus.builtin.choosing import BEINGS, definite
from regard.corpus.builtin.clauses import Scene, ended, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Adjective, Noun
from regard.corpus.builtin.noun_phrases import THE, NounPhrase, bare
from regard.corpus.builtin.structures.descriptions import being, pointed, predicate
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, copula
from regard.corpus.builtin.words import English, French, Phrase, english_words, phrase

_KINDS: Final = tuple(frozenset({kind}) for kind in ("person", "animal", "vehicle", "building", "furniture", "text"))
_BETTER: Final = {"bon": "meilleur", "bonne": "meilleure", "bons": "meilleurs", "bonnes": "meilleures"}
_AROUND: Final = (
    (frozenset({"person"}), "village town school"),
    (frozenset({"animal"}), "village forest"),
    (frozenset({"building", "tree", "sight"}), "village town street"),
    (frozenset({"text"}), "library school"),
    (frozenset({"picture"}), "museum castle"),
)


def superlative_of(adjective: Adjective) -> str:
    """``bigger`` → ``biggest``, ``more useful`` → ``most useful``."""
    irregular = {"better": "best", "worse": "worst"}.get(adjective.comparative)
    if irregular or adjective.comparative.startswith("more "):
        return irregular or adjective.comparative.replace("more ", "most ")
    return adjective.comparative.removesuffix("r") + "st"


def _compared(draw: Draw) -> tuple[NounPhrase, Adjective, NounPhrase]:
    """Two beings or two things of one kind, and an adjective with a comparative."""
    first, second = _two_of_a_kind(draw)
    choices = [word for word in draw.lexicon.describing(first.classes & second.classes) if word.comparative]
    while not choices:
        first, second = _two_of_a_kind(draw)
        choices = [word for word in draw.lexicon.describing(first.classes & second.classes) if word.comparative]
    adjective = draw.chosen_adjective(choices)
    return first, adjective, second


def _two_of_a_kind(draw: Draw) -> tuple[NounPhrase, NounPhrase]:
    kind = draw.pick(_KINDS)
    first, second = draw.noun(kind), draw.noun(kind)
    return definite(draw, first, adjectives=0.0), definite(draw, second, adjectives=0.0)


def more(adjective: Adjective, which: Agreement, words: tuple[English, ...]) -> tuple[French, ...]:
    """*plus grand*, but *meilleur*."""
    form = adjective.french(which)
    if form in _BETTER:
        return (French(_BETTER[form], words),)
    return French("plus", words[:1]), French(form, words[-1:])


def _comparison(draw: Draw) -> Phrase:
    who, adjective, other = _compared(draw)
    words = english_words(adjective.comparative)
    compared = Phrase(words, more(adjective, who.agreement, words)) + phrase("than", "que")
    return ended(statement(Scene(who, None, being(draw, negated=0.1), (compared, other.phrase))))


def _less(draw: Draw) -> Phrase:
    who, adjective, other = _compared(draw)
    while not adjective.comparative.startswith("more "):
        who, adjective, other = _compared(draw)
    compared = phrase("less", "moins") + predicate(adjective, who.agreement) + phrase("than", "que")
    return ended(statement(Scene(who, None, being(draw, negated=0.0), (compared, other.phrase))))


def _equality(draw: Draw) -> Phrase:
    who, adjective, other = _compared(draw)
    same = phrase("as", "aussi") + predicate(adjective, who.agreement) + phrase("as", "que")
    return ended(statement(Scene(who, None, being(draw, negated=0.2), (same, other.phrase))))


def _superlative(draw: Draw) -> Phrase:
    """*This is the oldest house in the village* / *C'est la plus vieille maison du village*."""
    noun = draw.noun(frozenset({"building", "tree", "text", "picture", "sight"}) | BEINGS)
    choices = [word for word in draw.lexicon.describing(noun.classes) if word.comparative]
    adjective = draw.chosen_adjective(choices)
    thing = bare(noun, article=False)
    pointing = english_words("this")
    be = copula(thing.agreement, Manner())
    the, words = english_words("the"), english_words(superlative_of(adjective))
    article = French(THE.french(thing.agreement), the, article=True)
    degree = more(adjective, thing.agreement, words)
    head = thing.phrase.french
    french = (article, *degree, *head) if adjective.before_noun else (article, *head, _repeated(article), *degree)
    start = Phrase(pointing + be.english, (pointed(pointing), *be.french))
    return ended(start + Phrase(the + words + thing.phrase.english, french) + _around(draw, noun))


def _around(draw: Draw, noun: Noun) -> Phrase:
    """*in the village* / *du village*."""
    places = next(places for kinds, places in _AROUND if kinds & noun.classes)
    return place(draw, (Preposition("in", "de", frozenset(places.split())),))


def _repeated(article: French) -> French:
    """The second article of *le livre le plus utile*; nothing contracts with it."""
    return French(article.text, article.of)


COMPARISONS: Final = (
    Structure("comparison", _comparison),
    Structure("comparison_less", _less, 0.5),
    Structure("equality", _equality, 0.6),
    Structure("superlative", _superlative, 0.6),
)
