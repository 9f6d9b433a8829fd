"""Memories, catalogues and tables as sentence pairs: which ones, in which languages, and the same as text."""

import gzip
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from regard.corpus import Reading, Report, check_corpus, clean_corpus, read_pairs, split_corpus
from regard.corpus.check import require_sound
from regard.corpus.formats.plural import rule_for
from regard.corpus.formats.reading import best_fit, fits
from regard.documents import open_document
from regard.errors import CorpusError, MissingExtraError

FORMATS = Path(__file__).resolve().parents[1] / "data" / "formats"
MEMORY = (
    '<tmx version="1.4"><header srclang="{srclang}"/><body><tu><tuv xml:lang="de"><seg>Haus</seg></tuv>'
    '<tuv xml:lang="en-US"><seg>house</seg></tuv>{more}</tu></body></tmx>'
)


def pairs_of(path: Path, reading: Reading | None = None) -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in read_pairs(path, reading=reading or Reading())]


def test_a_memory_is_read_in_the_languages_it_states() -> None:
    assert pairs_of(FORMATS / "memory.tmx") == [
        ("The house & the garden.", "La maison & le jardin."),
        ("Coffee with cream", "Café crème"),
    ]


def test_a_memory_is_read_the_other_way_round() -> None:
    assert pairs_of(FORMATS / "memory.tmx", Reading("fr", "en"))[1] == ("Café crème", "Coffee with cream")


def test_of_several_languages_two_are_chosen(tmp_path: Path) -> None:
    path = tmp_path / "m.tmx"
    path.write_text(MEMORY.format(srclang="*all*", more='<tuv xml:lang="fr"><seg>maison</seg></tuv>'), encoding="utf-8")
    assert pairs_of(path, Reading("fr", "de")) == [("maison", "Haus")]
    with pytest.raises(CorpusError, match=r"holds several languages .*say which with --source-language"):
        pairs_of(path)
    with pytest.raises(CorpusError, match="no unit in en and it; its languages are de, en-US, fr"):
        pairs_of(path, Reading("en", "it"))


def test_without_a_source_language_the_target_leaves_the_other(tmp_path: Path) -> None:
    path = tmp_path / "m.tmx"
    path.write_text(MEMORY.format(srclang="*all*", more=""), encoding="utf-8")
    assert pairs_of(path, Reading(target_language="de")) == [("house", "Haus")]


def test_two_kinds_of_the_target_language_leave_no_other(tmp_path: Path) -> None:
    english = MEMORY.format(srclang="*all*", more="").replace('"de"', '"en-GB"')
    path = tmp_path / "m.tmx"
    path.write_text(english, encoding="utf-8")
    for read in (pairs_of, open_document):
        with pytest.raises(CorpusError, match="no unit in any language and en; its languages are en-GB, en-US"):
            read(path, Reading(target_language="en"))
    assert pairs_of(path, Reading("en-GB", "en-US")) == [("Haus", "house")]
    with_french = english.replace("</body>", '<tu><tuv xml:lang="fr"><seg>mer</seg></tuv><tuv xml:lang="en"><seg>sea')
    path.write_text(with_french.replace("</tmx>", "</seg></tuv></tu></body></tmx>"), encoding="utf-8")
    assert pairs_of(path, Reading(target_language="en")) == [("mer", "sea")]


def test_a_catalogue_gives_what_is_translated_and_not_in_doubt() -> None:
    report = Report()
    found = [(pair.source, pair.target) for pair in read_pairs(FORMATS / "messages.po", report=report)]
    assert found == [("Good morning", "Bonjour"), ("Line and\fpage", "Ligne et\fpage")]
    assert report.dropped == {"blank on one side": 6}


def test_a_doubt_about_an_obsolete_message_is_none_about_the_next(tmp_path: Path) -> None:
    path = tmp_path / "m.po"
    obsolete = '#, fuzzy\n#| msgid "older"\n#~ msgid "old"\n#~ msgstr "vieux"\n\n'
    path.write_text(f'{obsolete}msgid "Save"\nmsgstr "Enregistrer"\n', encoding="utf-8")
    assert pairs_of(path) == [("Save", "Enregistrer")]


def test_plurals_give_a_pair_for_each_form(tmp_path: Path) -> None:
    path = tmp_path / "m.po"
    path.write_text('msgid "%d file"\nmsgid_plural "%d files"\nmsgstr[0] "%d fichier"\nmsgstr[1] "%d fichiers"\n')
    assert pairs_of(path) == [("%d file", "%d fichier"), ("%d files", "%d fichiers")]


