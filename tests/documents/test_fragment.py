"""HTML that comes as a string: whatever it holds, an answer comes, and what is not language comes back as it is."""

import pytest

from regard.documents import translate_html
from regard.documents.voice import Voice
from regard.errors import CorpusError


@pytest.mark.parametrize(
    "content", ["", " \n", "42 %", "<p>42</p>", "<br>", "<td>&nbsp;</td>", "<!-- one -->", "<p lang=en>"]
)
def test_what_says_nothing_comes_back_as_it_is(content: str, shouting: Voice) -> None:
    assert translate_html(shouting, content, target_language="fr") == content


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ("<p>one</p>", "<p>ONE</p>"),
        ("<img alt='one two'>", "<img alt='ONE TWO'>"),
        ("<a title='one'><br></a>", "<a title='ONE'><br></a>"),
        ("one<!-- two -->", "ONE<!-- two -->"),
    ],
)
def test_whatever_is_read_aloud_is_translated(content: str, wanted: str, shouting: Voice) -> None:
    assert translate_html(shouting, content, target_language="fr") == wanted


def test_what_is_cut_is_refused(shouting: Voice) -> None:
    with pytest.raises(CorpusError, match="the text, line 1: a tag or a comment begins here and does not end"):
        translate_html(shouting, "42 <b", target_language="fr")
