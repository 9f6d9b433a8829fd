"""Writes the pairs of a corpus that are fit to learn from, and keeps what was left out beside them, with reasons."""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from regard.corpus.check import Checking
from regard.corpus.formats.reading import AS_STATED, Reading
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
        source: as for ``read_corpus``.
        target: as for ``read_corpus``.
        out: the folder to make.
        rules: what a pair may be like.
        reading: as for ``read_pairs``.

    Raises:
        CorpusError: the corpus cannot be read, nothing passed, or its sides seem shifted against each other: that
            cannot be repaired by leaving pairs out.
        OutputExistsError: the folder exists.
    """
    with new_folder(out) as folder:
        checking = Checking(source, target, rules=rules, reading=reading)
        _write(checking, names_like("clean", source, target), folder)
        result = checking.result()
        if result.shift is not None:
            raise CorpusError(
                f"{result.shift}. Nothing was written; if this is a false alarm, turn the check of the alignment off"
            )
        if not result.report.kept:
            raise CorpusError(f"no pair of {source} passed, so nothing was written:\n{result.report}")
        (folder / REPORT).write_text(f"{result.report}\n", encoding="utf-8")
    return result.report


def _write(checking: Checking, names: tuple[str, ...], folder: Path) -> None:
    has_files = len(checking.shards) > 1
    with ExitStack() as stack:
        keep = stack.enter_context(pair_writer(folder, names))
        dropped = stack.enter_context((folder / DROPPED).open("x", encoding="utf-8", newline="\n"))
        for pair, fault in checking:
            if fault is None:
                keep(pair)
            else:
                where = {"file": pair.origin.file} if has_files else {}
                write_json(dropped, pair, **where, line=pair.origin.line, reason=fault)
