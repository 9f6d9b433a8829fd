"""Which language a text is taken to be in, among those that a server translates from and to."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from regard.server.detection import Detector
from regard.server.journal import Journal
from regard.server.metrics import Metrics
from regard.server.shelf import Shelf
from regard.server.translate import TranslateRequest, language_of
from regard.translator import Translator

FRENCH, ENGLISH, UNCLEAR = "Le chat dort sur le tapis.", "The cat sleeps on the mat.", "four"


def stand_in(folder: Path) -> Translator:
    """For a translator; its languages are those that its folder is called after."""
    made = object.__new__(Translator)
    source, target = folder.name.split("-")
    made.settings = SimpleNamespace(data=SimpleNamespace(source_language=source, target_language=target))  # type: ignore
    return made


def test_a_language_that_the_statistics_do_not_know_comes_last() -> None:
    detector = Detector(["xx", "en", "fr"])
    assert [each.language for each in detector.rank(FRENCH)] == ["fr", "en", "xx"]
    assert detector.rank(FRENCH)[-1].confidence == 0
    assert [each.confidence for each in detector.rank(" ")] == [0, 0, 0]
    assert [detector.knows(each) for each in ("xx", "en")] == [False, True]


@pytest.mark.parametrize(
    ("pairs", "text", "target", "expected"),
    [
        (["en-fr"], ENGLISH, "fr", "en"),
        (["en-fr"], FRENCH, "fr", "fr"),
        (["en-fr"], UNCLEAR, "fr", "en"),
        (["en-fr"], "", "fr", "en"),
        (["en-fr"], FRENCH, "xx", "fr"),
        (["fr-en", "en-fr"], FRENCH, "en", "fr"),
        (["fr-en", "en-fr"], FRENCH, "fr", "fr"),
        (["en-fr", "de-fr"], "Die Katze schläft auf der Matte.", "fr", "de"),
        (["xx-fr"], FRENCH, "fr", "xx"),  # it may be: nobody knows what that language looks like
        (["xx-fr", "en-fr"], ENGLISH, "fr", "en"),
        (["xx-fr", "xx-en"], FRENCH, "en", "xx"),
    ],
)
def test_the_language_of_a_text_and_what_is_wanted_of_it(
    pairs: list[str], text: str, target: str, expected: str
) -> None:
    shelf = Shelf(map(Path, pairs), stand_in, Metrics(), Journal(None))
    asked = TranslateRequest(q=text, target=target)
    assert language_of(shelf, Detector(shelf.languages), asked, [text]).language == expected
