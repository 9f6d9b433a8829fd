"""A corpus prepared on disk is the corpus: the same pairs, subwords and ids; made once; damage and haste do no harm."""

import gzip
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from regard.errors import CorpusError, MachineError
from regard.runs import cache as cache_module
from regard.runs.cache import Cache, Facts
from regard.runs.data import RunData, read_data
from regard.runs.encode import encode_data, tokenizer_of
from regard.runs.stamped import Stamped
from regard.settings import Settings, load_settings
from regard.text.workers import cut_portions

DIGITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
CHIFFRES = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]
COUNT = 600
MOMENTS = ["looking over the pairs", "reading for subwords", "cutting into subwords"]
PLANTS = [("red rose", "rose rouge"), ("green leaf", "feuille verte"), ("tall tree", "grand arbre")]


def spelled(words: list[str]) -> list[str]:
    return [" ".join(words[int(digit)] for digit in f"{number:04d}") for number in range(COUNT)]


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path / "n.en", spelled(DIGITS)), write(tmp_path / "n.fr", spelled(CHIFFRES))


def settings_for(files: tuple[Path, Path], *more: str, limit: int = 0) -> Settings:
    cache = files[0].parent / "cache"
    where = [f"data.source={files[0]}", f"data.target={files[1]}", f"data.cache={cache}"]
    sizes = [f"data.in_memory_pairs={limit}", "text.vocab_size=300", "data.valid_size=20"]
    return load_settings(None, [*where, *sizes, *more])


def folders(files: tuple[Path, Path]) -> dict[str, int]:
    """The prepared folders and when they were made."""
    return {path.name: path.stat().st_ino for path in (files[0].parent / "cache").glob("[!.]*")}


def ids_of(settings: Settings, data: RunData | None = None) -> list[tuple[list[int], list[int]]]:
    data = data or read_data(settings.data)
    tokenizer = tokenizer_of(data, settings)
    pairs = encode_data(data, tokenizer, max_tokens=settings.data.max_tokens).pairs
    return [(pairs.source[number].tolist(), pairs.target[number].tolist()) for number in range(len(pairs))]


def test_prepared_pairs_are_those_of_the_files_without_the_held_out(files: tuple[Path, Path]) -> None:
    settings = settings_for(files)
    data = read_data(settings.data)
    assert data.preparation is not None
    assert (len(data.train), len(data.valid), data.num_read) == (COUNT - 20, 20, COUNT)
    both = {(pair.source, pair.target) for pair in [*data.train, *data.valid]}
    assert both == set(zip(spelled(DIGITS), spelled(CHIFFRES), strict=True))
    tokenizer = tokenizer_of(data, settings)
    assert ids_of(settings, data) == [
        (tokenizer.encode(pair.source), tokenizer.encode(pair.target)) for pair in data.train
    ]


def test_the_same_corpus_in_memory_has_the_same_subwords(files: tuple[Path, Path]) -> None:
    valid = [f"data.valid_source={files[0]}", f"data.valid_target={files[1]}"]
    on_disk, in_memory = settings_for(files, *valid), settings_for(files, *valid, limit=COUNT)
    assert read_data(in_memory.data).preparation is None
    assert ids_of(on_disk) == ids_of(in_memory)
    assert any(
        f"{COUNT} of them with a source sentence that is trained on too" in note
        for note in read_data(on_disk.data).notes
    )


def test_it_is_prepared_once_and_anew_when_anything_changes(files: tuple[Path, Path]) -> None:
    first = ids_of(settings_for(files))
    made = folders(files)
    assert sorted(name.rpartition("-")[0] for name in made) == ["corpus", "ids", "subwords"]
    assert ids_of(settings_for(files)) == first
    assert folders(files) == made
    ids_of(settings_for(files, "data.max_tokens=9"))
    assert len(folders(files)) == 4  # other ids of the same subwords
    write(files[1], [*spelled(CHIFFRES)[:-1], "autre chose encore"])
    ids_of(settings_for(files))
    assert len(folders(files)) == 7


def test_no_source_sentence_is_on_both_sides(files: tuple[Path, Path]) -> None:
    write(files[0], [f"number {number % 50}" for number in range(COUNT)])
    data = read_data(settings_for(files, "data.check_alignment=false").data)
    assert len(data.valid) == 20
    assert not {pair.source for pair in data.train} & {pair.source for pair in data.valid}
    assert len(data.train) <= COUNT - 20


