import pytest

from regard.corpus.scripts import script_of


@pytest.mark.parametrize(
    ("sentence", "script"),
    [
        ("Hello, world", "LATIN"),
        ("œuf", "LATIN"),
        ("Ελληνικά", "GREEK"),
        ("Привет, Tom", "CYRILLIC"),
        ("Tom said привет to them", "LATIN"),
        ("漢字とかな", "CJK"),
        ("كلب", "ARABIC"),
        ("123 – 456!", None),
        ("😀", None),
        ("", None),
    ],
)
def test_the_script_of_most_letters(sentence, script):
    assert script_of(sentence) == script