def test_compiled_catalogues_say_the_same(needs_tool: Callable[[str], str], tmp_path: Path) -> None:
    path = tmp_path / "m.mo"
    subprocess.run([needs_tool("msgfmt"), "-o", str(path), str(FORMATS / "messages.po")], check=True)
    assert sorted(pairs_of(path)) == sorted(pairs_of(FORMATS / "messages.po"))


def test_xliff_gives_what_is_translated_and_not_in_doubt() -> None:
    assert pairs_of(FORMATS / "strings.xlf") == [("Good morning", "Bonjour"), ("Close", "Fermer")]
    assert pairs_of(FORMATS / "strings2.xliff") == [("Good morning", "Bonjour")]
    with pytest.raises(CorpusError, match="its target language is fr, but de is asked for; say --target-language fr"):
        pairs_of(FORMATS / "strings.xlf", Reading("en", "de"))


def test_what_a_machine_wrote_is_in_doubt_until_a_person_has_seen_it(tmp_path: Path) -> None:
    for name, seen in {
        "memory.tmx": ('creationid="machine-translation"', 'creationid="machine-translation" changeid="Anna"'),
        "strings2.xliff": ('state="translated" subState="regard:machine"', 'state="reviewed"'),
        "strings.xlf": (' state="needs-review-translation" state-qualifier="leveraged-mt"', ""),
        "messages.po": ("#, fuzzy, c-format", "#, c-format"),
    }.items():
        opened = open_document(FORMATS / name, Reading("en", "fr"))
        missing = [number for number, unit in enumerate(opened.document.units) if unit.target is None]
        path = tmp_path / name
        path.write_bytes(opened.written({number: (f"par machine {number}",) for number in missing}))
        assert pairs_of(path) == pairs_of(FORMATS / name)
        path.write_text(path.read_text("utf-8").replace(*seen), encoding="utf-8")
        assert {target for _, target in pairs_of(path)} > {target for _, target in pairs_of(FORMATS / name)}


def test_a_memory_that_a_machine_wrote_has_no_pair_and_the_right_languages(tmp_path: Path) -> None:
    path = tmp_path / "m.tmx"
    path.write_text(MEMORY.format(srclang="en", more="").replace('"de"', '"de" creationid="machine-translation"'))
    assert pairs_of(path) == pairs_of(path, Reading("de", "en")) == []
    require_sound(check_corpus(path))
    with pytest.raises(CorpusError, match="no unit in en and fr; its languages are de, en-US"):
        pairs_of(path, Reading("en", "fr"))


def test_what_replaces_a_persons_words_is_not_said_to_be_hers(tmp_path: Path) -> None:
    path = tmp_path / "m.tmx"
    path.write_text(MEMORY.format(srclang="en", more="").replace('"de"', '"de" changeid="Anna" changedate="20200101"'))
    assert pairs_of(path) == [("house", "Haus")]
    path.write_bytes(open_document(path, Reading("en", "de")).written({0: ("Hütte",)}))
    assert pairs_of(path) == []
    assert "change" not in path.read_text("utf-8")


@pytest.mark.parametrize(("version", "kept"), [("1.2", 'mtype="protected"'), ("2.0", 'translate="no"')])
def test_words_that_stay_as_they_are_belong_to_their_sentence(version: str, kept: str, tmp_path: Path) -> None:
    path = tmp_path / "m.xlf"
    both = f"<source>See <mrk {kept}>Foo <x/>Bar</mrk> now</source><target>Voyez <mrk {kept}>Foo Bar</mrk></target>"
    if version == "1.2":
        path.write_text(f'<xliff version="1.2"><trans-unit id="1">{both}</trans-unit></xliff>', encoding="utf-8")
    else:
        path.write_text(f'<xliff version="2.0"><unit id="1"><segment>{both}</segment></unit></xliff>', encoding="utf-8")
    assert pairs_of(path) == [("See Foo Bar now", "Voyez Foo Bar")]


def test_columns_are_found_by_language_or_name() -> None:
    path = FORMATS / "table.csv"
    assert pairs_of(path, Reading("en", "fr")) == [("Good morning", "Bonjour")]
    chosen = Reading(source_column="key", target_column="en")
    assert pairs_of(path, chosen)[2] == ("lines", "Two lines")
    with pytest.raises(CorpusError, match="has no column 'nl' for the target; its columns are 'key', 'en'"):
        pairs_of(path, Reading("en", target_column="nl"))
    options = r"--source-column and --target-column \(regard train: data\.source_column=… and data\.target_column=…\)"
    with pytest.raises(CorpusError, match=f"say which hold source and target with {options}, or call them source and"):
        pairs_of(path)