def test_a_source_of_two_pairs_in_five_is_not_held_out(files: tuple[Path, Path]) -> None:
    places = range(COUNT)
    write(files[0], ["yes" if place % 5 < 2 else spelled(DIGITS)[place] for place in places])
    for size in (1, 7, 60, 1000):
        data = read_data(settings_for(files, "data.check_alignment=false", f"data.valid_size={size}").data)
        assert len(data.valid) == min(size, COUNT // 10)
        assert len(data.train) == COUNT - len(data.valid)
        assert "yes" not in {pair.source for pair in data.valid}


@pytest.mark.guarantee(
    "Token ids prepared on disk are compared with their hashes before use; damage is noticed, said, and made good",
    area="data",
    control="test_without_the_comparison_damage_would_be_trained_on",
    reported="OpenNMT-py #283, #573",
)
@pytest.mark.parametrize("name", ["corpus", "subwords", "ids"])
def test_damage_is_noticed_and_made_good(files: tuple[Path, Path], name: str) -> None:
    settings = settings_for(files)
    first, told = ids_of(settings), list[str]()
    damage(files, name)
    data = read_data(settings.data, watch=lambda what, done, total: told.append(what))
    assert ids_of(settings, data) == first
    assert any("is not as it was prepared" in what for what in told)
    assert ids_of(settings) == first


def damage(files: tuple[Path, Path], name: str) -> None:
    """Flips one bit in the middle of the largest file of a prepared folder."""
    (folder,) = (files[0].parent / "cache").glob(f"{name}-*")
    victim = max(folder.iterdir(), key=lambda path: (path.stat().st_size, path.name))
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)


def test_without_the_comparison_damage_would_be_trained_on(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(files)
    first = ids_of(settings)
    (folder,) = (files[0].parent / "cache").glob("ids-*")
    content = bytearray((folder / "target.ids").read_bytes())
    content[100] ^= 1
    (folder / "target.ids").write_bytes(content)
    monkeypatch.setattr(cache_module, "check_file", lambda path, expected: None)
    assert ids_of(settings) != first


@pytest.mark.guarantee(
    "A corpus that changes while it is prepared is refused, and nothing that was read of it is kept",
    area="data",
    control="test_without_a_second_look_at_the_files_wrong_ids_would_be_kept",
)
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_corpus_that_changes_while_it_is_prepared_is_refused(files: tuple[Path, Path], moment: str) -> None:
    settings = settings_for(files)

    def with_a_line_more(what: str, done: int, total: int) -> None:
        if what == moment:
            write(files[0], ["one more", *spelled(DIGITS)])
            write(files[1], ["un de plus", *spelled(CHIFFRES)])

    with pytest.raises(CorpusError, match=r"n\.en changed while it was prepared.*begin again"):
        ids_of(settings, read_data(settings.data, watch=with_a_line_more))
    kept = ["corpus", "subwords"][: MOMENTS.index(moment)]
    assert sorted(name.rpartition("-")[0] for name in folders(files)) == kept
    write(files[0], spelled(DIGITS))
    write(files[1], spelled(CHIFFRES))
    assert held_out_and_trained_on(settings) == set()


def held_out_and_trained_on(settings: Settings) -> set[str]:
    """The held-out sentences among those that are trained on."""
    data = read_data(settings.data)
    tokenizer = tokenizer_of(data, settings)
    return {pair.source for pair in data.valid} & {tokenizer.decode(source) for source, _ in ids_of(settings, data)}


def test_without_a_second_look_at_the_files_wrong_ids_would_be_kept(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Stamped, "during", lambda self, make: make)
    settings = settings_for(files)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_a_corpus_that_changes_while_it_is_prepared_is_refused(files, "reading for subwords")
    write(files[0], spelled(DIGITS))
    write(files[1], spelled(CHIFFRES))
    assert held_out_and_trained_on(settings)


def test_a_file_that_comes_into_the_folder_meanwhile_is_not_taken_for_looked_at(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = files[0].parent / "shards"
    folder.mkdir()
    rows = [f"{left}\t{right}" for left, right in zip(spelled(DIGITS), spelled(CHIFFRES), strict=True)]
    write(folder / "a.tsv", rows[:300])
    real = cache_module.content_of

    def slowly(path: Path) -> list[str | int]:
        if not (folder / "b.tsv").exists():
            write(folder / "b.tsv", rows[300:])
        return real(path)

    cache = f"data.cache={files[0].parent / 'cache'}"
    settings = load_settings(None, [f"data.source={folder}", cache, "data.in_memory_pairs=0"])
    monkeypatch.setattr("regard.runs.prepare.content_of", slowly)
    with pytest.raises(CorpusError, match="shards changed while it was prepared"):
        read_data(settings.data)
    assert not folders(files)
    assert read_data(settings.data).num_read == COUNT


def test_a_preparation_that_is_killed_leaves_nothing_that_looks_finished(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from regard.runs.cache import Cache\n"
        "def make(folder):\n    (folder / 'half').write_text('half'); print('begun', flush=True); time.sleep(60)\n"
        "Cache(Path(sys.argv[1]), note=print).get('thing', {'a': 1}, make)"
    )
    with subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE) as victim:
        assert victim.stdout is not None
        assert victim.stdout.readline() == b"begun\n"
        victim.send_signal(signal.SIGKILL)
    found = Cache(tmp_path, note=print).get("thing", {"a": 1}, lambda folder: {"whole": True})
    assert found.facts == {"whole": True}
    assert sorted(path.name for path in found.folder.iterdir()) == ["facts.json", "manifest.json"]
    assert [path.name for path in tmp_path.glob(".thing*")] == []


def test_two_processes_prepare_once(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from regard.runs.cache import Cache\n"
        "def make(folder):\n    print('made', flush=True); time.sleep(1); return {}\n"
        "Cache(Path(sys.argv[1]), note=lambda text: print(text, flush=True)).get('thing', {}, make)"
    )
    both = [subprocess.Popen([sys.executable, "-c", program, tmp_path], stdout=subprocess.PIPE) for _ in range(2)]
    told = b"".join(process.communicate(timeout=60)[0] for process in both)
    assert told.count(b"made") == 1


@contextmanager
def unlockable(folder: Path) -> Iterator[bool]:
    yield False


def test_where_nothing_can_be_locked_the_first_that_is_ready_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "held", unlockable)
    cache = Cache(tmp_path, note=print)

    def slow(folder: Path) -> Facts:
        (folder / "half").write_text("half")
        assert cache.get("thing", {}, lambda folder: {"by": "the quick one"}).facts == {"by": "the quick one"}
        assert (folder / "half").exists()
        return {"by": "the slow one"}

    assert cache.get("thing", {}, slow).facts == {"by": "the quick one"}
    (left,) = tmp_path.iterdir()
    (left / "facts.json").write_text("{}")
    assert cache.get("thing", {}, lambda folder: {"by": "the repair"}).facts == {"by": "the repair"}
    assert list(tmp_path.iterdir()) == [left]


