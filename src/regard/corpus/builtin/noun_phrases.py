"""Noun phrases, both sides at once: *the old tree* / *le vieil arbre*, *some bread* / *du pain*."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from regard.corpus.builtin.agreement import Agreement
from regard.corpus.builtin.lexicon import Adjective, Noun
from regard.corpus.builtin.words import English, French, Phrase, english_words, french_words


@dataclass(frozen=True, slots=True)
class NounPhrase:
    """A finished noun phrase. ``negated`` is its form as the object of a negated verb (*pas de pain*)."""

    phrase: Phrase
    agreement: Agreement
    classes: frozenset[str] = frozenset()
    negated: Phrase | None = None

    def after(self, *, negated: bool) -> Phrase:
        """The form that stands behind a verb."""
        return self.negated if negated and self.negated else self.phrase


@dataclass(frozen=True, slots=True)
class Determiner:
    """What opens a noun phrase. French forms: masculine, feminine, plural, and before a vowel (singular).

    ``kind`` is ``fixed``, ``article`` (contracts), ``indefinite`` (*pas de*), ``partitive`` or ``counted`` (number).
    """

    english: str
    masculine: str
    feminine: str
    plural: str
    kind: str = "fixed"
    before_vowel: tuple[str | None, str | None] = field(default=(None, None))

    def french(self, which: Agreement) -> str:
        """The form for a noun of this gender and number."""
        return self.plural if which.several else self.feminine if which.feminine else self.masculine


THE = Determiner("the", "le", "la", "les", "article")
A = Determiner("a", "un", "une", "des", "indefinite")
SOME = Determiner("some", "du", "de la", "des", "indefinite")
THIS = Determiner("this", "ce", "cette", "ces", before_vowel=("cet", None))
THESE = Determiner("these", "ce", "cette", "ces")
THAT = Determiner("that", "ce", "cette", "ces", before_vowel=("cet", None))
THOSE = Determiner("those", "ce", "cette", "ces")
EVERY = Determiner("every", "chaque", "chaque", "chaque")
SEVERAL = Determiner("several", "plusieurs", "plusieurs", "plusieurs")
MANY = Determiner("many", "beaucoup de", "beaucoup de", "beaucoup de")
ALL = Determiner("all the", "tous les", "toutes les", "tous les")
NUMBERS = tuple(
    Determiner(english, french, french, french)
    for english, french in (
        ("two", "deux"),
        ("three", "trois"),
        ("four", "quatre"),
        ("five", "cinq"),
        ("six", "six"),
        ("seven", "sept"),
        ("eight", "huit"),
        ("nine", "neuf"),
        ("ten", "dix"),
        ("eleven", "onze"),
        ("twelve", "douze"),
        ("fifteen", "quinze"),
        ("twenty", "vingt"),
        ("thirty", "trente"),
        ("fifty", "cinquante"),
    )
)


def _possessive(english: str, masculine: str, feminine: str, plural: str) -> Determiner:
    """*Ma, ta, sa* become *mon, ton, son* before a vowel."""
    return Determiner(english, masculine, feminine, plural, before_vowel=(None, masculine))


MY = _possessive("my", "mon", "ma", "mes")
YOUR = _possessive("your", "ton", "ta", "tes")
YOUR_POLITE = _possessive("your", "votre", "votre", "vos")
HIS = _possessive("his", "son", "sa", "ses")
HER = _possessive("her", "son", "sa", "ses")
OUR = _possessive("our", "notre", "notre", "nos")
THEIR = _possessive("their", "leur", "leur", "leurs")
POSSESSIVES = (MY, YOUR, HIS, HER, OUR, THEIR)


def settled(possessive: Determiner, *, polite: bool) -> Determiner:
    """The possessive itself, but *votre* for a *your* that is polite."""
    return YOUR_POLITE if possessive is YOUR and polite else possessive


def noun_phrase(
    noun: Noun, determiner: Determiner, adjectives: Sequence[Adjective] = (), *, several: bool = False
) -> NounPhrase:
    """Builds a noun phrase; adjectives come in English order and find their French places."""
    which = Agreement(plural=several, feminine=noun.feminine, several=several)
    opening = english_words("some" if determiner is A and several else determiner.english)
    core_english, core_french = _core(noun, adjectives, which)
    article = _french_determiner(determiner, which, opening, adjectives)
    phrase = Phrase(opening + core_english, article + core_french)
    negated = None
    if determiner.kind == "indefinite":
        any_words = english_words("any") if opening[0].text == "some" else opening
        negated = Phrase(any_words + core_english, (French("de", any_words), *core_french))
    return NounPhrase(phrase, which, noun.classes, negated)


def bare(
    noun: Noun, adjectives: Sequence[Adjective] = (), *, several: bool = False, article: bool = True
) -> NounPhrase:
    """A noun without an English determiner: *cats* / *les chats*; without ``article``, *chats* alone (after *de*)."""
    which = Agreement(plural=several, feminine=noun.feminine, several=several)
    english, french = _core(noun, adjectives, which)
    if article:
        french = (French(THE.french(which), english[-1:], article=True), *french)
    return NounPhrase(Phrase(english, french), which, noun.classes)


def partitive(noun: Noun, adjectives: Sequence[Adjective] = (), *, several: bool = False) -> NounPhrase:
    """A bare English noun as an amount: *bread* / *du pain*, *apples* / *des pommes*; *pas de pain* when negated."""
    which = Agreement(plural=several, feminine=noun.feminine, several=several)
    english, french = _core(noun, adjectives, which)
    link = english[-1:]
    before = several and any(adjective.before_noun for adjective in adjectives)
    opening = (French("de", link),) if before else _amount(which, link)
    return NounPhrase(
        Phrase(english, opening + french), which, noun.classes, negated=Phrase(english, (French("de", link), *french))
    )


def _core(
    noun: Noun, adjectives: Sequence[Adjective], which: Agreement
) -> tuple[tuple[English, ...], tuple[French, ...]]:
    """Adjectives and noun: English before, French before or after."""
    head = english_words(noun.plural if which.several else noun.english)
    words = [(adjective, english_words(adjective.english)) for adjective in adjectives]
    before = tuple(_adjective(adjective, link, which) for adjective, link in words if adjective.before_noun)
    after = tuple(
        _adjective(adjective, link, which) for adjective, link in reversed(words) if not adjective.before_noun
    )
    french = french_words(noun.french_plural if which.several else noun.french, head)
    english = tuple(word for _, link in words for word in link) + head
    return english, before + french + after


def _adjective(adjective: Adjective, link: tuple[English, ...], which: Agreement) -> French:
    singular_masculine = not which.several and not which.feminine
    return French(adjective.french(which), link, adjective.before_vowel if singular_masculine else None)


def _amount(which: Agreement, link: tuple[English, ...]) -> tuple[French, ...]:
    if which.several:
        return (French("des", link),)
    return French("de", link), French(THE.french(which), link, article=True)


def _french_determiner(
    determiner: Determiner,
    which: Agreement,
    link: tuple[English, ...],
    adjectives: Sequence[Adjective],
) -> tuple[French, ...]:
    if determiner.kind == "indefinite" and which.several and any(adjective.before_noun for adjective in adjectives):
        return (French("de", link),)
    if determiner is SOME:
        return _amount(which, link)
    if determiner is ALL:
        return French("toutes" if which.feminine else "tous", link[:1]), French("les", link[1:], article=True)
    before_vowel = None if which.several else determiner.before_vowel[which.feminine]
    form = determiner.french(which)
    words = french_words(form, link)
    return tuple(replace(word, before_vowel=before_vowel, article=determiner.kind == "article") for word in words)
