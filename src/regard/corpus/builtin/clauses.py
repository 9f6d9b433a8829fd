"""From a scene (who does what to whom, how) to a clause: statement, question, command."""

from dataclasses import dataclass, replace

from regard.corpus.builtin.lexicon import Verb
from regard.corpus.builtin.noun_phrases import NounPhrase
from regard.corpus.builtin.verb_groups import Manner, VerbGroup, copula, verb_group
from regard.corpus.builtin.words import English, French, Phrase, phrase


@dataclass(frozen=True, slots=True)
class Scene:
    """Who does what. Without a verb it is a sentence with *to be*; complements stand behind the verb on both sides."""

    subject: NounPhrase
    verb: Verb | None
    how: Manner
    complements: tuple[NounPhrase | Phrase, ...] = ()

    def adding(self, *complements: NounPhrase | Phrase) -> "Scene":
        """The scene with more behind the verb."""
        return replace(self, complements=self.complements + complements)

    def told(self, how: Manner) -> "Scene":
        """The scene in another tense, polarity …"""
        return replace(self, how=how)


def group_of(scene: Scene) -> VerbGroup:
    """The scene's verb in agreement with its subject."""
    who = scene.subject.agreement
    return copula(who, scene.how) if scene.verb is None else verb_group(scene.verb, who, scene.how)


def behind_verb(scene: Scene) -> Phrase:
    """Everything behind the verb; English object pronouns come first."""
    negated = scene.how.negation is not None and scene.verb is not None
    rest = Phrase(tuple(word for clitic in scene.how.clitics for word in clitic.english))
    for complement in scene.complements:
        rest += complement.after(negated=negated) if isinstance(complement, NounPhrase) else complement
    return rest


def statement(scene: Scene) -> Phrase:
    """*the cat does not sleep* / *le chat ne dort pas*."""
    group, rest, subject = group_of(scene), behind_verb(scene), scene.subject.phrase
    return Phrase(subject.english + group.english + rest.english, subject.french + group.french + rest.french)


def yes_no_question(scene: Scene) -> Phrase:
    """*does the cat sleep?* / *est-ce que le chat dort ?*"""
    return question(scene, Phrase())


def question(scene: Scene, opening: Phrase) -> Phrase:
    """*why does the cat sleep?* / *pourquoi est-ce que le chat dort ?*"""
    asked = scene.told(replace(scene.how, asked=True))
    group, rest, subject = group_of(asked), behind_verb(asked), asked.subject.phrase
    english = opening.english + group.auxiliary + subject.english + group.middle + group.main + rest.english
    est_ce_que = (French("est-ce", group.auxiliary), French("que", group.auxiliary))
    return ended(Phrase(english, opening.french + est_ce_que + subject.french + group.french + rest.french), "?")


def ended(clause: Phrase, mark: str = ".") -> Phrase:
    """The clause with its full stop, question or exclamation mark."""
    return clause + phrase(mark, mark)


def comma() -> Phrase:
    """A comma on both sides."""
    return phrase(",", ",")


def linked(text: str, *words: English) -> French:
    """A French word that translates some English words."""
    return French(text, tuple(words))
