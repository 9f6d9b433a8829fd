"""Pairs for a model that is there: files are read in its languages and columns, and none of their lines gets lost."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import regard as package
from regard.bundle import load_bundle, save_bundle
from regard.cli.given_pairs import GivenPairs
from regard.cli.scored_pairs import scored_pairs
from regard.errors import CorpusError
from regard.settings import DataSettings

ENGLISH = ["four two seven", "one two three", "nine zero"]
FRENCH = ["quatre deux sept", "un deux trois", "neuf zéro"]
GERMAN = ["vier zwei sieben", "eins zwei drei", "neun null"]


def memory(path: Path, *, stated: str, **sides: list[str]) -> Path:
    """A translation memory that says it is from the language ``stated``."""
    variants = "".join(f'<tuv xml:lang="{language}"><seg>{{}}</seg></tuv>' for language in sides)
    units = "".join(f"<tu>{variants.format(*texts)}</tu>\n" for texts in zip(*sides.values(), strict=True))
    head = f'<tmx version="1.4"><header srclang="{stated}" segtype="sentence" datatype="plaintext"/>'
    path.write_text(f"{head}<body>\n{units}</body></tmx>\n", encoding="utf-8")
    return path


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The pairs line by line."""
    source, target = tmp_path / "test.en", tmp_path / "test.fr"
    source.write_text("".join(f"{line}\n" for line in ENGLISH), encoding="utf-8")
    target.write_text("".join(f"{line}\n" for line in FRENCH), encoding="utf-8")
    return source, target


@pytest.fixture
def scores_of(regard: Callable[..., Any]) -> Callable[..., Any]:
    """The scores that ``regard evaluate ARGUMENTS…`` gives."""

    def run(*arguments: object) -> Any:
        outcome = regard("evaluate", *arguments, "--json")
        assert outcome.code == 0, outcome.err
        return json.loads(outcome.out)["scores"]

    return run


@pytest.fixture
def model_with(tiny_run: Path, tmp_path: Path) -> Callable[..., Path]:
    """The tiny model with other settings of its data."""

    def make(**changes: object) -> Path:
        bundle = load_bundle(Path(shutil.copytree(tiny_run / "model", tmp_path / "model")))
        data = bundle.settings.data.model_copy(update=changes)
        settings = bundle.settings.model_copy(update={"data": data})
        parts = {"tokenizer": bundle.tokenizer, "weights": bundle.weights(), "facts": bundle.facts}
        save_bundle(bundle.folder, settings=settings, replace=True, **parts)
        return bundle.folder

    return make


def test_a_memory_in_the_other_direction_scores_as_its_lines_do(scores_of, tiny_run: Path, files, tmp_path) -> None:
    turned = memory(tmp_path / "turned.tmx", stated="fr", fr=FRENCH, en=ENGLISH)
    by_line = scores_of(tiny_run, "--source", files[0], "--target", files[1])
    assert by_line["chrf"]["value"] > 80
    assert scores_of(tiny_run, "--source", turned) == by_line


def test_of_three_languages_the_models_two_are_scored(scores_of, tiny_run: Path, files, tmp_path) -> None:
    three = memory(tmp_path / "three.tmx", stated="de", de=GERMAN, fr=FRENCH, en=ENGLISH)
    by_line = scores_of(tiny_run, "--source", files[0], "--target", files[1])
    assert scores_of(tiny_run, "--source", three) == by_line


def test_a_model_that_calls_its_languages_otherwise_is_told_which(regard, scores_of, model_with, tmp_path) -> None:
    model = model_with(source_language="eng", target_language="fra")
    three = memory(tmp_path / "three.tmx", stated="de", de=GERMAN, fr=FRENCH, en=ENGLISH)
    refused = regard("evaluate", model, "--source", three)
    assert refused.code == 2
    assert "Say which with --source-language and --target-language" in refused.err
    named = ["--source-language", "en", "--target-language", "fr"]
    assert scores_of(model, "--source", three, *named)["chrf"]["value"] > 80


@pytest.mark.parametrize("validated_with", ["memories/three.tmx", "memories"])
def test_a_model_is_scored_on_the_memory_it_was_validated_with(scores_of, model_with, tmp_path, validated_with) -> None:
    (tmp_path / "memories").mkdir()
    memory(tmp_path / "memories" / "three.tmx", stated="de", de=GERMAN, fr=FRENCH, en=ENGLISH)
    assert scores_of(model_with(valid_source=tmp_path / validated_with))["chrf"]["value"] > 80