def test_subtitles_meet_in_time() -> None:
    assert [(pair.source, pair.target) for pair in read_pairs(FORMATS / "film.srt", FORMATS / "film.fr.srt")] == [
        ("Good morning, my friend.", "Bonjour, mon ami."),
        ("- Where is the station? - It is near the river.", "- Où est la gare ? - Elle est près de la rivière."),
        ("The train leaves in ten minutes.", "Le train part dans dix minutes."),
    ]
    with pytest.raises(CorpusError, match="only one of them is subtitles"):
        list(read_pairs(FORMATS / "film.srt", FORMATS / "notes.md"))


def test_a_file_of_both_sides_has_no_second_one() -> None:
    with pytest.raises(CorpusError, match=r"memory\.tmx holds both sides already; give it alone"):
        list(read_pairs(FORMATS / "memory.tmx", FORMATS / "notes.md"))


def test_a_missing_translation_is_no_damage() -> None:
    require_sound(check_corpus(FORMATS / "messages.po"))
    require_sound(check_corpus(FORMATS / "memory.tmx"))


@pytest.mark.parametrize("fitting", [("en-GB", "en"), ("EN_us", "en-US"), ("en", "en-GB")])
def test_languages_that_fit(fitting: tuple[str, str]) -> None:
    assert fits(*fitting)


def test_the_language_said_exactly_comes_first() -> None:
    assert best_fit(["en-US", "en"], "en") == "en"
    assert best_fit(["en-US", "de"], "en") == "en-US"
    assert best_fit(["enm"], "en") is None


def test_rules_of_plurals() -> None:
    assert [rule_for(language).num_forms for language in ("fr", "de", "ja", "pl", "ar", "pt-BR")] == [2, 2, 1, 3, 6, 2]
    assert all(rule_for(language).form_for_one in (0, 1) for language in ("fr", "ru", "ar", "sl"))


def many(folder: Path) -> tuple[Path, Path, Path]:
    """The same forty pairs as a memory and as two files of lines."""
    english = [f"Sentence {number} is here & there." for number in range(40)]
    french = [f"La phrase {number} est <ici> et là." for number in range(40)]
    escaped = [
        [side.replace("&", "&amp;").replace("<", "&lt;") for side in pair] for pair in zip(english, french, strict=True)
    ]
    units = "".join(
        f'<tu><tuv xml:lang="en"><seg>{one}</seg></tuv><tuv xml:lang="fr"><seg>{other}</seg></tuv></tu>\n'
        for one, other in escaped
    )
    memory, source, target = folder / "m.tmx", folder / "m.en", folder / "m.fr"
    memory.write_text(f'<tmx version="1.4"><header srclang="en"/><body>{units}</body></tmx>', encoding="utf-8")
    source.write_text("\n".join(english) + "\n", encoding="utf-8")
    target.write_text("\n".join(french) + "\n", encoding="utf-8")
    return memory, source, target


def test_splitting_and_cleaning_a_memory_writes_what_can_be_read(tmp_path: Path) -> None:
    memory, source, target = many(tmp_path)
    assert split_corpus(memory, out=tmp_path / "split", valid=4, test=4) == split_corpus(
        source, target, out=tmp_path / "lines", valid=4, test=4
    )
    lines = [*read_pairs(tmp_path / "lines" / "train.en", tmp_path / "lines" / "train.fr")]
    assert pairs_of(tmp_path / "split" / "train.jsonl") == [(pair.source, pair.target) for pair in lines]
    assert clean_corpus(memory, out=tmp_path / "clean").kept == 40
    assert len(pairs_of(tmp_path / "clean" / "clean.jsonl")) == 40


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_tables_in_columns(suffix: str, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pip install 'regard[formats]' brings pyarrow")
    import pyarrow.parquet

    table = arrow.table({"en": ["one", "two", None], "fr": ["un", "deux", "trois"]})
    path = tmp_path / f"t{suffix}"
    if suffix == ".parquet":
        pyarrow.parquet.write_table(table, path)
    else:
        with arrow.ipc.new_file(path, table.schema) as file:
            file.write_table(table)
    assert pairs_of(path, Reading("en", "fr")) == [("one", "un"), ("two", "deux")]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CorpusError, match="cannot be read as a table in columns"):
        pairs_of(path, Reading("en", "fr"))


