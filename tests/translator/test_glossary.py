"""Glossaries: read, and found in sentences."""

from pathlib import Path

import pytest

from regard.errors import InputError
from regard.translator import Glossary, Term

GLOSSARY = Glossary.of(
    {
        "cat": "matou",
        "fat cat": ("gros chat", "nabab"),
        "US": "États-Unis",
        "dog's bowl": "gamelle",
        "C++": "C++",
        "e-mail": "courriel",
    }
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat sat.", ["cat"]),
        ("The Cat sat.", ["cat"]),
        ("A fat cat and a cat.", ["fat cat", "cat"]),
        ("A FAT   CAT", ["fat cat"]),
        ("cats, concatenate, cat_", []),
        ("Give us the US!", ["US"]),
        ("the dog's bowl.", ["dog's bowl"]),
        ("(C++)", ["C++"]),
        ("C+ +", ["C++"]),
        ("An e-mail to a cat, a cat", ["e-mail", "cat"]),
        ("", []),
    ],
)
def test_terms_are_found_as_words_the_longest_first(text: str, expected: list[str]) -> None:
    assert [term.source for term in GLOSSARY.terms_in(text)] == expected


@pytest.mark.parametrize(
    ("term", "text", "there"),
    [
        ("猫", "我有一只猫。", True),
        ("小猫", "我有一只小猫。", True),
        ("小猫", "我有一只猫。", False),
        ("ネコ", "黒いネコがいる", True),
        ("แมว", "ฉันมีแมวหนึ่งตัว", True),
        ("ก", "กี", False),  # a vowel sign is no sign of its own
        ("cat", "我的cat。", True),
        ("कल", "यह कला है।", False),
        ("कला", "यह कला है।", True),
        ("cat", "\N{HEAVY BLACK HEART}\N{VARIATION SELECTOR-16}cat", True),
    ],
)
def test_words_are_those_of_every_script(term: str, text: str, there: bool) -> None:
    assert bool(Glossary.of({term: "x"}).terms_in(text)) is there


def test_a_term_can_be_written_in_two_ways() -> None:
    both = Glossary([Term("polish", ("cirage",)), Term("Polish", ("polonais",))])
    assert [term.source for term in both.terms_in("Polish polish")] == ["Polish", "polish"]


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "terms.tsv"
    path.write_bytes("\ufeff# terms\r\ncat\tmatou\r\n\n  \nfat cat\tgros chat | nabab\n".encode())
    assert Glossary.read(path).terms == (Term("cat", ("matou",)), Term("fat cat", ("gros chat", "nabab")))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"cat matou\n", r"line 1: a term, a tab and its translation are expected .* but 'cat matou' is given"),
        (b"# x\ncat\tmatou\tx\n", "line 2: a term, a tab"),
        (b"cat\t|matou\n", "line 1: a term, a tab"),
        (b"\tmatou\n", "line 1: a term, a tab"),
        (b"cat\ta\ndog\tb\ncat\tc\n", "line 3: the term 'cat' stands on line 1 too; join its translations with |"),
        (b"cat\tmatou\nd\xe9j\xe0\tvu\n", "line 2 is not UTF-8; save the glossary as UTF-8"),
    ],
)
def test_what_is_no_glossary_is_said_with_its_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "terms.tsv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message.replace("|", r"\|")):
        Glossary.read(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the glossary .*none.tsv cannot be read: No such file"):
        Glossary.read(tmp_path / "none.tsv")


@pytest.mark.parametrize("terms", [{"": "x"}, {"cat": ""}, {"cat": ()}, {"cat": ("a", " ")}])
def test_terms_without_text_are_refused(terms: dict[str, str]) -> None:
    with pytest.raises(InputError, match="a term needs text and a translation"):
        Glossary.of(terms)


def test_the_same_term_twice_is_refused() -> None:
    with pytest.raises(InputError, match="the term 'cat' stands twice"):
        Glossary([Term("cat", ("a",)), Term("cat", ("b",))])
