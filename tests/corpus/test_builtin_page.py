"""The page about the built-in corpus: its counts and examples follow from the grammar.

After a change of the grammar, write them anew:

    python tests/corpus/test_builtin_page.py
"""

import re
from pathlib import Path

from regard.corpus.builtin.builtin_pair import BuiltinPair
from regard.corpus.builtin.drawing import draw_pair, stable_number
from regard.corpus.builtin.everyday import everyday_pairs
from regard.corpus.builtin.lexicon import load_lexicon
from regard.corpus.builtin.structures import STRUCTURES, Structure

PAGE = Path(__file__).resolve().parents[2] / "docs" / "builtin-corpus.md"


def example(structure: Structure) -> BuiltinPair:
    """The shortest of a few sentences."""
    seeds = [stable_number(f"page/{structure.name}/{number}") for number in range(4)]
    return min((draw_pair(structure.name, structure.build, seed) for seed in seeds), key=lambda pair: len(pair.source))


def structures() -> str:
    examples = [(structure.name, example(structure)) for structure in STRUCTURES]
    rows = [f"| {name} | {pair.source} | {pair.target} |" for name, pair in examples]
    return "\n".join(["| structure | English | French |", "|---|---|---|", *rows])


def counts() -> str:
    lexicon = load_lexicon()
    tables = (lexicon.nouns, lexicon.adjectives, lexicon.verbs)
    every = {word.english for words in tables for word in words}
    entries = "{} nouns, {} adjectives and {} verbs".format(*map(len, tables))
    return (
        f"{len(STRUCTURES)} structures; {len(every)} English lemmas in a table of {entries}, besides names, pronouns,\n"
        "determiners, numbers, prepositions, adverbs, times and professions;\n"
        f"{len(everyday_pairs())} pairs written by hand."
    )


def written(page: str) -> str:
    """The page with its generated parts made anew."""
    for name, content in (("counts", counts()), ("structures", structures())):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        page = re.sub(f"{begin}.*{end}", lambda _, text=f"{begin}\n{content}\n{end}": text, page, flags=re.DOTALL)
    return page


def test_the_page_follows_from_the_grammar() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page) == page
    assert "| two_beings |" in page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