def test_a_saved_data_set(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pip install 'regard[formats]' brings pyarrow")
    folder = tmp_path / "set" / "train"
    folder.mkdir(parents=True)
    table = arrow.table({"translation": [{"en": "one", "fr": "un"}, {"en": "two", "fr": "deux"}]})
    with arrow.ipc.new_stream(folder / "data-00000-of-00001.arrow", table.schema) as file:
        file.write_table(table)
    (folder / "state.json").write_text("{}")
    (tmp_path / "set" / "dataset_dict.json").write_text('{"splits": ["train"]}')
    assert pairs_of(folder, Reading("fr", "en")) == [("un", "one"), ("deux", "two")]
    with pytest.raises(CorpusError, match="holds the splits train; give one of them"):
        pairs_of(tmp_path / "set")
    (folder / "cache-0123.arrow").write_bytes((folder / "data-00000-of-00001.arrow").read_bytes())
    (folder / "state.json").write_text('{"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}')
    assert pairs_of(folder, Reading("fr", "en")) == [("un", "one"), ("deux", "two")]


def test_only_the_files_that_a_saved_data_set_names_belong_to_it(tmp_path: Path) -> None:
    """The library leaves its own copies beside them; seen here without pyarrow, by the name that is missed."""
    (tmp_path / "cache-0123.arrow").write_bytes(b"ARROW1")
    (tmp_path / "state.json").write_text('{"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}')
    with pytest.raises(CorpusError, match=r"there is no file .*data-00000-of-00001\.arrow"):
        pairs_of(tmp_path)


@pytest.mark.parametrize(
    "state", ["{", "[]", '{"_data_files": [1]}', '{"_data_files": [{"filename": 1}]}', "[" * 99_999]
)
def test_a_damaged_state_of_a_data_set_is_refused(state: str, tmp_path: Path) -> None:
    (tmp_path / "cache-0123.arrow").write_bytes(b"ARROW1")
    (tmp_path / "state.json").write_text(state)
    with pytest.raises(CorpusError, match=r"state\.json does not say which files .*copy or save the data set again"):
        pairs_of(tmp_path)


@pytest.fixture
def parquet(tmp_path: Path) -> Callable[..., Path]:
    """Writes a table, its rows in groups of the size asked for."""
    arrow = pytest.importorskip("pyarrow", reason="pip install 'regard[formats]' brings pyarrow")
    import pyarrow.parquet

    def write(rows: Mapping[str, object], types: Mapping[str, object] | None = None, **options: int) -> Path:
        table = arrow.table(rows, schema=arrow.schema(types) if types else None)
        pyarrow.parquet.write_table(table, tmp_path / "t.parquet", **options)
        return tmp_path / "t.parquet"

    return write


def test_a_row_without_anything_is_a_blank_pair(parquet: Callable[..., Path]) -> None:
    import pyarrow

    both = {"translation": pyarrow.struct([("en", pyarrow.string()), ("fr", pyarrow.string())])}
    rows = [None, {"en": "one", "fr": "un"}, None, {"en": None, "fr": "deux"}]
    for size in (1, 4):
        report = Report()
        path = parquet({"translation": rows}, both, row_group_size=size)
        assert [(pair.source, pair.target) for pair in read_pairs(path, report=report)] == [("one", "un")]
        assert report.dropped == {"blank on both sides": 2, "blank on one side": 1}
    with pytest.raises(CorpusError, match="holds the languages en, fr; say which with --source-language"):
        pairs_of(parquet({"translation": [None]}, both), Reading("en", "de"))


def test_a_batch_without_rows_says_its_languages_too(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pip install 'regard[formats]' brings pyarrow")
    table = arrow.table({"translation": [{"en": "one", "fr": "un"}]})
    path = tmp_path / "t.arrow"
    with arrow.ipc.new_stream(path, table.schema) as file:
        file.write_batch(arrow.RecordBatch.from_pylist([], table.schema))
        file.write_table(table)
    assert pairs_of(path, Reading("fr", "en")) == [("un", "one")]


def test_a_plain_column_may_be_called_translation(parquet: Callable[..., Path]) -> None:
    path = parquet({"source": ["one", "two"], "translation": ["un", "deux"]})
    assert pairs_of(path) == [("one", "un"), ("two", "deux")]
    with pytest.raises(CorpusError, match="has the columns 'translation'; say which hold source and target"):
        pairs_of(parquet({"translation": ["un"]}))


@pytest.mark.parametrize("name", ["t.parquet.gz", "t.ARROW.GZ"])
def test_a_packed_table_is_to_be_unpacked_first(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(b"PAR1"))
    with pytest.raises(CorpusError, match=r"(?i)t\.\w+\.gz is packed by gzip.*unpack it first: gunzip"):
        pairs_of(path)


def test_without_pyarrow_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(MissingExtraError, match=r"pip install 'regard\[formats\]'"):
        pairs_of(path)
