"""What neighbouring words do to each other: elision, contraction, forms before a vowel, spaces, positions."""

import pytest

from regard.corpus.builtin.notation import aligned
from regard.corpus.builtin.surface import render, sounds_vowel_english, sounds_vowel_french
from regard.corpus.builtin.words import English, French, Phrase, split_english, split_french


def french(text: str, *, articles: bool = True) -> str:
    """The finished French of words that are written out in full."""
    link = (English("x"),)
    words = tuple(French(word, link, article=articles and word in {"le", "les"}) for word in text.split())
    return render(Phrase(link, words))[1]


@pytest.mark.parametrize(
    ("full", "finished"),
    [
        ("le ami", "L'ami"),
        ("la école", "L'école"),
        ("le homme", "L'homme"),
        ("le hibou", "Le hibou"),
        ("le héros", "Le héros"),
        ("la histoire", "L'histoire"),
        ("je aime", "J'aime"),
        ("je le ai vu", "Je l'ai vu"),
        ("il ne a pas", "Il n'a pas"),
        ("il ne y a pas", "Il n'y a pas"),
        ("je te aime", "Je t'aime"),
        ("elle se habille", "Elle s'habille"),
        ("beaucoup de oies", "Beaucoup d'oies"),
        ("les onze amis de onze", "Les onze amis de onze"),
        ("je crois que elle dort", "Je crois qu'elle dort"),
        ("si il dort", "S'il dort"),
        ("si elle dort", "Si elle dort"),
        ("le yaourt", "Le yaourt"),
    ],
)
def test_elision(full: str, finished: str) -> None:
    assert french(full) == finished


@pytest.mark.parametrize(
    ("full", "finished"),
    [
        ("de le chat", "Du chat"),
        ("de les chats", "Des chats"),
        ("à le marché", "Au marché"),
        ("à les enfants", "Aux enfants"),
        ("de la maison", "De la maison"),
        ("à la plage", "À la plage"),
        ("de le ami", "De l'ami"),
        ("à le hôpital", "À l'hôpital"),
        ("à les amis", "Aux amis"),
        ("de le héros", "Du héros"),
        ("à le haricot", "Au haricot"),
    ],
)
def test_contraction(full: str, finished: str) -> None:
    assert french(full) == finished


def test_pronouns_do_not_contract() -> None:
    assert french("il essaie de le voir", articles=False) == "Il essaie de le voir"


@pytest.mark.parametrize("word", ["ami", "école", "homme", "œuf", "y", "habite", "île"])
def test_vowel_sounds(word: str) -> None:
    assert sounds_vowel_french(word)


@pytest.mark.parametrize("word", ["chat", "haricots", "onze", "oui", "yaourt"])
def test_consonant_sounds(word: str) -> None:
    assert not sounds_vowel_french(word)


@pytest.mark.parametrize(("word", "takes_an"), [("apple", True), ("honest", True), ("useful", False), ("house", False)])
def test_a_or_an(word: str, takes_an: bool) -> None:
    assert sounds_vowel_english(word) is takes_an
    assert render(Phrase((English("a"), English(word))))[0] == ("An " if takes_an else "A ") + word


def test_a_contracted_word_is_linked_to_both_of_its_parts() -> None:
    to, the, park = English("to"), English("the"), English("park")
    words = (French("à", (to,)), French("le", (the,), article=True), French("parc", (park,)))
    assert render(Phrase((to, the, park), words))[1:] == ("Au parc", ((0, 0), (1, 0), (2, 1)))


def test_question_and_exclamation_marks_stand_behind_one_plain_space() -> None:
    assert render(aligned("Do/you/sleep/?", "Est-ce que/tu/dors/?"))[:2] == ("Do you sleep?", "Est-ce que tu dors ?")
    assert render(aligned("Look/, a/cat/!", "Regarde/, un/chat/!"))[1] == "Regarde, un chat !"


def test_words_are_split_as_the_alignment_counts_them() -> None:
    assert split_french("Qu'est-ce que tu fais aujourd'hui ?") == [
        "Qu'",
        "est-ce",
        "que",
        "tu",
        "fais",
        "aujourd'hui",
        "?",
    ]
    assert split_english("Paul's dog sleeps at three o'clock.") == [
        "Paul's",
        "dog",
        "sleeps",
        "at",
        "three",
        "o'clock",
        ".",
    ]


def test_the_notation_reorders_and_joins_chunks() -> None:
    source, target, links = render(aligned("I/love/you/.", "Je/t'^3/aime^2/."))
    assert (source, target, links) == ("I love you.", "Je t'aime.", ((0, 0), (1, 2), (2, 1), (3, 3)))
    assert render(aligned("Good/morning", "Bonjour^1,2"))[2] == ((0, 0), (1, 0))


def test_a_chunk_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(IndexError):
        aligned("Good/morning", "Bon/jour^3")
