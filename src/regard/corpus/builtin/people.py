"""Pronouns and names: subjects, clitics and who they agree with."""

from dataclasses import dataclass
from typing import Final

from regard.corpus.builtin.agreement import Agreement
from regard.corpus.builtin.draw import Policy
from regard.corpus.builtin.noun_phrases import HER, HIS, MY, OUR, THEIR, YOUR, Determiner, NounPhrase
from regard.corpus.builtin.words import English, French, Phrase, english_words, phrase

PERSON: Final = frozenset({"person", "adult", "stranger", "young", "mood"})
SUBJECTS: Final = ("I", "you", "he", "she", "we", "they")
MEN: Final = ("Paul", "Thomas", "Nicolas", "Simon", "Louis", "Martin", "David", "Daniel", "Antoine", "Victor")
WOMEN: Final = ("Anna", "Julie", "Emma", "Sarah", "Alice", "Sophie", "Clara", "Laura", "Marie", "Isabelle")
OBJECTS: Final = ("me", "you", "him", "her", "it", "us", "them")
RECEIVERS: Final = ("me", "you", "him", "her", "us", "them")
_RANK = {"le": 1, "la": 1, "les": 1, "lui": 2, "leur": 2, "y": 3, "en": 4}
_DIRECT = {"me": "me", "you": "te", "him": "le", "her": "la", "it": "le", "us": "nous", "them": "les"}
_INDIRECT = {"me": "me", "you": "te", "him": "lui", "her": "lui", "us": "nous", "them": "leur"}
_STRESSED = {"me": "moi", "you": "toi", "him": "lui", "her": "elle", "us": "nous", "them": "eux"}


@dataclass(frozen=True, slots=True)
class Clitic:
    """An object pronoun: English behind its verb (*him*, *to him*), one French word before it."""

    english: tuple[English, ...]
    french: French
    agreement: Agreement
    direct: bool

    @property
    def rank(self) -> int:
        """Its place among French clitics: *me te se nous vous* < *le la les* < *lui leur*."""
        return _RANK.get(self.french.text, 0)


def agreement_of(pronoun: str, policy: Policy) -> Agreement:
    """The agreement of a subject or object pronoun under a policy."""
    several = pronoun in {"we", "us", "they", "them"}
    polite = pronoun == "you" and policy.polite
    person = {"I": 1, "me": 1, "we": 1, "us": 1, "you": 2}.get(pronoun, 3)
    settled = pronoun in {"he", "him", "she", "her"}
    feminine = pronoun in {"she", "her"} if settled else policy.feminine
    return Agreement(person, plural=several or polite, feminine=feminine, several=several)


def subject_pronoun(pronoun: str, policy: Policy) -> NounPhrase:
    """*I* / *je*, *they* / *ils* …"""
    who = agreement_of(pronoun, policy)
    french = ("je", "tu", "elle" if who.feminine else "il", "nous", "vous", "elles" if who.feminine else "ils")
    return NounPhrase(phrase(pronoun, french[who.slot]), who, PERSON)


def everybody() -> NounPhrase:
    """*everybody* / *tout le monde*."""
    return NounPhrase(phrase("everybody", "tout le monde"), Agreement(), PERSON)


def someone() -> NounPhrase:
    """*somebody* / *quelqu'un*, two words in the alignment."""
    word = english_words("somebody")
    return NounPhrase(Phrase(word, (French("quelqu'", word), French("un", word))), Agreement(), PERSON)


EVERYBODY: Final = (everybody, someone)


def name(text: str) -> NounPhrase:
    """A first name, the same in both languages."""
    return NounPhrase(phrase(text, text), Agreement(feminine=text in WOMEN), PERSON)


def possessive_of(who: NounPhrase) -> Determiner:
    """The English possessive of a subject, with its French counterpart: *I* … *my*, *the queen* … *her*."""
    spoken = {"I": MY, "you": YOUR, "we": OUR}.get(who.phrase.english[0].text)
    third = THEIR if who.agreement.several else HER if who.agreement.feminine else HIS
    return spoken or third


def clitic(pronoun: str, policy: Policy, *, direct: bool = True, preposition: str = "") -> Clitic:
    """An object pronoun: direct (*him* / *le*) or indirect (*him*, *to him* / *lui*)."""
    who = agreement_of(pronoun, policy)
    form = (_DIRECT if direct else _INDIRECT)[pronoun]
    if pronoun == "you" and policy.polite:
        form = "vous"
    if pronoun == "it" and policy.feminine:
        form = "la"
    english = english_words(f"{preposition} {pronoun}")
    return Clitic(english, French(form, english), who, direct)


def stressed(pronoun: str, policy: Policy) -> Phrase:
    """A pronoun behind a preposition: *me* / *moi*, *them* / *eux*."""
    form = _STRESSED[pronoun]
    if pronoun == "you" and policy.polite:
        form = "vous"
    if pronoun == "them" and policy.feminine:
        form = "elles"
    return phrase(pronoun, form)
