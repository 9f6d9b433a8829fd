"""Shards: every text once and in order, in the format it came in; finished ones are kept, half ones never seen."""

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from regard.bulk import Job, shard_files, translate_shard, translate_shards
from regard.bulk.job import JOB, SOURCES
from regard.errors import CorpusError, InputError, MissingExtraError, OutputExistsError


def shouted(texts: Iterable[str]) -> Iterator[str]:
    return (text.upper() for text in texts)


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def test_lines_stay_in_their_places(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\n\nthree\u2028still three\n", encoding="utf-8")
    assert translate_shard(shouted, tmp_path / "in.txt", tmp_path / "out.txt") == 3
    assert lines_of(tmp_path / "out.txt") == ["ONE", "", "THREE\u2028STILL THREE"]


def test_an_empty_shard_has_an_empty_translation(tmp_path: Path) -> None:
    (tmp_path / "in.txt").touch()
    assert translate_shard(shouted, tmp_path / "in.txt", tmp_path / "out.txt") == 0
    assert (tmp_path / "out.txt").read_bytes() == b""


def test_packed_shards_stay_packed_and_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "in.txt.gz", "wt", encoding="utf-8") as file:
        file.write("one\ntwo\n")
    for name in ("a.txt.gz", "b.txt.gz"):
        translate_shard(shouted, tmp_path / "in.txt.gz", tmp_path / name)
    assert gzip.decompress((tmp_path / "a.txt.gz").read_bytes()) == b"ONE\nTWO\n"
    assert (tmp_path / "a.txt.gz").read_bytes() == (tmp_path / "b.txt.gz").read_bytes()


def test_json_lines_keep_what_else_they_hold(tmp_path: Path) -> None:
    rows = [{"text": "é one", "id": 7}, {"id": 8, "text": "two"}]
    (tmp_path / "in.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    translate_shard(shouted, tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert [json.loads(line) for line in lines_of(tmp_path / "out.jsonl")] == [
        {"text": "é one", "id": 7, "translation": "É ONE"},
        {"id": 8, "text": "two", "translation": "TWO"},
    ]


