"""Wrong input, through the real command line: one clear message, exit code 2, and nothing is overwritten."""

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def model(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy of a model that a test may damage."""
    return shutil.copytree(tiny_run / "model", tmp_path / "model")


def snapshot(folder: Path) -> dict[str, bytes]:
    """Every file below a folder with its content."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def assert_refused(outcome, *words: str) -> None:
    """One message that says these words, exit code 2, and no traceback."""
    assert outcome.code == 2, outcome.err
    assert len(outcome.messages) == 1, outcome.err
    assert "Traceback" not in outcome.err
    assert "bug" not in outcome.err
    for word in words:
        assert word in outcome.err
    assert outcome.out == ""


def test_the_check_of_refusals_can_fail(regard, tiny_run: Path) -> None:
    with pytest.raises(AssertionError):
        assert_refused(regard("translate", tiny_run, stdin=b"one\n"))


def train_on(regard, source: Path, target: Path, tmp_path: Path):
    """Tries to train; whatever was wrong, no run folder may be left behind."""
    outcome = regard("train", "--source", source, "--target", target, "--out", tmp_path / "run")
    assert not (tmp_path / "run").exists()
    return outcome


def test_a_missing_file(regard, pair_files, tmp_path: Path) -> None:
    outcome = train_on(regard, tmp_path / "pair.en", pair_files[1], tmp_path)
    assert_refused(outcome, "there is no file", "pair.en", "pairs.en")


def test_different_numbers_of_lines(regard, pair_files, tmp_path: Path) -> None:
    source, target = pair_files
    target.write_text(target.read_text(encoding="utf-8") + "de trop\n", encoding="utf-8")
    assert_refused(train_on(regard, source, target, tmp_path), "40", "41", str(source), str(target))


def test_latin1_pairs(regard, pair_files, tmp_path: Path) -> None:
    source, target = pair_files
    lines = target.read_text(encoding="utf-8").splitlines()
    target.write_bytes("\n".join([*lines[:-1], "été"]).encode("latin-1"))
    assert_refused(train_on(regard, source, target, tmp_path), str(target), "line 40", "UTF-8")


def test_too_few_pairs(regard, tmp_path: Path) -> None:
    (tmp_path / "few.tsv").write_text("one\tun\n", encoding="utf-8")
    outcome = regard("train", "--source", tmp_path / "few.tsv", "--out", tmp_path / "run")
    assert_refused(outcome, "1 sentence pairs", "500")


def test_unknown_keys_are_listed_all_at_once(regard, tmp_path: Path) -> None:
    outcome = regard("train", "training.sed=3", "model.dropout=2", "modele.x=1", "--out", tmp_path / "run")
    assert_refused(outcome, "training.sed", "did you mean seed?", "model.dropout", "modele", "3 problems")
    assert not (tmp_path / "run").exists()


def test_an_unknown_key_in_a_file_has_its_line(regard, tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[training]\nseed = 1\nlearning_rat = 2\n", encoding="utf-8")
    outcome = regard("train", "--settings", tmp_path / "my.toml", "--out", tmp_path / "run")
    assert_refused(outcome, "my.toml, line 3", "learning_rat")


def test_an_unknown_preset(regard, tmp_path: Path) -> None:
    outcome = regard("train", "--preset", "smalll", "--out", tmp_path / "run")
    assert_refused(outcome, "smalll", "did you mean small?")


@pytest.mark.parametrize("value", ["a\nb", '"quoted".en', "2024", "it's.en"])
def test_any_file_name_reaches_the_settings(regard, tmp_path: Path, value: str) -> None:
    outcome = regard("train", "--source", value, "--target", "x.fr", "--out", tmp_path / "run")
    assert_refused(outcome, "there is no file ", f"/{value}")


def test_a_run_without_a_folder(regard) -> None:
    assert_refused(regard("train"), "--out FOLDER")


def test_a_run_folder_that_is_there(regard, tiny_run: Path) -> None:
    before = snapshot(tiny_run)
    assert_refused(regard("train", "--out", tiny_run), "exists already", "--resume")
    assert snapshot(tiny_run) == before


@pytest.mark.parametrize("command", ["train", "demo"])
def test_any_folder_that_is_there(regard, tmp_path: Path, command: str) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    told = regard(command, "--out", tmp_path / "mine")
    assert_refused(told, "exists already and is left as it is; give another folder")
    assert "--resume" not in told.err  # there is no run in it
    assert snapshot(tmp_path) == {"mine/letter.txt": b"dear"}


def test_resuming_what_is_no_run(regard, tmp_path: Path) -> None:
    assert_refused(regard("train", "--resume", tmp_path), "not the folder of a run")


def test_resuming_with_other_settings(regard, tiny_run: Path) -> None:
    outcome = regard("train", "--resume", tiny_run, "--out", "x", "--seed", 3, "training.max_steps=9")
    assert_refused(outcome, "leave out --out, training.seed, training.max_steps")


@pytest.mark.parametrize("command", ["translate", "evaluate"])
def test_no_model(regard, tmp_path: Path, command: str) -> None:
    assert_refused(regard(command, tmp_path / "nowhere"), "there is no model at", "regard train")


def test_a_folder_that_holds_no_model(regard, tmp_path: Path) -> None:
    assert_refused(regard("translate", tmp_path), "holds no model")


@pytest.mark.parametrize("command", ["translate", "evaluate"])
def test_a_damaged_model(regard, model: Path, command: str) -> None:
    weights = next(model.glob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert_refused(regard(command, model), weights.name, "damaged")


@pytest.mark.parametrize("name", ["manifest.json", "config.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe", b'{"a": NaN}'])
def test_a_model_with_another_file_in_it(regard, model: Path, name: str, content: bytes) -> None:
    (model / name).write_bytes(content)
    assert_refused(regard("translate", model), name)


def test_an_output_that_is_there(regard, tiny_run: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.fr"
    output.write_text("mine")
    assert_refused(regard("translate", tiny_run, "-o", output, stdin=b"one\n"), "out.fr exists already")
    assert_refused(regard("evaluate", tiny_run, "-o", output), "out.fr exists already")
    assert snapshot(tmp_path) == {"out.fr": b"mine"}


def test_a_latin1_line(regard, tiny_run: Path, tmp_path: Path) -> None:
    (tmp_path / "in.en").write_bytes(b"one\n" + "\u00e9\n".encode("latin-1"))
    outcome = regard("translate", tiny_run, tmp_path / "in.en", "-o", tmp_path / "out.fr")
    assert_refused(outcome, "in.en, line 2", "0xe9", "iconv")
    assert [path.name for path in tmp_path.iterdir()] == ["in.en"]


def test_a_missing_input(regard, tiny_run: Path, tmp_path: Path) -> None:
    assert_refused(regard("translate", tiny_run, tmp_path / "no.en"), "No such file or directory", "no.en")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--num-hypotheses", "2"], "needs --json"),
        (["--num-hypotheses", "3", "--beam-size", "2", "--json"], "num_hypotheses"),
        (["--stream", "--json"], "leave out --json"),
        (["--stream", "--beam-size", "3"], "leave out --beam-size"),
        (["--dtype", "float8"], "float8"),
        (["--device", "tpu"], "tpu"),
    ],
)
def test_options_that_do_not_fit(regard, tiny_run: Path, options: list[str], words: str) -> None:
    assert_refused(regard("translate", tiny_run, *options, stdin=b"one\n"), words)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["translate"],
        ["train", "--nonsense"],
        ["translate", "x", "--beam-size", "0"],
        ["demo", "--seed=x"],
    ],
)
def test_usage_errors(regard, arguments: list[str]) -> None:
    outcome = regard(*arguments)
    assert outcome.code == 2
    assert "Error: " in outcome.err
    assert "Usage: regard" in outcome.err