def test_a_corpus_in_several_files_is_scored_as_the_whole_is(files, tmp_path: Path) -> None:
    sides = {"source": ENGLISH, "target": FRENCH}
    for side, lines in sides.items():
        (tmp_path / side).mkdir()
        for number, line in enumerate(lines):
            (tmp_path / side / f"{number}.txt").write_text(f"{line}\n", encoding="utf-8")
    given = GivenPairs(source=tmp_path / "source", target=tmp_path / "target")
    assert scored_pairs(given, DataSettings()).sides == (ENGLISH, FRENCH)


def test_columns_are_the_models_or_those_named(regard, scores_of, tiny_run: Path, model_with, tmp_path) -> None:
    rows = "".join(f"{each},{one},{other}\n" for each, (one, other) in enumerate(zip(ENGLISH, FRENCH, strict=True)))
    table = tmp_path / "table.csv"
    table.write_text(f"id,English,French\n{rows}", encoding="utf-8")
    refused = regard("evaluate", tiny_run, "--source", table)
    assert refused.code == 2
    assert "say which hold source and target with --source-column and --target-column" in refused.err
    named = scores_of(tiny_run, "--source", table, "--source-column", "English", "--target-column", "French")
    assert named["chrf"]["value"] > 80
    model = model_with(source_column="English", target_column="French")
    assert scores_of(model, "--source", table) == named


TRAINED_ON_A_TABLE = DataSettings(source=Path("table.csv"), source_column="English", target_column="French")


@pytest.mark.parametrize(
    ("head", "row", "named"),
    [
        ("source,target", "one,un", {}),
        ("French,fr,en", "no,un,one", {}),
        ("de,en", "eins,one", {"source_language": "de", "target_language": "en"}),
        ("English,French,en,fr", "no,non,one,un", {"source_language": "en"}),
        ("English,French,en,fr", "no,non,one,un", {"target_column": "fr"}),
        ("English,French,en,fr", "one,un,no,non", {}),
    ],
)
def test_columns_of_a_model_bind_nobody(tmp_path: Path, head: str, row: str, named: dict[str, str]) -> None:
    """They are taken only if nothing else is named, and of a file that has both of them."""
    table = tmp_path / "test.csv"
    table.write_text(f"{head}\n{row}\n", encoding="utf-8")
    found = scored_pairs(GivenPairs(source=table, **named), TRAINED_ON_A_TABLE).sides
    assert found == ((["eins"], ["one"]) if "eins" in row else (["one"], ["un"]))


