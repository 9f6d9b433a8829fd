"""Files of lines: as many out as in, whatever they hold."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.errors import TextError
from regard.translator.lines import blocks, in_one_line

MESSY = [
    "I love you.\n",
    "\n",
    "  \r\n",
    "😀👩‍👩‍👧‍👦\n",
    "The cat " * 40 + "\n",
    "x" * 300,
    "dog\r\n",
    "\u2028\x0c",
    "last",
]


@given(
    lines=st.lists(st.text(max_size=8), max_size=40),
    most_lines=st.integers(1, 10),
    most_characters=st.integers(1, 30),
)
def test_blocks_keep_every_line_in_order_and_stay_small(lines, most_lines, most_characters) -> None:
    grouped = list(blocks(lines, most_lines=most_lines, most_characters=most_characters))
    assert [line for _, block in grouped for line in block] == lines
    for first, block in grouped:
        assert lines[first : first + len(block)] == block
        assert 1 <= len(block) <= most_lines
        assert sum(map(len, block[:-1])) < most_characters


def test_blocks_read_no_further_than_they_must() -> None:
    read = []

    def source() -> Iterator[str]:
        for number in range(100):
            read.append(number)
            yield "line"

    next(blocks(source(), most_lines=3))
    assert len(read) == 3


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "a\x0bb", "a\u2028b", "a\x85b"])
def test_no_line_break_survives(text: str) -> None:
    assert in_one_line(text) == "a b"


def test_as_many_lines_come_out_as_go_in(make_translator) -> None:
    translator = make_translator(max_tokens=20)
    found = list(translator.translate_lines(MESSY))
    assert len(found) == len(MESSY)
    assert [each.text == "" for each in found][1:3] == [True, True]
    assert [each.num_parts > 1 for each in found] == [False, False, False, True, True, True, False, False, False]


def test_lines_that_fit_are_translated_as_strings_are(translator) -> None:
    texts = ["I love you.", "", "The cat sat on the mat.", "dog"]
    lines = [each.text for each in translator.translate_lines(f"{text}\r\n" for text in texts)]
    assert lines == [each.text for each in translator.translate(texts)]


def test_a_long_line_is_the_translations_of_its_sentences_joined(make_translator) -> None:
    translator = make_translator(max_tokens=20)
    (found,) = translator.translate_lines(["The cat sat on the mat. I love you! The horse ran quickly."])
    parts = translator.translate(["The cat sat on the mat.", "I love you!", "The horse ran quickly."])
    assert found.num_parts == 3
    assert found.text == " ".join(part.text for part in parts)
    assert found.tokens == tuple(token for part in parts for token in part.tokens)
    scored = [len(part.tokens) + part.hypotheses[0].finished for part in parts]
    total = sum(part.score * length for part, length in zip(parts, scored, strict=True))
    assert found.score == pytest.approx(total / sum(scored), abs=1e-10)


def test_nothing_is_read_before_the_first_translation_is_asked_for(translator) -> None:
    def source() -> Iterator[str]:
        raise AssertionError("read")
        yield ""

    translator.translate_lines(source())


def test_generated_line_breaks_never_shift_later_lines(make_translator, tokenizer) -> None:
    (line_break,) = [each for each in tokenizer.encode("\n") if tokenizer.decode([each]) == "\n"]
    translator = make_translator(favourite=line_break)
    assert "\n" in translator.translate("dog").text
    assert "\n" not in next(translator.translate_lines(["dog"])).text


def test_memory_holds_one_block_at_a_time(translator, monkeypatch) -> None:
    taken = 0
    lines = (f"dog {number}\n" for number in iter(int, 1))  # endless
    for taken, _ in enumerate(translator.translate_lines(lines, max_length=1), start=1):
        if taken == 5:
            break
    assert taken == 5


def test_what_is_not_a_line_is_refused(translator) -> None:
    with pytest.raises(TextError, match=r"lines must be strings, but bytes b'dog' is given"):
        list(translator.translate_lines(iter([b"dog"])))


@given(lines=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=30), max_size=6))
@settings(max_examples=25)
def test_any_lines_come_out_in_number_and_without_breaks(make_translator, lines: list[str]) -> None:
    translator = make_translator(max_tokens=6, decoding={"max_length": 3})
    found = list(translator.translate_lines(lines))
    assert len(found) == len(lines)
    assert all(len(each.text.splitlines()) <= 1 for each in found)