@pytest.mark.parametrize("line", ["no json", "[1]", '{"other": "x"}', '{"text": 3}'])
def test_a_line_without_text_is_named_and_nothing_is_written(tmp_path: Path, line: str) -> None:
    (tmp_path / "in.jsonl").write_text(f'{{"text": "a"}}\n{line}\n', encoding="utf-8")
    with pytest.raises(CorpusError, match=r"in\.jsonl, line 2 is no JSON object with a text under 'text'"):
        translate_shard(shouted, tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl"]


def test_what_json_lines_hold_stays_as_it_was_written(tmp_path: Path) -> None:
    line = '{"id": 12345678901234567890123.50, "big": 1e999, "half": "\\ud83d", "text": "one" }'
    (tmp_path / "in.jsonl").write_text(f"{line} \n", encoding="utf-8")
    translate_shard(shouted, tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert lines_of(tmp_path / "out.jsonl") == [f'{line[:-2]}, "translation": "ONE"}}']


def test_half_a_character_is_named_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n{"text": "\\ud83d"}\n', encoding="utf-8")
    with pytest.raises(CorpusError, match=r"in\.jsonl, line 2: 'text' holds a lone surrogate"):
        translate_shard(shouted, tmp_path / "in.jsonl", tmp_path / "out.jsonl")


def test_no_field_of_json_lines_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "I", "translation": "Je"}\n', encoding="utf-8")
    for column in ("text", "translation"):
        with pytest.raises(CorpusError, match=r"in\.jsonl, line 1 has a field 'translation' already"):
            translate_shard(shouted, tmp_path / "in.jsonl", tmp_path / "out.jsonl", column=column)


def test_tables_keep_their_columns(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    texts = [f"text {number}" for number in range(9_000)]
    parquet.write_table(pyarrow.table({"id": range(9_000), "line": texts}), tmp_path / "in.parquet")
    assert translate_shard(shouted, tmp_path / "in.parquet", tmp_path / "out.parquet", column="line") == 9_000
    found = parquet.read_table(tmp_path / "out.parquet").to_pydict()
    assert found == {"id": list(range(9_000)), "line": texts, "translation": [text.upper() for text in texts]}
    with pytest.raises(CorpusError, match="has no column 'text', but id, line"):
        translate_shard(shouted, tmp_path / "in.parquet", tmp_path / "x.parquet")
    with pytest.raises(CorpusError, match="holds int, but text is expected"):
        translate_shard(shouted, tmp_path / "in.parquet", tmp_path / "x.parquet", column="id")
    with pytest.raises(CorpusError, match="has a column 'translation' already"):
        translate_shard(shouted, tmp_path / "out.parquet", tmp_path / "x.parquet", column="line")
    (tmp_path / "bad.parquet").write_bytes(b"no table")
    with pytest.raises(CorpusError, match="cannot be read as Parquet"):
        translate_shard(shouted, tmp_path / "bad.parquet", tmp_path / "x.parquet")
    parquet.write_table(pyarrow.table({"text": ["one", None]}), tmp_path / "null.parquet")
    with pytest.raises(CorpusError, match=r"null\.parquet, row 2: the column 'text' holds nothing, but text"):
        translate_shard(shouted, tmp_path / "null.parquet", tmp_path / "x.parquet")
    sound = (tmp_path / "in.parquet").read_bytes()
    (tmp_path / "torn.parquet").write_bytes(sound[:4] + bytes(64) + sound[68:])
    with pytest.raises(CorpusError, match=r"torn\.parquet cannot be read as Parquet"):
        translate_shard(shouted, tmp_path / "torn.parquet", tmp_path / "x.parquet", column="line")
    assert not (tmp_path / "x.parquet").exists()


def test_two_shards_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.txt").touch()
    assert shard_files(tmp_path / "a") == (tmp_path / "a" / "x.txt",)
    with pytest.raises(CorpusError, match="a folder without files"):
        shard_files(tmp_path)


@pytest.fixture
def shards(tmp_path: Path) -> Path:
    folder = tmp_path / "shards"
    folder.mkdir()
    for number in range(5):
        texts = "".join(f"one two {digit}\n" for digit in ("three", "four", "five")[: number % 3 + 1])
        (folder / f"{number}.txt").write_text(texts, encoding="utf-8")
    return folder


def test_finished_shards_are_kept_and_only_the_others_translated(tiny_run: Path, shards: Path, tmp_path: Path) -> None:
    job, told = Job(tiny_run, tmp_path / "out"), list[str]()
    assert translate_shards(job, shards) == 9
    first = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.txt")}
    assert first["2.txt"].decode().split("\n")[0] == "un deux trois"
    (tmp_path / "out" / "3.txt").unlink()
    kept = (tmp_path / "out" / "2.txt").stat().st_mtime_ns
    again = translate_shards(
        job, shards, tell=lambda shard, texts, done, total: told.append(f"{shard.name} {done}/{total}")
    )
    assert (again, told) == (1, ["3.txt 5/5"])
    assert (tmp_path / "out" / "2.txt").stat().st_mtime_ns == kept
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.txt")} == first


def test_what_another_job_began_is_left_alone(tiny_run: Path, shards: Path, tmp_path: Path) -> None:
    translate_shards(Job(tiny_run, tmp_path / "out"), shards)
    with pytest.raises(OutputExistsError, match="begun with another model or other settings"):
        translate_shards(Job(tiny_run, tmp_path / "out", search={"beam_size": 1}), shards)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "x").touch()
    with pytest.raises(OutputExistsError, match="is there already and is left as it is"):
        translate_shards(Job(tiny_run, tmp_path / "mine"), shards)
    with pytest.raises(InputError, match="holds the shards themselves"):
        translate_shards(Job(tiny_run, shards), shards)


@pytest.mark.parametrize("left", ["other settings", "a damaged note", "a note half written"])
def test_a_job_that_never_finished_a_shard_does_not_block_its_folder(
    tiny_run: Path, shards: Path, tmp_path: Path, left: str
) -> None:
    out = tmp_path / "out"
    Job(tiny_run, out, column="sentence").begin()
    (out / SOURCES).mkdir()
    if left != "other settings":
        (out / JOB).write_text('{"model":', encoding="utf-8")
    if left == "a note half written":
        (out / JOB).rename(out / f".{JOB}.writing")
    assert translate_shards(Job(tiny_run, out), shards) == 9
    with pytest.raises(OutputExistsError, match="begun with another model or other settings"):
        Job(tiny_run, out, column="sentence").begin()


@pytest.mark.parametrize("what", ["another folder", "a longer shard", "no note"])
def test_a_translation_of_something_else_is_neither_taken_nor_replaced(
    tiny_run: Path, shards: Path, tmp_path: Path, what: str
) -> None:
    job = Job(tiny_run, tmp_path / "out")
    translate_shards(job, shards)
    before = (tmp_path / "out" / "2.txt").read_bytes()
    if what == "another folder":
        shards = tmp_path / "others"
        shards.mkdir()
        (shards / "2.txt").write_text("three\n", encoding="utf-8")
    elif what == "a longer shard":
        with (shards / "2.txt").open("a", encoding="utf-8") as file:
            file.write("three\n")
    else:
        (tmp_path / "out" / SOURCES / "2.txt").unlink()
    with pytest.raises(OutputExistsError, match=r"2\.txt is not the translation of .*2\.txt as it is now; remove it"):
        translate_shards(job, shards)
    assert (tmp_path / "out" / "2.txt").read_bytes() == before
    (tmp_path / "out" / "2.txt").unlink()
    assert translate_shards(job, shards) == len((shards / "2.txt").read_text(encoding="utf-8").splitlines())


def test_a_glossary_that_has_changed_makes_another_job(tiny_run: Path, shards: Path, tmp_path: Path) -> None:
    glossary = tmp_path / "terms.tsv"
    glossary.write_text("one\tdeux\n", encoding="utf-8")
    job = Job(tiny_run, tmp_path / "out", search={"glossary": glossary})
    translate_shards(job, shards)
    glossary.write_text("one\ttrois\n", encoding="utf-8")
    with pytest.raises(OutputExistsError, match="begun with another model or other settings"):
        translate_shards(job, shards)


def test_a_job_that_is_killed_goes_on_with_what_is_missing(tiny_run: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "shards", tmp_path / "out"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02d}.txt").write_text("one two three\n" * 40, encoding="utf-8")
    program = "import sys; from pathlib import Path; from regard.bulk import Job, translate_shards\n"
    program += "translate_shards(Job(*map(Path, sys.argv[1:3])), Path(sys.argv[3]))"
    command = [sys.executable, "-c", program, str(tiny_run), str(out), str(folder)]
    with subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"}) as victim:
        deadline = time.monotonic() + 120
        while not (out / "01.txt").exists() and time.monotonic() < deadline:
            time.sleep(0.001)
        victim.send_signal(signal.SIGKILL)
    finished = sum(1 for _ in out.glob("*.txt"))
    assert 0 < finished < 40
    assert translate_shards(Job(tiny_run, out), folder) == 40 * (40 - finished)
    assert {path.read_text(encoding="utf-8") for path in out.glob("*.txt")} == {"un deux trois\n" * 40}


def test_without_ray_the_message_says_what_to_install(
    tiny_run: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'regard\[scale\]'"):
        translate_shards(Job(tiny_run, tmp_path / "out"), shards, ray_workers=1)


def test_ray_translates_what_one_process_does(tiny_run: Path, shards: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is not installed (extra 'scale'); make verify TARGET=ray runs this")
    translate_shards(Job(tiny_run, tmp_path / "here", threads=1), shards)
    assert translate_shards(Job(tiny_run, tmp_path / "ray", threads=1), shards, ray_workers=2) == 9
    for path in (tmp_path / "here").glob("*.txt"):
        assert (tmp_path / "ray" / path.name).read_bytes() == path.read_bytes()
    (shards / "9.jsonl").write_text('{"no": "text"}\n', encoding="utf-8")
    with pytest.raises(CorpusError, match=r"9\.jsonl, line 1 is no JSON object"):
        translate_shards(Job(tiny_run, tmp_path / "ray", threads=1), shards, ray_workers=2)
