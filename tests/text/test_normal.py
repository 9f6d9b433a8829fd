import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import TextError
from regard.text.normal import ESCAPE, SPACE_MARK, ends_inside_escape, escape, normalise, unescape

ANY_TEXT = st.text()  # Unicode scalar values only
MARKS = st.text(alphabet="a\u0301\u0316\u0323\u0345é\u1e9b\u1100\u1161\u11a8")
ESCAPES = st.text(alphabet=[ESCAPE, SPACE_MARK, "\ue001", "a"])


def test_normal_form_is_nfc_and_nothing_else():
    assert normalise("e\u0301") == "é"
    for kept in ("½", "\u202f", "ﬁ", "  a  b  ", "\r\n\t\0", "\ufdfa"):
        assert normalise(kept) == kept


@given(ANY_TEXT)
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


@given(MARKS)
def test_sorting_marks_first_gives_the_same_normal_form(text):
    long = text * (2_001 // max(1, len(text)) + 1)
    assert normalise(long) == unicodedata.normalize("NFC", long)


def test_many_combining_marks_take_linear_time():
    started = time.process_time()
    normalise("a" + "\u0301\u0316" * 100_000)  # about 30 s in unicodedata alone
    assert time.process_time() - started < 2


@pytest.mark.parametrize("text", ["\ud800", "ab\udfff", "\udc00\ud800"])
def test_lone_surrogates_are_refused(text):
    with pytest.raises(
        TextError, match=r"lone surrogate, U\+D[8-F][0-9A-F]{2}, as character [13]: half of a character"
    ):
        normalise(text)


@given(st.one_of(ANY_TEXT, ESCAPES))
def test_escaping_is_undone_and_leaves_no_space_mark(text):
    assert SPACE_MARK not in escape(text)
    assert unescape(escape(text)) == text


@given(ESCAPES)
def test_an_open_pair_is_known_by_what_may_follow(text):
    assert ends_inside_escape(text) == (unescape(text + ESCAPE) != unescape(text) + ESCAPE)
