"""Web pages translated in place: what is not said aloud stays, byte for byte."""

from pathlib import Path

import pytest

from regard.corpus import Reading
from regard.documents.fill import translate_document
from regard.documents.opening import open_document
from regard.documents.voice import Voice


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ("<p>one <!-- two --> three</p>", "<p>ONE <!-- two --> THREE</p>"),
        ("<p>one <?php echo $it->name; ?> two</p>", "<p>ONE <?php echo $it->name; ?> TWO</p>"),
        ("<p>one <!--[if IE]> two <![endif]--> three</p>", "<p>ONE <!--[if IE]> two <![endif]--> THREE</p>"),
        ("<p>one <![if !IE]>two<![endif]> three</p>", "<p>ONE <![if !IE]>TWO<![endif]> THREE</p>"),
        ("<p><!-- one -->two<?= $x > 1 ?></p>", "<p><!-- one -->TWO<?= $x > 1 ?></p>"),
        ("<p>one</p><?php if ($a > 1) echo 'two';", "<p>ONE</p><?php if ($a > 1) echo 'two';"),
        ("<?xml version='1.0'?><p>one</p>", "<?xml version='1.0'?><p>ONE</p>"),
    ],
)
def test_comments_and_code_stay_where_they_are(page: str, wanted: str, shouting: Voice, tmp_path: Path) -> None:
    assert translated(page, shouting, tmp_path) == wanted


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ("<td>&nbsp;</td><td>one</td>", "<td>&nbsp;</td><td>ONE</td>"),
        ("<p>one:&nbsp;</p>", "<p>ONE:&nbsp;</p>"),
        ("<p>\n&#160; one &nbsp;\n</p>", "<p>\n&#160; ONE &nbsp;\n</p>"),
        ("<p>&#xA0;<b>one</b>&nbsp;<i>two</i>\xa0</p>", "<p>&#xA0;<b>ONE</b>&nbsp;<i>TWO</i>\xa0</p>"),
        ("<p>one\xa0<i>two</i></p>", "<p>ONE\xa0<i>TWO</i></p>"),
        ("<p>\u2003one&ensp;</p>", "<p>\u2003ONE\u2002</p>"),
    ],
)
def test_space_that_does_not_break_stays(page: str, wanted: str, shouting: Voice, tmp_path: Path) -> None:
    assert translated(page, shouting, tmp_path) == wanted


@pytest.mark.parametrize(
    ("page", "wanted"),
    [
        ('<html lang="en" title="one"><p>two', '<html lang="fr" title="ONE"><p>TWO'),
        ("<html title='one' class=x LANG=en><p>two", "<html title='ONE' class=x LANG=\"fr\"><p>TWO"),
        (
            '<html data-a=" lang=de" lang = \'en\'\n dir="ltr"><p>one',
            '<html data-a=" lang=de" lang = "fr"\n dir="ltr"><p>ONE',
        ),
        ("<html lang='<?= $it ?>'><p>one", "<html lang='<?= $it ?>'><p>ONE"),
        ('<html data-a=" lang=de"><p>one', '<html data-a=" lang=de"><p>ONE'),
    ],
)
def test_of_the_tag_with_the_language_only_that_changes(
    page: str, wanted: str, shouting: Voice, tmp_path: Path
) -> None:
    assert translated(page, shouting, tmp_path) == wanted


@pytest.mark.parametrize(
    ("tag", "wanted"),
    [
        ("""<img onclick="show( title='one')" alt='two'>""", """<img onclick="show( title='one')" alt='TWO'>"""),
        (
            '<input disabled title = "one" data-x=" alt=\'two\'">',
            '<input disabled title = "ONE" data-x=" alt=\'two\'">',
        ),
        ("<img width=3 TITLE='one' alt=two>", "<img width=3 TITLE='ONE' alt=two>"),
    ],
)
def test_what_looks_like_an_attribute_in_the_value_of_another_is_none(
    tag: str, wanted: str, shouting: Voice, tmp_path: Path
) -> None:
    assert translated(tag, shouting, tmp_path) == wanted


def translated(page: str, voice: Voice, folder: Path) -> str:
    path = folder / "page.html"
    path.write_bytes(page.encode())
    return translate_document(voice, open_document(path, Reading("en", "fr"))).content.decode()
