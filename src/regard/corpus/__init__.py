"""The corpus room: files become sentence pairs, and what is wrong with them is said with file and line.

Enters: paths of line files, tables, JSON lines, translation memories, catalogues and other formats (``formats``), plain
or ``.gz``, or standard input. Leaves: ``Pair`` values, one at a time, and a ``Report`` of what was left out and why; of
a file that is to be translated in place, a ``Document``.
Must not know: tokens, tensors, models.

Nothing is ever shifted: two files with different numbers of lines are refused, and a pair is kept or dropped whole.
"""

from regard.corpus.check import CheckedPairs, CheckResult, check_corpus, read_checked
from regard.corpus.clean import clean_corpus
from regard.corpus.formats.reading import Reading
from regard.corpus.lines import STANDARD_INPUT, count_lines, read_lines
from regard.corpus.pair import Origin, Pair
from regard.corpus.pairs import read_pairs
from regard.corpus.report import Report
from regard.corpus.rules import Rules
from regard.corpus.sample import sample_corpus, sample_pairs
from regard.corpus.split import split_corpus

__all__ = [
    "STANDARD_INPUT",
    "CheckResult",
    "CheckedPairs",
    "Origin",
    "Pair",
    "Reading",
    "Report",
    "Rules",
    "check_corpus",
    "clean_corpus",
    "count_lines",
    "read_checked",
    "read_lines",
    "read_pairs",
    "sample_corpus",
    "sample_pairs",
    "split_corpus",
]
