"""Sentences with *to be*: what something is like, where it is, what someone is; comparisons; *there is*, *this is*."""

from typing import Final

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.adverbials import BESIDE, STANDING, degree, frequency
from regard.corpus.builtin.agreement import Agreement
from regard.corpus.builtin.choosing import anybody, attributes, definite, indefinite, place, possessive, subject
from regard.corpus.builtin.clauses import Scene, comma, ended, statement
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Adjective, Noun
from regard.corpus.builtin.noun_phrases import NounPhrase, noun_phrase
from regard.corpus.builtin.scenes import surface
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.verb_groups import Manner, Negation, Tense, copula
from regard.corpus.builtin.words import French, Phrase, english_words, phrase

_THINGS = frozenset({"thing", "vehicle", "building", "room", "food", "text", "show", "opening", "furniture", "thought"})
_BEINGS = frozenset({"person", "animal"})
_PLACED = frozenset({"person", "pet", "small", "clothes", "dish", "text", "container", "toy"})


def predicate(adjective: Adjective, who: Agreement) -> Phrase:
    """An adjective behind *to be*."""
    words = english_words(adjective.english)
    return Phrase(words, (French(adjective.french(who), words),))


def being(draw: Draw, *, negated: float = 0.25) -> Manner:
    """Present or past of *to be*, sometimes negated."""
    negation = draw.pick((Negation.NOT, Negation.NOT, Negation.NOT, Negation.NO_LONGER))
    tense = draw.pick((Tense.PRESENT, Tense.PRESENT, Tense.PAST))
    if not draw.chance(negated):
        return Manner(tense)
    return Manner(tense, Negation.NOT if tense is Tense.PAST else negation)


def described_subject(draw: Draw) -> tuple[NounPhrase, Adjective]:
    """Someone or something definite, and an adjective that can be said of it."""
    if draw.chance(0.35):
        who = anybody(draw)
        adjective = draw.adjective(who.classes)
    else:
        noun = _describable(draw)
        who = definite(draw, noun, adjectives=0.0)
        adjective = draw.adjective(noun.classes)
    assert adjective is not None
    return who, adjective


def _describable(draw: Draw) -> Noun:
    noun = draw.noun(_BEINGS | _THINGS)
    while not draw.lexicon.describing(noun.classes):
        noun = draw.noun(_BEINGS | _THINGS)
    return noun


def _quality(draw: Draw) -> Phrase:
    who, adjective = described_subject(draw)
    return ended(statement(Scene(who, None, being(draw), (predicate(adjective, who.agreement),))))


def _quality_degree(draw: Draw) -> Phrase:
    who, adjective = described_subject(draw)
    how = degree(draw) + predicate(adjective, who.agreement)
    return ended(statement(Scene(who, None, being(draw, negated=0.1), (how,))))


def _quality_frequency(draw: Draw) -> Phrase:
    who = subject(draw, frozenset({"person"}), pronouns=0.4)
    adjective = draw.adjective(frozenset({"mood"}))
    assert adjective is not None
    how = Manner(draw.pick((Tense.PRESENT, Tense.PAST)), adverb=frequency(draw))
    return ended(statement(Scene(who, None, how, (predicate(adjective, who.agreement),))))


def _two_qualities(draw: Draw) -> Phrase:
    who = definite(draw, _describable(draw), adjectives=0.0)
    first, second = draw.adjective(who.classes), draw.adjective(who.classes)
    assert first is not None
    assert second is not None
    if first is second:
        return ended(statement(Scene(who, None, being(draw), (predicate(first, who.agreement),))))
    link = phrase(*draw.pick((("and", "et"), ("but", "mais"))))
    both = predicate(first, who.agreement) + link + predicate(second, who.agreement)
    return ended(statement(Scene(who, None, being(draw, negated=0.0), (both,))))


def _whereabouts(draw: Draw) -> Phrase:
    who = anybody(draw) if draw.chance(0.3) else definite(draw, draw.noun(_PLACED))
    return ended(statement(Scene(who, None, being(draw, negated=0.2), (place(draw, (*STANDING, *BESIDE)),))))


def _on_the_mat(draw: Draw) -> Phrase:
    who = definite(draw, draw.noun(frozenset({"pet", "small", "dish", "toy", "clothes"})), adjectives=0.15)
    return ended(statement(Scene(who, None, being(draw, negated=0.2), (surface(draw),))))


def _compared(draw: Draw) -> tuple[NounPhrase, Adjective, NounPhrase]:
    """Two beings or two things of one kind, and an adjective with a comparative."""
    kind = draw.pick((frozenset({"person"}), frozenset({"animal"}), frozenset({"vehicle"}), frozenset({"building"})))
    first, second = draw.noun(kind), draw.noun(kind)
    choices = [word for word in draw.lexicon.describing(first.classes & second.classes) if word.comparative]
    adjective = draw.pick(choices)
    draw.lemmas.append("adjective:" + adjective.english)
    return definite(draw, first, adjectives=0.0), adjective, definite(draw, second, adjectives=0.0)


