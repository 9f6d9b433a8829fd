import gzip

import pytest

from regard.corpus import survey as survey_module
from regard.corpus.survey import OddSign, survey


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


def test_a_sign_reads_as_a_sentence():
    assert str(OddSign("a form feed", 1200, 3400)) == "1,200 times a form feed (first in line 3,400)"
