"""What in a message is not language is found, and nothing else; joined, the parts are the message."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.text import Mark, split_marks


def marks(text: str) -> list[str]:
    return [part.raw for part in split_marks(text) if isinstance(part, Mark)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("%s and %1$s of %(name)s, %5.2f%%", ["%s", "%1$s", "%(name)s", "%5.2f", "%%"]),
        ("{name} {0} {} {{ x }} ${y} #{z} %{w}", ["{name}", "{0}", "{}", "{{ x }}", "${y}", "#{z}", "%{w}"]),
        ("%1 of %L2, %n, %name%", ["%1", "%L2", "%n", "%name%"]),
        ("{% if a %}yes{% endif %}", ["{% if a %}", "{% endif %}"]),
        ("{n, plural, one {# file} other {# files}}", ["{n, plural, one {# file} other {# files}}"]),
        ('<b>x</b> <a href="y">z</a> <x id="1"/>', ["<b>", "</b>", '<a href="y">', "</a>", '<x id="1"/>']),
        ("Tom &amp; Jerry&nbsp;&#233;", ["&amp;", "&nbsp;", "&#233;"]),
        ("see https://a.org/b?c=d, or www.e.org.", ["https://a.org/b?c=d", "www.e.org"]),
        ("mail me@example.org; `x = 1` --force", ["me@example.org", "`x = 1`", "--force"]),
        ("in /etc/hosts and C:\\new\\x.txt", ["/etc/hosts", "C:\\new\\x.txt"]),
        ("one\\ntwo\nthree<br>four", ["\\n", "\n", "<br>"]),
    ],
)
def test_marks_are_found(text: str, found: list[str]) -> None:
    assert marks(text) == found


@pytest.mark.parametrize(
    "text", ["100 % de rabais", "100% sure", "a < b > c", "and/or 1/2/3 @/./+/-/_", "5 & 6; x", "{", "-- no"]
)
def test_language_is_left_alone(text: str) -> None:
    assert marks(text) == []


def test_what_marks_are() -> None:
    found = {part.raw: part for part in split_marks("%s %1$s %(n)d <b>x</b> <br/>\n") if isinstance(part, Mark)}
    assert [found["%s"].in_order, found["%1$s"].in_order] == [True, False]
    assert [found["%(n)d"].is_number, found["%s"].is_number] == [True, False]
    assert [found[raw].role for raw in ("<b>", "</b>", "<br/>", "\n")] == ["open", "close", "break", "break"]
    assert found["<b>"].key == found["</b>"].key == "b"


@given(st.text(alphabet="ab %s$(){}<>&;/\\\"'n1:.`-@\n", max_size=60))
@settings(max_examples=200)
def test_joined_parts_are_the_text(text: str) -> None:
    assert "".join(part if isinstance(part, str) else part.raw for part in split_marks(text)) == text


@pytest.mark.parametrize("start", ["<a ", "{", "{{", "%(", "`", "a@", "x.", "/a", "&a", "<!--", "--a", "{%"])
def test_nothing_takes_long(start: str) -> None:
    began = time.process_time()
    split_marks(start * (40_000 // len(start)))
    assert time.process_time() - began < 5