def _comparison(draw: Draw) -> Phrase:
    who, adjective, other = _compared(draw)
    more = english_words(adjective.comparative)
    form = adjective.french(who.agreement)
    than = phrase("than", "que")
    irregular = {"bon": "meilleur", "bonne": "meilleure", "bons": "meilleurs", "bonnes": "meilleures"}.get(form)
    french = (French(irregular, more),) if irregular else (French("plus", more[:1]), French(form, more[-1:]))
    return ended(statement(Scene(who, None, being(draw, negated=0.1), (Phrase(more, french), than, other.phrase))))


def _equality(draw: Draw) -> Phrase:
    who, adjective, other = _compared(draw)
    same = phrase("as", "aussi") + predicate(adjective, who.agreement) + phrase("as", "que")
    return ended(statement(Scene(who, None, being(draw, negated=0.2), (same, other.phrase))))


def _there_is(draw: Draw) -> Phrase:
    noun = draw.noun(frozenset({"person", "animal", "thing", "food", "mass", "vehicle"}))
    what = np.noun_phrase(noun, np.SOME) if not noun.countable else indefinite(draw, noun)
    negated = draw.chance(0.2)
    be = english_words("there are" if what.agreement.several else "there is")
    no = english_words("not") if negated else ()
    minus = (French("ne", no),) if negated else ()
    second = (French("pas", no),) if negated else ()
    french = (French("il", be), *minus, French("y", be), French("a", be), *second)
    return ended(Phrase(be + no, french) + what.after(negated=negated) + place(draw, (*STANDING, *BESIDE)))


def _this_is(draw: Draw) -> Phrase:
    noun = draw.noun(frozenset({"kin", "clothes", "vehicle", "home", "pet", "small"}))
    several = draw.chance(0.25)
    what = noun_phrase(noun, possessive(draw), attributes(draw, noun, 0.25), several=several)
    negated = draw.chance(0.25)
    pointing = english_words("these" if several else "this")
    be = copula(what.agreement, Manner(Tense.PRESENT, Negation.NOT if negated else None))
    start = French("ce", pointing, before_vowel="c'")
    return ended(Phrase(pointing + be.english, (start, *be.french)) + what.phrase)


def _exclamation(draw: Draw) -> Phrase:
    noun = draw.noun(_THINGS | _BEINGS)
    several = draw.chance(0.2)
    which = Agreement(plural=several, feminine=noun.feminine, several=several)
    chosen = attributes(draw, noun, 1.0)
    core = np.bare(noun, chosen, several=several, article=False).phrase
    what = english_words("what" if several else "what a")
    form = ("quel", "quelle", "quels", "quelles")[which.feminine + 2 * which.several]
    return ended(Phrase(what, (French(form, what),)) + core, "!")


def _aside(draw: Draw) -> Phrase:
    """*The cat, which is fluffy, sleeps*: a clause between commas."""
    noun = _animate_with_adjective(draw)
    who = definite(draw, noun, adjectives=0.0)
    adjective = draw.adjective(noun.classes)
    assert adjective is not None
    relative = english_words("who" if "person" in noun.classes else "which")
    be = copula(who.agreement, Manner(draw.pick((Tense.PRESENT, Tense.PRESENT, Tense.PAST))))
    inner = Phrase(relative + be.english, (French("qui", relative), *be.french)) + predicate(adjective, who.agreement)
    aside = comma() + inner + comma()
    full = NounPhrase(who.phrase + aside, who.agreement, who.classes)
    return ended(_doing(draw, full, noun))


def _animate_with_adjective(draw: Draw) -> Noun:
    return draw.noun(_BEINGS)


def _doing(draw: Draw, who: NounPhrase, noun: Noun) -> Phrase:
    verbs = [verb for verb in draw.lexicon.in_frame("alone") if verb.subjects & noun.classes]
    verb = draw.pick(verbs)
    draw.lemmas.append("verb:" + verb.english)
    tense = draw.pick((Tense.PRESENT, Tense.PRESENT, Tense.PROGRESSIVE, Tense.PAST, Tense.NEAR))
    return statement(Scene(who, verb, Manner(tense)))


DESCRIPTIONS: Final = (
    Structure("quality", _quality, 1.5),
    Structure("quality_degree", _quality_degree),
    Structure("quality_frequency", _quality_frequency, 0.7),
    Structure("two_qualities", _two_qualities),
    Structure("whereabouts", _whereabouts),
    Structure("on_the_mat", _on_the_mat, 0.7),
    Structure("comparison", _comparison),
    Structure("equality", _equality, 0.7),
    Structure("there_is", _there_is),
    Structure("this_is", _this_is, 0.7),
    Structure("exclamation", _exclamation, 0.5),
    Structure("aside", _aside),
)
