"""Do the decoder's heads know which word translates which? The goal: 8 points of AER below the diagonal, or 90 % right.

Given pairs are read in one pass (teacher forcing); heads, row shift and threshold are chosen on a development part by
links made by hand, and reported on the rest. Two questions, each with the heads that a label-free choice would take:

    python benchmarks/alignment.py hansards MODEL     sentences 1-100 choose, 101-447 report (Och and Ney's links)
    python benchmarks/alignment.py builtin MODEL      the demo's held-out sentences, whose links the grammar knows
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import regard
from regard.corpus.builtin.builtin_pair import BuiltinPair
from regard.corpus.builtin.generate import generate
from regard.corpus.lines import read_lines
from regard.corpus.word_links import GoldLinks, read_word_links
from regard.evaluation.alignment import AlignmentScore, diagonal_links, score_alignments
from regard.runs.data import BUILTIN_SEED, BUILTIN_SIZE
from regard.tracing.alignment import Choice, association, choose_reader, fit_mixture, mean_of
from regard.tracing.alignment.choice import Judge, Table
from regard.tracing.alignment.reader import AlignmentReader, Link, default_reader
from regard.tracing.alignment.tables import WordedPair, word_tables

DATA = Path(os.environ.get("REGARD_DATA", "../shared/data")) / "alignments"
NUM_DEVELOPMENT = 100
SHARES = tuple(product((0.0, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35), (0.0, 0.2, 0.3, 0.4, 0.5, 1.0)))
NO_SPACE_BEFORE = ".,!?;:)"


@dataclass(frozen=True)
class Part:
    """Pairs with the links made for them, and what every head says about them."""

    pairs: Sequence[WordedPair]
    gold: Sequence[GoldLinks]
    tables: Sequence[tuple[Table, Table]]

    def score(self, links: Sequence[Sequence[Link]]) -> AlignmentScore:
        """Against the links made by hand."""
        return score_alignments(links, [each.sure for each in self.gold], [each.possible for each in self.gold])

    def read(self, reader: AlignmentReader) -> AlignmentScore:
        """What a reader finds."""
        return self.score([reader.links(mean_of(table[reader.shift], reader.heads)) for table in self.tables])

    @property
    def judge(self) -> Judge:
        """By links made by hand."""
        return lambda links: 1 - self.score(links).error_rate

    @property
    def label_free(self) -> Judge:
        """By nothing but the words."""
        return association([pair.source_words for pair in self.pairs], [pair.target_words for pair in self.pairs])


def spelled(words: Sequence[str]) -> str:
    """The words as one would write them: the file sets every sign apart, the model learned from ordinary text."""
    text = ""
    for word in words:
        joined = not text or word in NO_SPACE_BEFORE or text.endswith(("(", "'")) or word == "'s"
        text += word if joined else f" {word}"
    return text


def hansards() -> tuple[list[WordedPair], list[GoldLinks]]:
    english, french = (
        [tuple(line.split()) for line in read_lines(DATA / f"enfr.tok.{language}")] for language in ("en", "fr")
    )
    pairs = [WordedPair(spelled(one), spelled(other), one, other) for one, other in zip(english, french, strict=True)]
    return pairs, read_word_links(DATA / "enfr.gold")


def builtin(pairs: Sequence[BuiltinPair]) -> tuple[list[WordedPair], list[GoldLinks]]:
    worded = [
        WordedPair(each.source, each.target, tuple(each.source_words), tuple(each.target_words)) for each in pairs
    ]
    return worded, [GoldLinks(frozenset(each.alignment), frozenset(each.alignment)) for each in pairs]


def part_of(model: regard.Translator, pairs: Sequence[WordedPair], gold: Sequence[GoldLinks]) -> Part:
    return Part(pairs, gold, word_tables(model.model, model.tokenizer, pairs))


def report(development: Part, rest: Part) -> None:
    print(f"{len(development.pairs)} pairs choose, {len(rest.pairs)} are reported on")
    diagonal = rest.score([diagonal_links(len(p.source_words), len(p.target_words)) for p in rest.pairs])
    print(f"diagonal baseline: {diagonal}")
    chosen = choose_reader(development.tables, development.judge, shares=SHARES)
    free = choose_reader(development.tables, development.label_free)
    print_table(chosen, rest)
    num_layers, num_heads = development.tables[0][0].shape[:2]
    for name, reader in (
        ("chosen by links made by hand", chosen.reader),
        ("chosen without any", free.reader),
        ("not chosen", default_reader(num_layers, num_heads)),
    ):
        score = rest.read(reader)
        print(f"{name}: {reader}\n    {against(diagonal, score)}")
    sure = [each.sure for each in development.gold]
    mixture = fit_mixture(development.tables, sure, development.judge, shares=SHARES)
    score = rest.score([mixture.links(*tables) for tables in rest.tables])
    print(f"all heads at both shifts, weights fitted to links made by hand: shares {mixture.least_share} and "
          f"{mixture.cover_share}\n    {against(diagonal, score)}")  # fmt: skip


def against(diagonal: AlignmentScore, score: AlignmentScore) -> str:
    return f"{score}; {100 * (diagonal.error_rate - score.error_rate):.1f} points below the diagonal"


def print_table(chosen: Choice, rest: Part) -> None:
    """AER of each head alone, on the part that is reported on; development part in brackets."""
    print("\n| layer | head | produces the word | reads the word |\n|---|---|---|---|")
    for layer, head in sorted({key[:2] for key in chosen.single}):
        cells = [
            f"{rest.read(AlignmentReader(((layer, head),), shift, 0.0, 1.0)).error_rate:.1%} "
            f"({1 - chosen.single[layer, head, shift]:.1%})"
            for shift in (0, 1)
        ]
        print(f"| {layer} | {head} | {cells[0]} | {cells[1]} |")
    print()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("question", nargs="?", choices=["hansards", "builtin"])
    parser.add_argument("model", nargs="?", type=Path)
    arguments = parser.parse_args()
    if arguments.model is None:
        parser.print_help()
        return
    model = regard.load(arguments.model, device="cpu")
    if arguments.question == "hansards":
        pairs, gold = hansards()
        parts = [slice(0, NUM_DEVELOPMENT), slice(NUM_DEVELOPMENT, None)]
        report(*(part_of(model, pairs[part], gold[part]) for part in parts))
    else:
        corpus = generate(size=BUILTIN_SIZE, seed=BUILTIN_SEED)
        report(*(part_of(model, *builtin(part)) for part in (corpus.valid, corpus.test)))


if __name__ == "__main__":
    main()
