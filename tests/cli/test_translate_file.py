"""`regard translate MODEL messages.po -o OUT`: files translated in place from the command line."""

import csv
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from regard.bundle import load_bundle, save_bundle
from regard.cli.app import app
from regard.corpus import Reading, read_pairs

PO = """msgid ""
msgstr ""
"Language: fr\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Plural-Forms: nplurals=2; plural=(n > 1);\\n"

# kept
msgid "one two"
msgstr "autre chose"

msgid "three <b>four</b> five"
msgstr ""

#, python-format
msgid "six %(name)s"
msgid_plural "seven %(name)s"
msgstr[0] ""
msgstr[1] ""

msgid "two one four"
msgstr ""
"""


def run(*arguments: object) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "messages.po"
    path.write_text(PO, encoding="utf-8")
    return path


def test_a_catalogue_is_filled(tiny_run: Path, catalogue: Path, tmp_path: Path) -> None:
    out, review = tmp_path / "out.po", tmp_path / "review.csv"
    code, _, told = run("translate", tiny_run, catalogue, "-o", out, "--review", review)
    assert code == 0, told
    text = out.read_text("utf-8")
    assert '# kept\nmsgid "one two"\nmsgstr "autre chose"\n' in text
    assert text.count("#, fuzzy") == 3
    assert text.count("%(name)s") == 4
    assert text.count("<b>") == text.count("</b>") == 2
    assert "4 translated: 0 from the memory, 4 by the model" in told
    assert "1 were translated already" in told
    rows = list(csv.DictReader(review.read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 4
    assert [row["line"] for row in rows if row["source"] == "two one four"]
    plain = [float(row["confidence"]) for row in rows if row["how"] != "placeholder_mismatch"]
    assert plain == sorted(plain)


def test_a_memory_is_asked_first(tiny_run: Path, catalogue: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.tsv"
    memory.write_text("two one four\tDEUX UN QUATRE\nsix %(name)s\tSIX SANS NOM\n", encoding="utf-8")
    out = tmp_path / "out.po"
    code, _, told = run("translate", tiny_run, catalogue, "-o", out, "--memory", memory)
    assert code == 0, told
    assert 'msgstr "DEUX UN QUATRE"' in out.read_text("utf-8")
    assert "SIX SANS NOM" not in out.read_text("utf-8")  # it lacks a placeholder
    assert "memory: 1 exact, 0 similar (25 % of all)" in told


NAMED = ["--source-column", "English", "--target-column", "French"]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("English,French,en_id\none two,,7\ntwo one four,,8\n", encoding="utf-8")
    return path


@pytest.fixture
def trained_on_a_table(tiny_run: Path, tmp_path: Path) -> Path:
    """The tiny model, with the columns that it was trained on."""
    bundle = load_bundle(Path(shutil.copytree(tiny_run / "model", tmp_path / "model")))
    data = bundle.settings.data.model_copy(update={"source_column": "English", "target_column": "French"})
    settings = bundle.settings.model_copy(update={"data": data})
    parts = {"tokenizer": bundle.tokenizer, "weights": bundle.weights(), "facts": bundle.facts}
    save_bundle(bundle.folder, settings=settings, replace=True, **parts)
    return bundle.folder


def test_columns_of_a_table_are_those_named_or_the_models(
    tiny_run: Path, trained_on_a_table: Path, table: Path
) -> None:
    code, _, told = run("translate", tiny_run, table)
    assert code == 2
    assert "say which hold source and target with --source-column and --target-column" in " ".join(told.split())
    code, shown, told = run("translate", tiny_run, table, *NAMED)
    assert code == 0, told
    assert next(csv.DictReader(shown.splitlines())) == {"English": "one two", "French": "un deux", "en_id": "7"}
    assert run("translate", trained_on_a_table, table)[:2] == (0, shown)


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
def test_columns_of_a_memory_are_those_named_or_the_models(
    suffix: str, tiny_run: Path, trained_on_a_table: Path, catalogue: Path, tmp_path: Path
) -> None:
    sign = "\t" if suffix == ".tsv" else ","
    memory = tmp_path / f"memory{suffix}"
    memory.write_text(sign.join(["id", "English", "French\n1", "two one four", "DEUX\n"]), encoding="utf-8")
    for model, options in ((tiny_run, NAMED), (trained_on_a_table, [])):
        code, shown, told = run("translate", model, catalogue, "--memory", memory, *options)
        assert code == 0, told
        assert 'msgstr "DEUX"' in shown


def test_columns_of_a_table_need_not_be_those_of_the_memory(tiny_run: Path, table: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.tsv"
    memory.write_text("two one four\tDEUX\n", encoding="utf-8")
    code, shown, told = run("translate", tiny_run, table, *NAMED, "--memory", memory)
    assert code == 0, told
    assert [row["French"] for row in csv.DictReader(shown.splitlines())][1] == "DEUX"


def test_languages_of_a_file_with_several_can_be_named(tiny_run: Path, catalogue: Path, tmp_path: Path) -> None:
    sides = "".join(f'<tuv xml:lang="{code}"><seg>{text}</seg></tuv>' for code, text in (("x-a", "one"), ("x-b", "")))
    file, out = tmp_path / "units.tmx", tmp_path / "out.tmx"
    file.write_text(f'<tmx version="1.4"><header srclang="x-a"/><body><tu>{sides}</tu></body></tmx>', "utf-8")
    code, _, told = run("translate", tiny_run, file, "-o", out)
    assert code == 2
    assert "say which with --source-language" in " ".join(told.split()).lower()
    named = ("--source-language", "x-a", "--target-language", "x-b")
    code, _, told = run("translate", tiny_run, file, "-o", out, *named)
    assert code == 0, told
    assert "1 translated" in told
    code, _, told = run("translate", tiny_run, catalogue, "--lines", *named)
    assert code == 2
    assert "--source-language, --target-language: only for files that are translated in place" in " ".join(told.split())


def test_columns_without_a_table_are_refused(tiny_run: Path, catalogue: Path, table: Path, tmp_path: Path) -> None:
    memory = tmp_path / "memory.po"
    memory.write_text(PO, encoding="utf-8")
    for options in ([], ["--memory", memory]):
        code, _, told = run("translate", tiny_run, catalogue, *NAMED, *options)
        assert code == 2
        assert f"{options[-1] if options else catalogue}: this is no table with named columns" in told
    code, _, told = run("translate", tiny_run, table, "--lines", *NAMED)
    assert code == 2
    assert "--source-column, --target-column: only for files that are translated in place" in " ".join(told.split())


def test_only_missing_ones_unless_asked(tiny_run: Path, catalogue: Path, tmp_path: Path) -> None:
    code, _, _ = run("translate", tiny_run, catalogue, "-o", tmp_path / "a.po", "--overwrite")
    assert code == 0
    assert (tmp_path / "a.po").read_text("utf-8").count("#, fuzzy") == 4
    code, _, told = run("translate", tiny_run, tmp_path / "a.po", "-o", tmp_path / "b.po")
    assert (code, (tmp_path / "b.po").read_bytes()) == (0, (tmp_path / "a.po").read_bytes())
    assert "nothing to translate: 5 translations are there already; --overwrite replaces" in told


def test_without_output_the_file_is_shown(tiny_run: Path, catalogue: Path) -> None:
    code, shown, _ = run("translate", tiny_run, catalogue)
    assert code == 0
    assert shown.startswith('msgid ""\nmsgstr ""\n"Language: fr')


def test_as_lines_if_asked(tiny_run: Path, tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("one two\nthree\n", encoding="utf-8")
    code, shown, _ = run("translate", tiny_run, path, "--lines")
    assert (code, len(shown.splitlines())) == (0, 2)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('msgid "one\n', "line 1: a string in quotation marks is expected"),
        ('msgid ""\nmsgstr "Language: de\\n"\n\nmsgid "one"\nmsgstr ""\n', "its target language is de, but fr"),
        ('msgid ""\nmsgstr ""\n', "holds no message to translate"),
    ],
)
def test_what_cannot_be_read_leaves_nothing(tiny_run: Path, tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "messages.po"
    path.write_text(content, encoding="utf-8")
    code, _, told = run("translate", tiny_run, path, "-o", tmp_path / "out.po", "--review", tmp_path / "r.html")
    assert code == 2
    assert message in told
    assert sorted(each.name for each in tmp_path.iterdir()) == ["messages.po"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--json"], "--json: only for lines; this file is translated in place"),
        (["--processes", "4"], "--processes: only for lines; this file is translated in place"),
        (["--review", "list.txt"], "a review list is written as .csv or .html"),
        (["--lines", "--overwrite"], "--overwrite: only for files that are translated in place"),
        (["--least-similarity", "0"], "expected a number, above 0"),
    ],
)
def test_options_that_do_not_fit(tiny_run: Path, catalogue: Path, options: list[str], message: str) -> None:
    code, _, told = run("translate", tiny_run, catalogue, *options)
    assert code == 2
    assert message in " ".join(told.split())


@pytest.mark.parametrize(("name", "out"), [("m.po", "out.xlf"), ("m.po", "out.po.gz"), ("m.po.gz", "out.po")])
def test_another_format_is_not_what_is_written(
    name: str, out: str, tiny_run: Path, catalogue: Path, tmp_path: Path
) -> None:
    file = catalogue.rename(tmp_path / name)
    code, _, told = run("translate", tiny_run, file, "-o", tmp_path / out)
    assert code == 2
    assert told.strip().endswith(f"let --output end in {name.removeprefix('m')}")
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_another_ending_of_the_same_format_will_do(tiny_run: Path, catalogue: Path, tmp_path: Path) -> None:
    assert run("translate", tiny_run, catalogue, "-o", tmp_path / "out.pot")[0] == 0


def test_model_and_file_swapped(tiny_run: Path, catalogue: Path) -> None:
    code, _, told = run("translate", catalogue, tiny_run)
    assert code == 2
    assert "is a folder, but a file to translate is expected: regard translate MODEL FILE" in " ".join(told.split())


def test_nothing_is_written_over(tiny_run: Path, catalogue: Path) -> None:
    code, _, told = run("translate", tiny_run, catalogue, "-o", catalogue)
    assert code == 2
    assert "exists already and is left as it is" in told
    assert catalogue.read_text("utf-8") == PO


@pytest.mark.parametrize("review", ["out.html", "folder/../out.html", "link/out.html"])
def test_a_review_does_not_take_the_place_of_the_file(tiny_run: Path, tmp_path: Path, review: str) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>one two</p>", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path)
    code, _, told = run("translate", tiny_run, page, "-o", tmp_path / "out.html", "--review", tmp_path / review)
    assert code == 2
    assert "--output and --review are both" in told
    assert "give one of them another name" in told
    assert sorted(each.name for each in tmp_path.iterdir()) == ["folder", "link", "page.html"]


@pytest.mark.parametrize("moment", ["regard.documents.translate_document", "regard.documents.write_review"])
def test_ctrl_c_leaves_nothing(
    tiny_run: Path, catalogue: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(moment, interrupted)
    code, _, told = run("translate", tiny_run, catalogue, "-o", tmp_path / "out.po", "--review", tmp_path / "r.csv")
    assert (code, told) == (130, "regard: stopped\n")
    assert sorted(each.name for each in tmp_path.iterdir()) == ["messages.po"]


def test_a_memory_trains_like_its_lines(tmp_path: Path) -> None:
    numbers = ["one", "two", "three", "four"]
    pairs = [(f"{a} {b} {c}", f"{c} & {b} <{a}>") for a in numbers for b in numbers for c in numbers]
    units = "".join(
        f'<tu><tuv xml:lang="en"><seg>{one}</seg></tuv><tuv xml:lang="fr"><seg>{other}</seg></tuv></tu>'.replace(
            "& ", "&amp; "
        )
        for one, other in ((one, other.replace("<", "&lt;").replace("&lt;", "&lt;")) for one, other in pairs)
    )
    memory = tmp_path / "m.tmx"
    memory.write_text(f'<tmx version="1.4"><header srclang="en"/><body>{units}</body></tmx>', encoding="utf-8")
    for number, side in enumerate(("en", "fr")):
        (tmp_path / f"m.{side}").write_text("".join(f"{pair[number]}\n" for pair in pairs), encoding="utf-8")
    assert [(p.source, p.target) for p in read_pairs(memory, reading=Reading("en", "fr"))] == pairs
    small = ["model.model_dim=16", "model.num_heads=2", "model.feedforward_dim=16", "model.encoder_layers=1"]
    small += ["model.decoder_layers=1", "text.vocab_size=300", "training.max_steps=4", "training.threads=1"]
    for name, files in (
        ("memory", ["--source", memory]),
        ("lines", ["--source", tmp_path / "m.en", "--target", tmp_path / "m.fr"]),
    ):
        code, _, told = run("train", "--preset", "tiny", "--out", tmp_path / name, *files, *small)
        assert code == 0, told
    for file in ("tokenizer.model", "model/model.safetensors"):
        assert (tmp_path / "memory" / file).read_bytes() == (tmp_path / "lines" / file).read_bytes()