def test_references_without_sentences(regard, tiny_run: Path, pair_files) -> None:
    assert_refused(regard("evaluate", tiny_run, "--target", pair_files[1]), "--target is given without --source")


def test_a_test_set_of_different_lengths(regard, tiny_run: Path, pair_files) -> None:
    source, target = pair_files
    source.write_text("one\n", encoding="utf-8")
    assert_refused(regard("evaluate", tiny_run, "--source", source, "--target", target), "40")


@pytest.mark.parametrize("given", ["inf", "-inf", "nan", "-0.5", "two", ""])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["translate", "x", "--length-penalty"], "a number, at least 0"),
        (["evaluate", "x", "--length-penalty"], "a number, at least 0"),
        (["corpus", "check", "x.tsv", "--max-ratio"], "a number, at least 1"),
        (["train", "--out", "x", "--max-minutes"], "a number, above 0"),
        (["demo", "--out", "x", "--minutes"], "a number, above 0"),
    ],
    ids=["translate", "evaluate", "check", "train", "demo"],
)
def test_numbers_that_are_none(regard, arguments: list[str], expected: str, given: str) -> None:
    outcome = regard(*arguments[:-1], f"{arguments[-1]}={given}")
    assert outcome.code == 2
    assert f"Error: Invalid value for '{arguments[-1]}': {given!r} is given; expected {expected}" in outcome.err


def test_numbers_at_their_bounds(regard, tmp_path: Path) -> None:
    assert "there is no model" in regard("translate", tmp_path / "x", "--length-penalty", 0).err
    assert "there is no file" in regard("corpus", "check", tmp_path / "x.tsv", "--max-ratio", 1).err
    assert "above 0" in regard("demo", "--minutes", 0, "--out", tmp_path / "x").err