def test_columns_of_a_model_do_not_hide_those_inside_of_a_column(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow", reason="pip install 'regard[formats]' brings pyarrow")
    import pyarrow.parquet

    pyarrow.parquet.write_table(arrow.table({"translation": [{"en": "one", "fr": "un"}]}), tmp_path / "t.parquet")
    for named in ({}, {"source_language": "en"}):
        given = GivenPairs(source=tmp_path / "t.parquet", **named)
        assert scored_pairs(given, TRAINED_ON_A_TABLE).sides == (["one"], ["un"])


def test_columns_have_to_be_there_if_they_are_named_or_were_validated_on(tmp_path: Path) -> None:
    table = tmp_path / "test.csv"
    table.write_text("source,target\none,un\n", encoding="utf-8")
    with pytest.raises(CorpusError, match="has no column 'Frisian' for the target; its columns are 'source', 'target'"):
        scored_pairs(GivenPairs(source=table, target_column="Frisian"), TRAINED_ON_A_TABLE)
    with pytest.raises(CorpusError, match="has no column 'English' for the source"):
        scored_pairs(GivenPairs(), TRAINED_ON_A_TABLE.model_copy(update={"valid_source": table}))


@pytest.mark.parametrize("source", ["memories/three.tmx", "memories"])
def test_a_shortlist_is_learned_in_the_direction_of_the_model(regard, model_with, tmp_path, source: str) -> None:
    model = model_with()
    (tmp_path / "memories").mkdir()
    memory(tmp_path / "memories" / "three.tmx", stated="de", de=GERMAN * 20, fr=FRENCH * 20, en=ENGLISH * 20)
    outcome = regard("shortlist", model, "--source", tmp_path / source, "--per-piece", 8, "--frequent", 0)
    assert outcome.code == 0, outcome.err
    loaded = package.load(model)
    assert loaded.translate("four two seven", shortlist=True).text == "quatre deux sept"


@pytest.mark.parametrize("command", ["evaluate", "shortlist"])
def test_what_describes_a_file_needs_one(regard, tiny_run: Path, command: str) -> None:
    outcome = regard(command, tiny_run, "--target", "x", "--source-column", "English")
    assert outcome.code == 2
    assert "--target, --source-column are given without --source; give that too" in outcome.err


@pytest.fixture
def gappy(tmp_path: Path) -> tuple[Path, Path]:
    """Six lines, of which the second, the fourth and the fifth have a side that says nothing."""
    source, target = tmp_path / "gaps.en", tmp_path / "gaps.fr"
    source.write_text("four two seven\n\none two three\nnine\n\ufeff\nnine zero\n", encoding="utf-8")
    target.write_text("quatre deux sept\nun\nun deux trois\n \nneuf\nneuf zéro\n", encoding="utf-8")
    return source, target


def test_as_many_lines_are_written_as_are_read(regard, tiny_run: Path, gappy, tmp_path: Path) -> None:
    source, target = gappy
    outcome = regard("evaluate", tiny_run, "--source", source, "--target", target, "-o", tmp_path / "out.fr")
    assert outcome.code == 0, outcome.err
    written = (tmp_path / "out.fr").read_text(encoding="utf-8").split("\n")
    assert written == ["quatre deux sept", "", "un deux trois", "", "", "neuf zéro", ""]
    assert f"3 sentences: {source} and {target}; left out because a side is blank: 3" in outcome.err


def test_a_comparison_names_the_line_of_the_file(regard, tiny_run: Path, gappy, monkeypatch) -> None:
    monkeypatch.setattr("regard.cli.evaluate.score", _worse_each_time())
    source, target = gappy
    options = ["--source", source, "--target", target, "--compare", tiny_run]
    outcome = regard("evaluate", tiny_run, *options)
    assert outcome.code == 0, outcome.err
    assert "\nline 3    one two three\n  reference     un deux trois\n" in outcome.out
    monkeypatch.setattr("regard.cli.evaluate.score", _worse_each_time())
    (most,) = json.loads(regard("evaluate", tiny_run, *options, "--json").out)["most_different"]
    assert (most["file"], most["line"], most["source"]) == (str(source), 3, "one two three")


def test_a_comparison_on_a_folder_names_the_file_too(
    regard, tiny_run: Path, gappy, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr("regard.cli.evaluate.score", _worse_each_time())
    lines = [path.read_text(encoding="utf-8").splitlines(keepends=True) for path in gappy]
    for side, found in zip(("en", "fr"), lines, strict=True):
        (tmp_path / side).mkdir()
        for name, part in (("1", found[:2]), ("2", found[2:])):
            (tmp_path / side / f"{name}.txt").write_text("".join(part), encoding="utf-8")
    options = ["--source", tmp_path / "en", "--target", tmp_path / "fr", "--compare", tiny_run]
    outcome = regard("evaluate", tiny_run, *options)
    assert outcome.code == 0, outcome.err
    assert f"\n{tmp_path / 'en' / '2.txt'}, line 1    one two three\n" in outcome.out


def _worse_each_time() -> Callable[..., Any]:
    """A stand-in for ``score``: the second model gets the second sentence wrong, and nothing else."""
    from regard.cli.scoring import Scored
    from regard.evaluation import evaluate

    answers = iter([["a b", "un deux trois", "c"], ["a b", "quatre", "c"]])

    def score(_translator: object, _sources: object, references: list[str], **_options: object) -> Scored:
        found = next(answers)
        return Scored(tuple(found), evaluate(found, [references]), 1.0)

    return score


@pytest.mark.parametrize("wrong", ["there is no model", "shortlist is asked for, but the model has none"])
def test_what_is_wrong_with_the_second_model_is_said_before_anything_is_translated(
    regard, tiny_run: Path, model_with, files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    def translate(*_given: object, **_how: object) -> None:
        raise AssertionError("a sentence was translated")

    listed, second = model_with(), tmp_path / "none" if "no model" in wrong else tiny_run
    given = ["--source", files[0], "--target", files[1]]
    assert regard("shortlist", listed, *given).code == 0
    monkeypatch.setattr("regard.cli.evaluate.score", translate)
    outcome = regard("evaluate", listed, *given, "--shortlist", "--compare", second)
    assert outcome.code == 2
    assert wrong in outcome.err


@pytest.mark.parametrize("command", ["evaluate", "shortlist"])
@pytest.mark.parametrize("missing", ["source", "target"])
def test_a_file_that_is_not_there_is_said_before_a_model_is_loaded(
    regard, tiny_run: Path, files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str, command: str
) -> None:
    def load(*_given: object, **_how: object) -> None:
        raise AssertionError("a model was loaded")

    for loader in ("regard.translator.load", "regard.bundle.load_bundle"):
        monkeypatch.setattr(loader, load)
    given = {"source": files[0], "target": files[1]} | {missing: tmp_path / "nowhere"}
    outcome = regard(command, tiny_run, "--source", given["source"], "--target", given["target"])
    assert outcome.code == 2
    assert f"there is no file {tmp_path / 'nowhere'}" in outcome.err
