import pytest

from regard.corpus import Origin, Pair, Rules
from regard.corpus.rules import Usual, fault_of

USUAL = Usual(ratio=1.0, source_script="LATIN", target_script="LATIN")
RULES = Rules(max_characters=100)


def pair(source: str, target: str) -> Pair:
    return Pair(source, target, Origin("a.en", 1))


@pytest.mark.parametrize(
    ("source", "target", "fault"),
    [
        ("The cat sleeps.", "Le chat dort.", None),
        ("Go.", "Allez-y, je vous prie !", None),
        ("OK.", "OK.", None),
        ("Ignore Tom.", "Ignore Tom.", None),
        ("Call 555 1234 now.", "Call 555 1234 now.", "both sides are the same"),
        (" Call 555 1234 now.", "Call 555 1234 now. ", "both sides are the same"),
        ("", "x", "blank on one side"),
        ("x", "\u00a0", "blank on one side"),
        ("x", "\ufeff", "blank on one side"),
        (" \ufeff ", "\ufeff\ufeff", "blank on both sides"),
        ("\ufeffCall 555 1234 now.", "Call 555 1234 now. ", "both sides are the same"),
        (" ", "", "blank on both sides"),
        ("The cat", "Le chÃ©ri", "garbled characters"),
        ("Itâ€™s", "C'est", "garbled characters"),
        ("It\x92s", "C'est", "garbled characters"),
        ("a\ufffdb", "ab", "garbled characters"),
        ("a\0b", "ab", "garbled characters"),
        ("a\u0085b\tc\u2028", "ab c", None),
        ("L’âge : « Â »", "São Paulo ÂÊ", None),
        ("a" * 101, "b" * 101, "too long"),
        ("Hello there", "Привет всем", "another script than the rest of its side"),
        ("λόγος", "parole", "another script than the rest of its side"),
        ("24.12.", "12/24", None),
        ("Yes.", "Oui, mais seulement si vous revenez demain matin avec tout.", "one side much longer than the other"),
        ("Yes, but only if you come back tomorrow morning with all.", "Oui.", "one side much longer than the other"),
    ],
)
def test_each_fault_has_a_name(source, target, fault):
    assert fault_of(pair(source, target), RULES, USUAL) == fault


def test_rules_can_be_turned_off():
    same = pair("Call 555 1234 now.", "Call 555 1234 now.")
    assert fault_of(same, Rules(drop_same=False), USUAL) is None
    long = pair("Yes.", "Oui, mais seulement si vous revenez demain matin avec tout.")
    assert fault_of(long, Rules(max_ratio=10.0), USUAL) is None


def test_lengths_are_compared_with_what_is_usual():
    usual = Usual.of([pair("字" * 10, "letters and " * 8)] * 9 + [pair("", "x")])
    assert usual.ratio == pytest.approx((95 + 10) / (10 + 10))
    assert fault_of(pair("字" * 30, "letters and " * 6), Rules(), usual) is None
    assert fault_of(pair("字" * 60, "letters"), Rules(), usual) == "one side much longer than the other"


def test_the_usual_script_needs_a_clear_majority():
    mostly = Usual.of([pair("cat", "кот")] * 9 + [pair("λ", "λ")])
    assert (mostly.source_script, mostly.target_script) == ("LATIN", "CYRILLIC")
    mixed = Usual.of([pair("cat", "кот")] * 5 + [pair("λ", "λ")] * 5)
    assert (mixed.source_script, mixed.target_script) == (None, None)
    assert Usual.of([]) == Usual(1.0, None, None)
