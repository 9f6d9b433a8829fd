import gzip
import io
import subprocess
import sys
from pathlib import Path

import pytest

from regard.corpus import STANDARD_INPUT, Rules, check_corpus
from regard.corpus.check import require_sound
from regard.errors import CorpusError

SETS = ["multi30k/val", "tatoeba/test", "flores101/dev", "newstest2013/newstest2013"]


@pytest.fixture
def captions(regard_data) -> tuple[list[str], list[str]]:
    english, french = (
        (regard_data / "multi30k" / f"val.{side}").read_text(encoding="utf-8").split("\n")[:-1] for side in ("en", "fr")
    )
    return english, french


@pytest.fixture
def write(tmp_path):
    def write(name: str, lines: list[str], end: str = "\n", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        content = "".join(line + end for line in lines).encode(encoding, "replace")
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


@pytest.mark.parametrize("name", SETS)
def test_real_sets_are_sound(name, regard_data):
    result = check_corpus(regard_data / f"{name}.en", regard_data / f"{name}.fr")
    assert not result.is_damaged
    require_sound(result)
    assert result.report.kept > 0.99 * result.report.read
    assert 1.05 < result.ratio < 1.25


def test_findings_are_told(write):
    source = write("a.en", ["one cat", "one cat", "", "two dogs", "the same here"])
    target = write("a.fr", ["un chat", "un chat", "", "deux chiens", "the same here"])
    result = check_corpus(source, target)
    assert result.lines() == [
        f"{source}: 5 lines",
        f"{target}: 5 lines",
        "5 pairs read, 2 kept",
        "1 left out: seen before (line 2)",
        "1 left out: blank on both sides (line 3)",
        "1 left out: both sides are the same (line 5)",
        "the target is usually 1.00 times as long as the source",
    ]
    assert not result.is_damaged
    assert check_corpus(source, target, rules=Rules(drop_seen=False, drop_same=False)).report.kept == 4


class TestDamage:
    """Each damage a real set can suffer: the message names the line, and the check does not pass."""

    def test_a_line_lost_on_one_side(self, captions, write):
        english, french = captions
        source, target = write("a.en", english), write("a.fr", french[:499] + french[500:])
        with pytest.raises(CorpusError, match=r"has 1,014 lines but .* has 1,013; .* From about line 50\d on"):
            check_corpus(source, target)

    def test_a_line_lost_on_each_side(self, captions, write):
        english, french = captions
        source = write("a.en", english[:800] + english[801:])
        target = write("a.fr", french[:499] + french[500:])
        result = check_corpus(source, target)
        assert result.lines()[-1].startswith(
            f"{source} and {target} have the same number of lines, but from about line 50"
        )
        with pytest.raises(CorpusError, match=r"the sides seem shifted against each other, as said above; repair"):
            require_sound(result)
        assert not check_corpus(source, target, rules=Rules(check_alignment=False)).is_damaged

    def test_a_cell_lost_in_a_table(self, captions, write):
        english, french = captions
        french = [*french[:499], *french[500:], "fin"]
        path = write("a.tsv", [f"{left}\t{right}" for left, right in zip(english, french, strict=True)])
        assert (
            check_corpus(path).lines()[-1].startswith(f"from about line 500 of {path} on source and target do not fit")
        )

    def test_a_cell_lost_where_another_file_has_no_lines_to_count(self, captions, write):
        english, french = captions
        unit = '<tu><tuv xml:lang="en"><seg>A cat.</seg></tuv><tuv xml:lang="fr"><seg>Un chat.</seg></tuv></tu>'
        write("b.tmx", ['<tmx version="1.4"><header srclang="en"/><body>', unit, "</body></tmx>"])
        rows = zip(english, [*french[:499], *french[500:], "fin"], strict=True)
        path = write("a.tsv", [f"{left}\t{right}" for left, right in rows])
        shift = check_corpus(path.parent).shift
        assert shift.startswith(f"from about line 500 of {path} on source and target do not fit")

    def test_latin_1(self, captions, write):
        source, target = write("a.en", captions[0]), write("a.fr", captions[1], encoding="latin-1")
        with pytest.raises(CorpusError, match=r"a\.fr, line 2: not UTF-8 .* as windows-1252 it would read"):
            check_corpus(source, target)

    def test_a_blank_on_one_side(self, captions, write):
        source = write("a.en", captions[0])
        result = check_corpus(source, write("a.fr", [*captions[1][:76], " ", *captions[1][77:]]))
        assert "1 left out: blank on one side (line 77)" in result.lines()
        with pytest.raises(
            CorpusError, match="sentences are damaged, as said above; `regard corpus clean` writes what is"
        ):
            require_sound(result)

    def test_windows_line_ends(self, captions, write):
        result = check_corpus(write("a.en", captions[0]), write("a.fr", captions[1], end="\r\n"))
        assert any(
            "1,014 times a Windows line end (CRLF)" in line and "first in line 1)" in line for line in result.lines()
        )
        with pytest.raises(CorpusError, match="other programs may count other lines, as said above; Regard reads them"):
            require_sound(result)

    def test_a_line_separator(self, captions, write):
        captions[1][11] = captions[1][11].replace(" ", "\u2028")
        result = check_corpus(write("a.en", captions[0]), write("a.fr", captions[1]))
        assert result.report.kept == 1014
        assert any("the line separator U+2028" in line and "(first in line 12)" in line for line in result.lines())
        with pytest.raises(CorpusError, match="other programs may count other lines"):
            require_sound(result)

    def test_a_cut_gzip(self, captions, write):
        target = write("a.fr.gz", captions[1])
        target.write_bytes(target.read_bytes()[:9000])
        with pytest.raises(
            CorpusError, match=r"a\.fr\.gz is cut short: its gzip data ends in the middle, in line \d+;"
        ):
            check_corpus(write("a.en", captions[0]), target)


@pytest.fixture
def shifted() -> list[tuple[str, str]]:
    """Three hundred pairs, and from the 151st on each target stands one too early."""
    sides = [
        [f"{word} {more * (number % 7)}{number}{'.?!'[number % 3]}" for number in range(1, 301)]
        for word, more in (("Sentence", "long "), ("Phrase", "longue "))
    ]
    del sides[1][150]
    return list(zip(*sides, strict=False))


class TestWhereSidesShift:
    """A place is one that a person finds in the file, with the sentences that stand there."""

    FIRST = "('Sentence long long long long 151?' | 'Phrase longue longue longue longue longue 152!'): a sentence seems"

    def test_in_a_memory_it_is_the_line_of_the_unit(self, shifted, write):
        units = [
            line
            for left, right in shifted
            for line in (
                "<tu>",
                f'<tuv xml:lang="en"><seg>{left}</seg></tuv>',
                f'<tuv xml:lang="fr"><seg>{right}</seg></tuv>',
                "</tu>",
            )
        ]
        path = write("a.tmx", ['<tmx version="1.4"><header srclang="en"/><body>', *units, "</body></tmx>"])
        assert check_corpus(path).shift.startswith(
            f"from about line 602 of {path} on source and target do not fit {self.FIRST} to be missing on the target"
        )

    def test_of_several_files_it_is_said_in_which(self, shifted, write):
        for name, some in (("a", shifted[:20]), ("b", shifted[20:])):
            rows = (f'"{left}","{right}"' for left, right in some)
            folder = write(f"{name}.csv", ["source,target", *rows]).parent
        assert f"from about line 132 of {folder / 'b.csv'} on" in check_corpus(folder).shift

    def test_of_subtitles_the_cues_are_shown(self, shifted, write):
        def cues(texts):
            times = (
                (f"00:{n // 60:02}:{n % 60:02},000", f"00:{n // 60:02}:{n % 60:02},900") for n in range(len(texts))
            )
            return [
                line for text, time in zip(texts, times, strict=True) for line in ("1", " --> ".join(time), text, "")
            ]

        source, target = (
            write(f"{side}.srt", cues(texts)) for side, texts in zip("ab", zip(*shifted, strict=True), strict=True)
        )
        assert check_corpus(source, target).shift.startswith(
            f"{source} and {target} are put together by time, but from about line 603 of {source} on they do not fit "
            f"{self.FIRST} to be missing in {target} near there; put it back"
        )

    def test_where_there_are_no_lines_it_is_a_record(self, shifted, tmp_path):
        arrow = pytest.importorskip("pyarrow", reason="pip install 'regard[formats]' brings pyarrow")
        import pyarrow.parquet

        path = tmp_path / "a.parquet"
        source, target = zip(*shifted, strict=True)
        pyarrow.parquet.write_table(arrow.table({"source": source, "target": target}), path)
        assert check_corpus(path).shift.startswith(f"from about record 151 of {path} on source and target do not fit")


def test_standard_input_is_checked_in_one_pass(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"one cat\tun chat\n\tdeux\n")))
    result = check_corpus(STANDARD_INPUT)
    assert (result.files, result.report.kept, result.is_damaged) == ((), 1, True)


def test_a_corpus_without_pairs_is_checked_too(write):
    result = check_corpus(write("a.tsv", ["", ""]))
    assert (result.report.read, result.report.kept, result.ratio) == (2, 0, 1.0)


MEMORY = """
import sys
from pathlib import Path
from regard.corpus import check_corpus

def anonymous_kilobytes():
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0])

check_corpus(Path(sys.argv[1]))
before = anonymous_kilobytes()
assert check_corpus(Path(sys.argv[2])).report.kept == 150_000
print(anonymous_kilobytes() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc, which only Linux has")
def test_memory_does_not_follow_the_corpus(write):
    lines = [f"this is the sentence number {number}\tceci est la phrase numéro {number}" for number in range(150_000)]
    small, large = write("small.tsv", lines[:15_000]), write("large.tsv", lines)
    done = subprocess.run([sys.executable, "-c", MEMORY, small, large], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 8_000  # the file has 12 MB; its lines as objects would take 40