def test_several_processes_cut_the_same_ids_in_the_same_order(files: tuple[Path, Path]) -> None:
    tokenizer = tokenizer_of(read_data(settings_for(files).data), settings_for(files))
    portions = [spelled(DIGITS)[start : start + 70] for start in range(0, COUNT, 70)]
    alone = [cut.sequences() for cut in cut_portions(tokenizer, portions, processes=1)]
    assert alone == [tokenizer.encode_batch(portion) for portion in portions]
    assert [cut.sequences() for cut in cut_portions(tokenizer, portions, processes=2)] == alone


def test_shards_are_read_as_one_corpus(files: tuple[Path, Path]) -> None:
    whole = ids_of(settings_for(files))
    folder = files[0].parent / "shards"
    folder.mkdir()
    for number in range(3):
        part = slice(number * 200, number * 200 + 200)
        write(folder / f"{number}.en", spelled(DIGITS)[part])
        with gzip.open(folder / f"{number}.fr.gz", "wt", encoding="utf-8") as file:
            file.write("".join(f"{line}\n" for line in spelled(CHIFFRES)[part]))
    assert ids_of(settings_for((folder / "*.en", folder / "*.fr.gz"))) == whole
    in_memory = read_data(settings_for((folder / "*.en", folder / "*.fr.gz"), limit=COUNT).data)
    assert in_memory.preparation is None
    assert in_memory.num_read == COUNT


def mixed_folder(folder: Path, kind: str) -> Path:
    """A table, and a file of another kind, in which languages or columns have to be asked for."""
    folder.mkdir()
    names = ["french\tenglish"] if kind == "csv" else []
    rows = [f"{left}\t{right}" for left, right in zip(spelled(CHIFFRES), spelled(DIGITS), strict=True)]
    write(folder / "a.tsv", [*names, *rows])
    sides = [(f"a {number} {english}", f"un {number} {french}") for number in range(4) for english, french in PLANTS]
    if kind == "csv":
        write(folder / "b.csv", ["english,french", *(f"{left},{right}" for left, right in sides)])
        return folder
    sentence = '<tuv xml:lang="{}"><seg>{}</seg></tuv>'
    units = [f"<tu>{sentence.format('en', left)}{sentence.format('fr', right)}</tu>" for left, right in sides]
    write(folder / "b.tmx", ['<tmx version="1.4"><header srclang="en"/><body>', *units, "</body></tmx>"])
    return folder


@pytest.mark.parametrize("kind", ["tmx", "csv"])
def test_files_of_several_languages_or_columns_are_read_as_asked(tmp_path: Path, kind: str) -> None:
    columns = ["data.source_column=french", "data.target_column=english"] if kind == "csv" else []
    asked = ["data.source_language=fr", "data.target_language=en", "data.check_alignment=false", *columns]
    folder, cache = mixed_folder(tmp_path / "mixed", kind), f"data.cache={tmp_path / 'cache'}"
    read = [
        read_data(load_settings(None, [f"data.source={folder}", cache, f"data.in_memory_pairs={limit}", *asked]).data)
        for limit in (0, 10 * COUNT)
    ]
    assert [data.preparation is None for data in read] == [False, True]
    streamed, in_memory = ({(pair.source, pair.target) for pair in [*data.train, *data.valid]} for data in read)
    assert streamed == in_memory
    assert ("un 0 rose rouge", "a 0 red rose") in streamed


