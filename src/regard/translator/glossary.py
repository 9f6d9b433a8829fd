"""A glossary: how certain terms are to be translated, wherever the source contains them.

A file has one term a line: the term, a tab, its translation. Several translations are separated by ``|``; one of them
must appear. Blank lines and lines that begin with ``#`` are skipped.

A term applies where its words stand in the source, one after the other; the longest of several terms applies. Scripts
without spaces have characters in place of words. A term written in small letters also applies where the source has
capitals; one with a capital only as it is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

from regard.errors import InputError
from regard.text import normalise
from regard.text_file import read_text_file
from regard.translator.words import words_and_signs

MOST_MEBIBYTES: Final = 64


@final
@dataclass(frozen=True, slots=True)
class Term:
    """A term, and the translations of which one must appear."""

    source: str
    targets: tuple[str, ...]


@final
class Glossary:
    """Terms to be found in source texts.

    Raises:
        InputError: a term stands twice, or is not text.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        self.terms = tuple(terms)
        self._by_first: dict[str, list[tuple[tuple[str, ...], Term]]] = {}
        seen: dict[str, Term] = {}
        for term in terms:
            words = tuple(words_and_signs(normalise(term.source)))
            if not words or not all(map(str.strip, term.targets)) or not term.targets:
                raise InputError(f"a term needs text and a translation, but {term.source!r} has {term.targets!r}")
            if term.source in seen:
                raise InputError(f"the term {term.source!r} stands twice; join its translations with |")
            seen[term.source] = term
            self._by_first.setdefault(words[0].casefold(), []).append((words, term))
        for candidates in self._by_first.values():
            candidates.sort(key=lambda each: (-len(each[0]), each[1].source == each[1].source.lower()))

    def terms_in(self, text: str) -> list[Term]:
        """The terms that a text contains, from left to right, each once; what one covers no other begins in."""
        words = words_and_signs(normalise(text))
        found: dict[str, Term] = {}
        place = 0
        while place < len(words):
            length, term = self._longest_at(words, place)
            if term is not None:
                found.setdefault(term.source, term)
            place += length
        return list(found.values())

    def _longest_at(self, words: Sequence[str], place: int) -> tuple[int, Term | None]:
        for wanted, term in self._by_first.get(words[place].casefold(), ()):
            there = words[place : place + len(wanted)]
            if _same(there, wanted, exactly=term.source != term.source.lower()):
                return len(wanted), term
        return 1, None

    @classmethod
    def of(cls, terms: Mapping[str, str | Sequence[str]]) -> "Glossary":
        """From a mapping of terms to a translation or several."""
        return cls(
            [
                Term(source, (targets,) if isinstance(targets, str) else tuple(targets))
                for source, targets in terms.items()
            ]
        )

    @classmethod
    def read(cls, path: Path) -> "Glossary":
        """Reads a file.

        Raises:
            InputError: the file cannot be read, or a line is not a term; the message has the line's number.
        """
        text = read_text_file(path, what="glossary", most_mebibytes=MOST_MEBIBYTES, error=InputError)
        return cls(list(_terms(path, text)))

    @classmethod
    def given(cls, terms: object) -> "Glossary | None":
        """From what an option may hold: a glossary, a mapping as for ``of``, the path of a file, or nothing.

        Raises:
            InputError: the file cannot be read, or a line is not a term.
        """
        if terms is None or isinstance(terms, Glossary):
            return terms
        return cls.of(terms) if isinstance(terms, Mapping) else cls.read(Path(str(terms)))


def _same(there: Sequence[str], wanted: Sequence[str], *, exactly: bool) -> bool:
    if exactly:
        return list(there) == list(wanted)
    return [word.casefold() for word in there] == [word.casefold() for word in wanted]


def _terms(path: Path, text: str) -> Iterator[Term]:
    lines: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line.strip() or line.startswith("#"):
            continue
        source, *others = line.split("\t")
        targets = [each.strip() for other in others for each in other.split("|")]
        if len(others) != 1 or not source.strip() or not all(targets):
            raise InputError(
                f"{path}, line {number}: a term, a tab and its translation are expected (several translations are "
                f"separated by |), but {line!r:.80} is given"
            )
        if source.strip() in lines:
            raise InputError(
                f"{path}, line {number}: the term {source.strip()!r:.60} stands on line {lines[source.strip()]} too; "
                "join its translations with | on one line"
            )
        lines[source.strip()] = number
        yield Term(source.strip(), tuple(targets))
