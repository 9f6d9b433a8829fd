import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.text import split_sentences

TIMED = """
import time
from regard.text import split_sentences

units = [".", ". ", "a. B", "(.", ".)", ". ((((", " ", "\\n", '." ', "...x", "Mr. ", "A. ", "1. ", "。", "« ! » "]
for unit in units:
    text = unit * (200_000 // len(unit))
    started = time.process_time()
    split_sentences(text)
    print(repr(unit), time.process_time() - started, sep="\\t")
"""


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Hello.", "How are you?", "Fine!"],
        ['"Stop!" he said.', '"Why?"', "(Nobody knew.)", "So he went."],
        ["He waited… and waited...", "Then he left."],
        ["Mr. Smith and Dr. J. R. Doe met Mme. Dupont.", "They talked."],
        ["It costs 3.14 dollars, see No. 5 and fig. 2, e.g. Table 1.", "I said no.", "Then we left."],
        ["1. Introduction.", "It was in 1999.", "Then it ended."],
        ["Il dit : « Viens ! »", "Elle vint.", "M. Dupont est là.", "Ça va ?", "Oui."],
        ["Give it to me.", "— Non !", "« Si. »"],
        ["They paid 5 million... 1.6 million to one man."],
        ["no end here and no. capital"],
        ["Was it 😀?", "😀 it was."],
        ["He said: I want to die. »"],
        ["Ευχαριστώ.", "Γεια σου."],
    ],
)
def test_sentences_are_found(expected):
    assert sentences(" ".join(expected)) == expected


def test_marks_of_chinese_and_japanese_need_no_space():
    assert sentences("猫です。犬も！「はい。」そう") == ["猫です。", "犬も！", "「はい。」", "そう"]


def test_every_line_feed_ends_a_sentence():
    assert sentences("a title\n\n  The text. More\nof it") == ["a title", "The text.", "More", "of it"]


@pytest.mark.parametrize("text", ["", " ", "\n \n", "\u2028"])
def test_nothing_visible_is_no_sentence(text):
    assert split_sentences(text) == []


@given(st.text() | st.text(alphabet='aB1. !?…。"»)(«\n\u00a0—'))
def test_only_white_space_lies_between_sentences(text):
    position = 0
    for start, end in split_sentences(text):
        assert start >= position
        assert not text[position:start].strip()
        assert text[start:end] == text[start:end].strip() != ""
        position = end
    assert not text[position:].strip()


def test_200_kilobytes_take_less_than_a_second():
    # In a Python of its own: checking types at every call, as the other tests do, would be measured too.
    done = subprocess.run([sys.executable, "-c", TIMED], capture_output=True, text=True, check=True)
    seconds = {unit: float(time) for unit, time in (line.split("\t") for line in done.stdout.splitlines())}
    assert len(seconds) == 15
    assert {unit: time for unit, time in seconds.items() if time >= 1} == {}


def test_a_real_paragraph_comes_apart_where_it_was_joined(regard_data):
    lines = (regard_data / "tatoeba" / "test.fr").read_text(encoding="utf-8").split("\n")[:200]
    assert len(set(sentences(" ".join(lines))) & set(lines)) > 190
