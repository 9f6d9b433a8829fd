"""Noun phrases: determiners, places of adjectives, amounts, and what negation makes of them."""

import pytest

from regard.corpus.builtin import noun_phrases as np
from regard.corpus.builtin.draw import Policy
from regard.corpus.builtin.lexicon import Adjective, Noun, load_lexicon
from regard.corpus.builtin.noun_phrases import Determiner, NounPhrase
from regard.corpus.builtin.people import possessive_of, subject_pronoun
from regard.corpus.builtin.surface import render
from regard.corpus.builtin.words import Phrase


def noun(english: str) -> Noun:
    return next(word for word in load_lexicon().nouns if word.english == english)


def adjective(english: str) -> Adjective:
    return next(word for word in load_lexicon().adjectives if word.english == english)


def both(phrase: Phrase) -> tuple[str, str]:
    source, target, _ = render(phrase)
    return source, target


def built(what: str, determiner: Determiner, adjectives: str = "", *, several: bool = False) -> tuple[str, str]:
    words = [adjective(word) for word in adjectives.split()]
    return both(np.noun_phrase(noun(what), determiner, words, several=several).phrase)


@pytest.mark.parametrize(
    ("what", "determiner", "adjectives", "several", "english", "french"),
    [
        ("friend", np.MY, "", False, "My friend", "Mon ami"),
        ("story", np.MY, "", False, "My story", "Mon histoire"),
        ("story", np.MY, "long", False, "My long story", "Ma longue histoire"),
        ("story", np.HER, "sad", False, "Her sad story", "Son histoire triste"),
        ("school", np.HIS, "", True, "His schools", "Ses écoles"),
        ("tree", np.THIS, "", False, "This tree", "Cet arbre"),
        ("tree", np.THIS, "old", False, "This old tree", "Ce vieil arbre"),
        ("hero", np.THIS, "", False, "This hero", "Ce héros"),
        ("church", np.THAT, "", False, "That church", "Cette église"),
        ("bird", np.A, "beautiful", False, "A beautiful bird", "Un bel oiseau"),
        ("bird", np.A, "beautiful", True, "Some beautiful birds", "De beaux oiseaux"),
        ("armchair", np.THE, "new", False, "The new armchair", "Le nouveau fauteuil"),
        ("computer", np.THE, "new", False, "The new computer", "Le nouvel ordinateur"),
        ("cat", np.THE, "small black", False, "The small black cat", "Le petit chat noir"),
        ("cat", np.A, "", True, "Some cats", "Des chats"),
        ("bread", np.SOME, "", False, "Some bread", "Du pain"),
        ("meat", np.SOME, "", False, "Some meat", "De la viande"),
        ("water", np.SOME, "", False, "Some water", "De l'eau"),
        ("apple", np.MANY, "", True, "Many apples", "Beaucoup de pommes"),
        ("goose", np.MANY, "", True, "Many geese", "Beaucoup d'oies"),
        ("dog", np.ALL, "", True, "All the dogs", "Tous les chiens"),
        ("girl", np.ALL, "", True, "All the girls", "Toutes les filles"),
        ("key", np.NUMBERS[1], "", True, "Three keys", "Trois clés"),
        ("grandmother", np.OUR, "", True, "Our grandmothers", "Nos grands-mères"),
    ],
)
def test_determiners_and_adjectives(
    what: str, determiner: Determiner, adjectives: str, several: bool, english: str, french: str
) -> None:
    assert built(what, determiner, adjectives, several=several) == (english, french)


@pytest.mark.parametrize(
    ("phrase", "english", "french"),
    [
        (np.noun_phrase(noun("car"), np.A), "A car", "De voiture"),
        (np.noun_phrase(noun("apple"), np.A, several=True), "Any apples", "De pommes"),
        (np.noun_phrase(noun("bread"), np.SOME), "Any bread", "De pain"),
        (np.partitive(noun("water")), "Water", "D'eau"),
        (np.noun_phrase(noun("car"), np.THE), "The car", "La voiture"),
    ],
)
def test_under_negation_only_what_is_indefinite_changes(phrase: NounPhrase, english: str, french: str) -> None:
    assert both(phrase.after(negated=True)) == (english, french)


def test_bare_nouns_are_general_or_an_amount() -> None:
    assert both(np.bare(noun("cat"), several=True).phrase) == ("Cats", "Les chats")
    assert both(np.partitive(noun("apple"), several=True).phrase) == ("Apples", "Des pommes")
    assert both(np.partitive(noun("apple"), [adjective("good")], several=True).phrase) == (
        "Good apples",
        "De bonnes pommes",
    )


@pytest.mark.parametrize(("pronoun", "owner"), [("I", np.MY), ("you", np.YOUR), ("she", np.HER), ("they", np.THEIR)])
def test_possessives_follow_their_owner(pronoun: str, owner: Determiner) -> None:
    assert possessive_of(subject_pronoun(pronoun, Policy())) is owner


def test_a_polite_your_is_votre() -> None:
    assert np.settled(np.YOUR, polite=True).masculine == "votre"
    assert np.settled(np.YOUR, polite=False).masculine == "ton"
    assert np.settled(np.HER, polite=True) is np.HER
