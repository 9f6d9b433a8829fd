"""Two hundred pairs that were read line by line: the grammar still makes exactly these.

A change of the grammar or the lexicon moves the sample. Write it anew, read it again, and commit both together:

    python tests/corpus/test_builtin_sample.py
"""

from itertools import islice
from pathlib import Path

from regard.corpus.builtin.builtin_pair import BuiltinPair
from regard.corpus.builtin.drawing import draw_pairs

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "builtin_sample.tsv"


def line(pair: BuiltinPair) -> str:
    links = " ".join(f"{source}-{target}" for source, target in pair.alignment)
    return "\t".join((pair.structure, pair.source, pair.target, links, " | ".join(pair.alternatives)))


def sampled() -> list[str]:
    return [line(pair) for pair in islice(draw_pairs(2026, "sample"), 200)]


def test_the_sample_is_made_as_it_was_read() -> None:
    assert sampled() == SAMPLE.read_text(encoding="utf-8").split("\n")[:-1]


if __name__ == "__main__":
    SAMPLE.write_text("\n".join(sampled()) + "\n", encoding="utf-8")
