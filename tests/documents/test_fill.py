"""What is written into a document, and what is left alone: white space, protected words, instructions."""

from pathlib import Path

import pytest

from regard.corpus import Origin, Pair, Reading
from regard.documents import Filled, Memory, Outcome, Voice, open_document, translate_document

BOTH = Reading("en", "fr")
ONE = (
    '<xliff version="1.2"><file source-language="en" target-language="fr" datatype="plaintext" original="a"><body>'
    '<trans-unit id="1"><source>{}</source></trans-unit></body></file></xliff>'
)
TWO = (
    '<xliff version="2.0" srcLang="en" trgLang="fr"><file id="f"><unit id="1"><segment><source>{}</source></segment>'
    "</unit></file></xliff>"
)


def filled(voice: Voice, path: Path, content: str, memory: Memory | None = None) -> Filled:
    path.write_text(content, encoding="utf-8")
    return translate_document(voice, open_document(path, BOTH), memory=memory)


@pytest.mark.parametrize("edges", [("", " "), ("  ", ""), ("\\n", "\\t"), ("", "\\n\\n")])
@pytest.mark.parametrize(
    ("remembered", "outcome"),
    [
        ("fill in your name:", Outcome.EXACT),
        ("fill in your own name, please:", Outcome.FUZZY),
        (None, Outcome.PLAIN),
    ],
)
def test_space_at_the_edges_stays(
    edges: tuple[str, str], remembered: str | None, outcome: Outcome, shouting: Voice, tmp_path: Path
) -> None:
    pairs = [Pair(remembered, " FILL IN YOUR NAME: ", Origin("m", 1))] if remembered else []
    before, behind = edges
    content = f'msgid ""\nmsgstr ""\n\nmsgid "{before}fill in your name:{behind}"\nmsgstr ""\n'
    path = tmp_path / "m.po"
    path.write_text(content, encoding="utf-8")
    done = translate_document(shouting, open_document(path, BOTH), memory=Memory(pairs), least_similarity=0.5)
    written = done.content.decode().replace('"\n"', "").rpartition("msgstr ")[2]
    assert written == f'"{before}FILL IN YOUR NAME:{behind}"\n'
    assert done.rows[0].outcome is (Outcome.KEPT if outcome is Outcome.PLAIN and "\\" in before + behind else outcome)


@pytest.mark.parametrize(("file", "kept"), [(ONE, 'mtype="protected"'), (TWO, 'id="m1" translate="no"')])
def test_words_that_may_not_be_translated_stay(file: str, kept: str, shouting: Voice, tmp_path: Path) -> None:
    protected = f"<mrk {kept}>enter <x id='1'/>button</mrk>"
    done = filled(shouting, tmp_path / "a.xlf", file.format(f"Press the {protected} right now"))
    assert f">PRESS THE {protected} RIGHT NOW</target>" in done.content.decode()
    alone = filled(shouting, tmp_path / "b.xlf", file.format(protected))
    assert f">{protected}</target>" in alone.content.decode()


@pytest.mark.parametrize(("file", "free"), [(ONE, 'mtype="term"'), (TWO, 'id="m1" translate="yes"')])
def test_other_marked_words_are_translated(file: str, free: str, shouting: Voice, tmp_path: Path) -> None:
    done = filled(shouting, tmp_path / "a.xlf", file.format(f"Press the <mrk {free}>enter button</mrk> right now"))
    assert f">PRESS THE <mrk {free}>ENTER BUTTON</mrk> RIGHT NOW</target>" in done.content.decode()


@pytest.mark.parametrize("file", [ONE, TWO])
def test_instructions_in_a_sentence_stay_in_it(file: str, shouting: Voice, tmp_path: Path) -> None:
    """A comment is about the source, and stays there alone."""
    done = filled(shouting, tmp_path / "a.xlf", file.format('press the <?ph id="3"?> key<!-- here --> right now'))
    assert '>PRESS THE <?ph id="3"?> KEY RIGHT NOW</target>' in done.content.decode()
