import gzip
import tracemalloc

import pytest

from regard.corpus import survey as survey_module
from regard.corpus.survey import OddSign, survey
from regard.errors import CorpusError


@pytest.mark.parametrize("block", [1, 7, 1 << 20])
@pytest.mark.parametrize("ending", ["", ".gz"])
def test_odd_signs_are_counted_and_placed(tmp_path, monkeypatch, block, ending):
    monkeypatch.setattr(survey_module, "_BLOCK_BYTES", block)
    content = "\ufeffone\ntwo\r\nthree\u2028\n\u2028\u2028\r\na\u0085b\u2029\x0b\x0c\0".encode()
    path = tmp_path / f"a.txt{ending}"
    path.write_bytes(gzip.compress(content) if ending else content)
    facts = survey(path)
    assert (facts.num_lines, facts.has_byte_order_mark) == (5, True)
    assert [(sign.count, sign.first_line) for sign in facts.odd] == [
        (2, 2),
        (3, 3),
        (1, 5),
        (1, 5),
        (1, 5),
        (1, 5),
        (1, 5),
    ]
    assert facts.lines()[0] == f"{path}: 5 lines, begins with a byte order mark (dropped)"
    assert facts.lines()[2] == (
        f"{path}: 3 times the line separator U+2028, which stays inside its line (first in line 3)"
    )


def test_a_plain_file_has_nothing_odd(tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo – deux …\n", encoding="utf-8")
    facts = survey(tmp_path / "a.txt")
    assert (facts.num_lines, facts.has_byte_order_mark, facts.odd) == (2, False, ())


def test_an_endless_line_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "a.tsv.gz"
    with gzip.open(path, "wb", 1) as file:
        file.write(b"one\tun\n" * 200_000)
        for _ in range(100):
            file.write(b"a" * (1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(
            CorpusError, match=r"a\.tsv\.gz, line 200001 is longer than 16 MiB; a file with one sentence"
        ):
            survey(path)
        assert tracemalloc.get_traced_memory()[1] < 60 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("ending", [b"", b"\n", b"\nb"])
def test_a_line_may_be_as_long_as_a_line_may_be(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(survey_module, "_BLOCK_BYTES", 7)
    monkeypatch.setattr(survey_module, "LONGEST_LINE_BYTES", 100)
    path = tmp_path / "a.txt"
    path.write_bytes(b"one\n" + b"a" * (100 - len(ending[:1])) + ending)
    assert survey(path).num_lines == 3 if ending == b"\nb" else 2
    path.write_bytes(b"one\n" + b"a" * (101 - len(ending[:1])) + ending)
    with pytest.raises(CorpusError, match="line 2 is longer than"):
        survey(path)


def test_a_sign_reads_as_a_sentence():
    assert str(OddSign("a form feed", 1200, 3400)) == "1,200 times a form feed (first in line 3,400)"