def test_other_languages_are_another_corpus_where_a_file_has_several(files: tuple[Path, Path], tmp_path: Path) -> None:
    turned = ["data.source_language=fr", "data.target_language=en"]
    read_data(settings_for(files).data)
    made = folders(files)
    read_data(settings_for(files, *turned).data)
    assert folders(files) == made  # nothing can be chosen in two files of lines
    folder = mixed_folder(tmp_path / "mixed", "tmx")
    for asked in ([], turned):
        where = [f"data.source={folder}", f"data.cache={tmp_path / 'other'}", "data.in_memory_pairs=0"]
        data = read_data(load_settings(None, [*where, "data.check_alignment=false", *asked]).data)
        pairs = {(pair.source, pair.target) for pair in [*data.train, *data.valid]}
        assert (("un 0 rose rouge", "a 0 red rose") in pairs) is bool(asked)


def test_other_columns_are_another_corpus(tmp_path: Path) -> None:
    columns = ["english", "french", "formal"]
    words = zip(spelled(DIGITS), spelled(CHIFFRES), [f"{each} !" for each in spelled(CHIFFRES)], strict=True)
    table = write(tmp_path / "t.tsv", ["\t".join(row) for row in [columns, *words]])
    where = [f"data.source={table}", f"data.cache={tmp_path / 'cache'}", "data.in_memory_pairs=0"]
    for column in columns[1:]:
        asked = ["data.source_column=english", f"data.target_column={column}", "data.valid_size=20"]
        data = read_data(load_settings(None, [*where, *asked]).data)
        assert data.preparation is not None
        assert len(data.train) + len(data.valid) == COUNT
        assert all(pair.target.endswith(" !") is (column == "formal") for pair in [*data.train, *data.valid])


def test_shards_with_a_line_lost_are_refused_by_name(files: tuple[Path, Path]) -> None:
    folder = files[0].parent / "shards"
    folder.mkdir()
    for number in range(2):
        write(folder / f"{number}.en", spelled(DIGITS)[:100])
        write(folder / f"{number}.fr", spelled(CHIFFRES)[: 100 - number])
    with pytest.raises(CorpusError, match=r"1\.en has 100 lines but .*1\.fr has 99"):
        read_data(settings_for((folder / "*.en", folder / "*.fr")).data)
    (folder / "1.fr").unlink()
    with pytest.raises(CorpusError, match=r"names 2 files but .* names 1"):
        read_data(settings_for((folder / "*.en", folder / "*.fr")).data)
    with pytest.raises(CorpusError, match="no file is called"):
        read_data(settings_for((folder / "*.de", folder / "*.fr")).data)
    (folder / "empty").mkdir()
    with pytest.raises(CorpusError, match="a folder without files"):
        read_data(settings_for((folder / "empty", folder / "*.fr")).data)


def test_everything_too_long_is_an_error_and_nothing_is_kept(files: tuple[Path, Path]) -> None:
    with pytest.raises(CorpusError, match=r"all 580 pairs are longer than data\.max_tokens = 1"):
        ids_of(settings_for(files, "data.max_tokens=1"))
    assert not [name for name in folders(files) if name.startswith("ids")]


def test_the_cache_lies_where_the_system_keeps_such_things(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_module.default_root() == tmp_path / "regard"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_module.default_root() == Path.home() / ".cache" / "regard"


def test_what_is_prepared_can_be_used_where_nothing_can_be_written(
    files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_for(files)
    first = ids_of(settings)

    def read_only(folder: Path) -> Iterator[bool]:
        raise MachineError(f"{folder} cannot be written: Read-only file system")

    monkeypatch.setattr(cache_module, "held", read_only)
    assert ids_of(settings) == first
    with pytest.raises(MachineError, match="Read-only"):
        ids_of(settings_for(files, "data.max_tokens=9"))


def test_a_cache_that_cannot_be_made_is_the_machines_fault(tmp_path: Path) -> None:
    write(tmp_path / "file", [])
    with pytest.raises(MachineError, match=r"file/cache cannot be written: Not a directory"):
        Cache(tmp_path / "file" / "cache", note=print).get("thing", {}, lambda folder: {})


def test_a_user_without_a_home_is_told_to_name_a_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(MachineError, match=r"no home folder .* with data\.cache, or set XDG_CACHE_HOME"):
        cache_module.default_root()
