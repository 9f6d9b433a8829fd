"""Writes the pairs of a corpus that are fit to learn from, and keeps what was left out beside them, with reasons."""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from regard.corpus.check import explain_shift
from regard.corpus.examine import Examination
from regard.corpus.formats.reading import AS_STATED, Reading
from regard.corpus.pair import Pair
from regard.corpus.pairs import read_every_pair
from regard.corpus.report import Report
from regard.corpus.rules import Rules
from regard.corpus.writing import names_like, new_folder, pair_writer, write_json
from regard.errors import CorpusError

DROPPED: Final = "dropped.jsonl"
REPORT: Final = "report.txt"


def clean_corpus(
    source: Path,
    target: Path | None = None,
    *,
    out: Path,
    rules: Rules | None = None,
    reading: Reading = AS_STATED,
) -> Report:
    """Makes a folder with ``clean.*`` (what passed), ``dropped.jsonl`` (what did not, and why) and ``report.txt``.

    Args:
        source: as for ``read_pairs``.
        target: as for ``read_pairs``.
        out: the folder to make.
        rules: what a pair may be like.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: the corpus cannot be read, nothing passed, or its sides seem shifted against each other: that
            cannot be repaired by leaving pairs out.
        OutputExistsError: the folder exists.
    """
    examination = Examination(rules or Rules())
    with new_folder(out) as folder:
        pairs = read_every_pair(source, target, reading=reading)
        _write(examination, pairs, names_like("clean", source, target), folder)
        if examination.suspicion is not None:
            raise CorpusError(
                f"{explain_shift(examination.suspicion, source, target)}. Nothing was written; if this is a false "
                "alarm, turn the check of the alignment off"
            )
        if not examination.report.kept:
            raise CorpusError(f"no pair of {source} passed, so nothing was written:\n{examination.report}")
        (folder / REPORT).write_text(f"{examination.report}\n", encoding="utf-8")
    return examination.report


def _write(examination: Examination, pairs: Iterable[Pair], names: tuple[str, ...], folder: Path) -> None:
    with ExitStack() as stack:
        keep = stack.enter_context(pair_writer(folder, names))
        dropped = stack.enter_context((folder / DROPPED).open("x", encoding="utf-8", newline="\n"))
        for pair, fault in examination.judge(pairs):
            if fault is None:
                keep(pair)
            else:
                write_json(dropped, pair, line=pair.origin.line, reason=fault)
