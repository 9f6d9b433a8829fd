"""Commands: to one person (*tu*, politely *vous*), to us all, and forbidding ones."""

from typing import Final

from regard.corpus.builtin.adverbials import place
from regard.corpus.builtin.choosing import definite
from regard.corpus.builtin.clauses import ended
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.lexicon import Verb
from regard.corpus.builtin.people import Clitic, agreement_of, clitic
from regard.corpus.builtin.scenes import object_of, takes_pronoun
from regard.corpus.builtin.structures.structure import Structure
from regard.corpus.builtin.words import English, French, Phrase, english_words, french_words, phrase

_YOU, _US = 0, 1
_UNORDERED: Final = (
    "arrive", "dream", "think", "have lunch", "have dinner", "come in", "go shopping", "leave", "go out", "cry", "fall",
    "cough", "snore", "disappear", "receive",
)  # fmt: skip
_AFTER_COMMAND = {"me": "moi", "te": "toi"}


def form_of(draw: Draw, verb: Verb, whom: int = _YOU) -> str:
    """The imperative: *ferme*, *fermons*, politely *fermez*."""
    return verb.french.command[2 if whom == _YOU and draw.policy.polite else whom]


def _orderable(verb: Verb) -> bool:
    """Whether one can tell a person to do it."""
    return verb.english not in _UNORDERED and "person" in verb.subjects and not verb.french.reflexive


def _command(draw: Draw) -> Phrase:
    verb = draw.verb("direct", suits=_orderable)
    words = english_words(verb.english)
    return ended(Phrase(words, (French(form_of(draw, verb), words),)) + object_of(draw, verb).phrase)


def _command_place(draw: Draw) -> Phrase:
    verb = draw.verb("alone", suits=_orderable)
    words = english_words(verb.english)
    french = french_words(f"{form_of(draw, verb)} {verb.expression}", words)
    return ended(Phrase(words, french) + place(draw))


def _forbidden(draw: Draw) -> Phrase:
    verb = draw.verb("direct", suits=_orderable)
    help_words, words = english_words("do not"), english_words(verb.english)
    no = help_words[1:]
    french = (French("ne", no), French(form_of(draw, verb), help_words[:1] + words), French("pas", no))
    return ended(Phrase(help_words + words, french) + definite(draw, draw.noun(verb.objects)).phrase)


def _let_us(draw: Draw) -> Phrase:
    verb = draw.verb("direct", suits=_orderable)
    words = english_words("let us " + verb.english)
    return ended(Phrase(words, (French(form_of(draw, verb, _US), words),)) + object_of(draw, verb).phrase)


def _command_pronoun(draw: Draw) -> Phrase:
    """*Open it* / *Ouvre-le*, *Listen to me* / *Écoute-moi*; forbidden: *Ne l'ouvre pas*."""
    verb = draw.verb("direct", suits=lambda verb: _orderable(verb) and takes_pronoun(verb))
    animate = bool(verb.objects & {"person", "animal", "kin", "pet"})
    chosen = draw.pick(("me", "him", "her", "us", "them") if animate else ("it", "it", "them"))
    pronoun = clitic(chosen, draw.policy)
    if draw.chance(0.4):
        return _forbidden_pronoun(draw, verb, pronoun)
    words = english_words(verb.english)
    form = f"{form_of(draw, verb)}-{_AFTER_COMMAND.get(pronoun.french.text, pronoun.french.text)}"
    return ended(Phrase(words + pronoun.english, (French(form, words + pronoun.english),)))


def _forbidden_pronoun(draw: Draw, verb: Verb, pronoun: Clitic) -> Phrase:
    help_words, words = english_words("do not"), english_words(verb.english)
    no = help_words[1:]
    finite = French(form_of(draw, verb), help_words[:1] + words)
    french = (French("ne", no), pronoun.french, finite, French("pas", no))
    return ended(Phrase(help_words + words + pronoun.english, french))


def _give_me(draw: Draw) -> Phrase:
    """*Give me the book* / *Donne-moi le livre*."""
    verb = draw.verb("giving")
    receiver = clitic(draw.pick(("me", "him", "her", "us", "them")), draw.policy, direct=False)
    words: tuple[English, ...] = english_words(verb.english)
    form = f"{form_of(draw, verb)}-{_AFTER_COMMAND.get(receiver.french.text, receiver.french.text)}"
    start = Phrase(words + receiver.english, (French(form, words + receiver.english),))
    return ended(start + object_of(draw, verb).phrase)


def _polite_please(draw: Draw) -> Phrase:
    """*Close the door, please* / *Ferme la porte, s'il te plaît*."""
    verb = draw.verb("direct", suits=_orderable)
    words = english_words(verb.english)
    please = english_words("please")
    pronoun = "vous" if agreement_of("you", draw.policy).plural else "te"
    ending = tuple(French(piece, please) for piece in ("s'", "il", pronoun, "plaît"))
    start = Phrase(words, (French(form_of(draw, verb), words),)) + object_of(draw, verb).phrase
    return ended(start + phrase(",", ",") + Phrase(please, ending))


COMMANDS: Final = (
    Structure("command", _command),
    Structure("command_place", _command_place, 0.6),
    Structure("command_forbidden", _forbidden, 0.8),
    Structure("command_let_us", _let_us, 0.6),
    Structure("command_pronoun", _command_pronoun, 0.8),
    Structure("command_give_me", _give_me, 0.7),
    Structure("command_please", _polite_please, 0.6),
)
