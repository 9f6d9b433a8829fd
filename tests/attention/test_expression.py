"""Masks written as text become the values they name; what cannot be read is refused at its character."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.attention import (
    Causal,
    Cell,
    Everything,
    Mask,
    Padding,
    Prefix,
    Segments,
    SwitchedOff,
    Window,
    parse_mask,
)
from regard.errors import InputError
from regard.layout import Layout

PACKED = Layout.packed([[3, 3]], width=8)


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("everything", Everything()),
        ("causal", Causal()),
        ("causal & window(3,0)", Causal() & Window(3, 0)),
        ("  causal&causal  &everything", Causal()),
        ("window(3, 0) & (causal & (prefix(2)))", Causal() & Window(3, 0) & Prefix(2)),
        ("padding(2)", Padding(Layout((6,), 8))),
        ("segments(3,3) & padding(2)", Segments(PACKED) & Padding(Layout((6,), 8))),
        ("off(head=1, query=2, key=0)", SwitchedOff([Cell(1, 2, 0)], 2)),
        ("off(key=3) & off(head=2) & causal", Causal() & SwitchedOff([Cell(key=3), Cell(head=2)], 3)),
        ("off()", SwitchedOff([Cell()], 1)),
        ("off(head=255, key=1000000)", SwitchedOff([Cell(head=255, key=1_000_000)], 256)),
        ("(" * 50 + "causal" + ")" * 50, Causal()),
    ],
)
def test_what_is_written_is_the_mask(text: str, mask: Mask) -> None:
    assert parse_mask(text, length=8) == mask


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("causal & window(3,)", "at character 19: expected a number, but found '\\)'"),
        ("causal & windw(3,0)", "at character 10: expected one of everything, causal, .*, but found 'windw'"),
        ("", "at character 1: expected one of everything, .*, but found the end"),
        ("causal &", "at character 9: expected one of everything, .*, but found the end"),
        ("causal window(3,0)", "at character 8: expected & or the end, but found 'window'"),
        ("(causal", r"at character 8: expected & or \), but found the end"),
        ("causal)", r"at character 7: expected & or the end, but found '\)'"),
        ("window(3 0)", r"at character 10: expected , or \), but found '0'"),
        ("window(3)", r"at character 1: expected window\(left,right\), for a sentence of 8 positions"),
        ("causal & causal(1)", "at character 10: expected causal without numbers"),
        ("padding(9)", r"expected padding\(count\), not more than there are positions, for a sentence of 8"),
        ("segments()", r"expected segments\(length,…\), not longer together than there are positions"),
        ("segments(5,4)", r"expected segments\(length,…\), not longer together than there are positions"),
        ("off(1)", r"at character 1: expected off\(head=…,query=…,key=…\), each at most once"),
        ("off(head=1,head=2)", r"at character 1: expected off\("),
        ("off(tail=1)", r"at character 1: expected off\("),
        ("prefix(length=3)", r"at character 1: expected prefix\(length\)"),
        ("causal & off(head=1000)", "at character 19: expected a head up to 255, but found '1000'"),
        ("off(key=3, head=256)", "at character 17: expected a head up to 255, but found '256'"),
        ("off(head 1)", "at character 10: expected =, but found '1'"),
        ("window(1000001,0)", "at character 8: expected a number up to 1,000,000, but found '1000001'"),
        ("window(9" + "9" * 5000 + ",0)", "at character 8: expected a number up to 1,000,000"),
        ("window(-1,0)", "at character 8: expected a number, but found '-'"),
        ("window(²,0)", "at character 8: expected a number, but found '²'"),
        ("CAUSAL", "expected one of everything, .*, but found 'CAUSAL'"),
        ("(" * 51 + "causal", "at character 52: expected at most 50 brackets in each other"),
        ("__import__('os')", "at character 1: expected one of everything, .*, but found '_'"),
    ],
)
def test_what_cannot_be_read_is_refused_at_its_character(text: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        parse_mask(text, length=8)


@settings(max_examples=200)
@given(
    st.text() | st.lists(st.sampled_from(["causal", "window", "off", "(", ")", ",", "&", "=", "3", "key"])).map("".join)
)
def test_any_text_is_a_mask_or_our_own_error(text: str) -> None:
    with suppress(InputError):
        assert parse_mask(text, length=8).allowed(8, 8).shape[-2:] == (8, 8)
