"""French agreement: feminine, plural and participle endings, and who agrees with whom."""

import pytest

from regard.corpus.builtin.agreement import Agreement, feminine_of, participle_of, plural_of, together
from regard.corpus.builtin.lexicon import load_lexicon

ONE_WOMAN = Agreement(feminine=True)
WOMEN = Agreement(plural=True, feminine=True, several=True)
MEN = Agreement(plural=True, several=True)


@pytest.mark.parametrize(
    ("masculine", "feminine"),
    [
        ("petit", "petite"),
        ("rouge", "rouge"),
        ("heureux", "heureuse"),
        ("léger", "légère"),
        ("gris", "grise"),
        ("fatigué", "fatiguée"),
        ("actif", "active"),
    ],
)
def test_the_regular_feminine(masculine: str, feminine: str) -> None:
    assert feminine_of(masculine) == feminine


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("chat", "chats"),
        ("souris", "souris"),
        ("voix", "voix"),
        ("nez", "nez"),
        ("cheval", "chevaux"),
        ("château", "châteaux"),
        ("cheveu", "cheveux"),
        ("portail", "portails"),
    ],
)
def test_the_regular_plural(singular: str, plural: str) -> None:
    assert plural_of(singular) == plural


@pytest.mark.parametrize(
    ("english", "forms"),
    [
        ("beautiful", ("beau", "belle", "beaux", "belles")),
        ("old", ("vieux", "vieille", "vieux", "vieilles")),
        ("new", ("nouveau", "nouvelle", "nouveaux", "nouvelles")),
        ("white", ("blanc", "blanche", "blancs", "blanches")),
        ("blue", ("bleu", "bleue", "bleus", "bleues")),
        ("long", ("long", "longue", "longs", "longues")),
        ("kind", ("gentil", "gentille", "gentils", "gentilles")),
        ("proud", ("fier", "fière", "fiers", "fières")),
        ("fresh", ("frais", "fraîche", "frais", "fraîches")),
        ("jealous", ("jaloux", "jalouse", "jaloux", "jalouses")),
        ("good", ("bon", "bonne", "bons", "bonnes")),
    ],
)
def test_the_four_forms_of_an_adjective(english: str, forms: tuple[str, ...]) -> None:
    adjective = next(word for word in load_lexicon().adjectives if word.english == english)
    assert adjective.forms == forms
    assert adjective.french(WOMEN) == forms[3]


@pytest.mark.parametrize(
    ("english", "plural"),
    [
        ("owl", "hibou hiboux"),
        ("eye", ""),
        ("newspaper", "journal journaux"),
        ("knee", ""),
        ("gate", "portail portails"),
    ],
)
def test_irregular_plurals_of_nouns(english: str, plural: str) -> None:
    found = {noun.english: f"{noun.french} {noun.french_plural}" for noun in load_lexicon().nouns}
    assert found.get(english, "") == plural


@pytest.mark.parametrize(
    ("masculine", "who", "form"),
    [
        ("allé", ONE_WOMAN, "allée"),
        ("allé", MEN, "allés"),
        ("allé", WOMEN, "allées"),
        ("assis", MEN, "assis"),
        ("assis", WOMEN, "assises"),
        ("écrit", ONE_WOMAN, "écrite"),
        ("dû", ONE_WOMAN, "due"),
    ],
)
def test_participles_agree(masculine: str, who: Agreement, form: str) -> None:
    assert participle_of(masculine, who) == form


def test_a_man_and_a_woman_are_masculine_and_i_and_you_are_we() -> None:
    assert together(ONE_WOMAN, Agreement()) == MEN
    assert together(ONE_WOMAN, ONE_WOMAN) == WOMEN
    assert together(Agreement(person=2), Agreement(person=1)).slot == 3
