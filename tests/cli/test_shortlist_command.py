"""``regard shortlist``, and ``--shortlist`` of those who use it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import regard as package
from regard.errors import SettingsError

LINES = b"one two three\nnine nine zero\nfour two seven\n"
FRENCH = "un deux trois\nneuf neuf zéro\nquatre deux sept\n"


@pytest.fixture(scope="module")
def pairs(tiny_run: Path) -> tuple[Path, Path]:
    return tiny_run.parent / "numbers.en", tiny_run.parent / "numbers.fr"


@pytest.fixture
def copied(tiny_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_run, tmp_path / "run"))


@pytest.fixture
def listed(regard, copied: Path, pairs: tuple[Path, Path]) -> Path:
    source, target = pairs
    options = ["--per-piece", 8, "--frequent", 5]
    outcome = regard("shortlist", copied, "--source", source, "--target", target, *options)
    assert outcome.code == 0, outcome.err
    assert "translations of 330 pieces are in the model now" in outcome.out
    return copied


def test_it_is_learned_from_the_training_pairs(regard, copied: Path) -> None:
    outcome = regard("shortlist", copied)
    assert outcome.code == 0, outcome.err
    assert (copied / "model" / "shortlist.safetensors").is_file()


def test_everything_else_of_the_model_stays(listed: Path, tiny_run: Path) -> None:
    for name in ("model.safetensors", "config.json", "tokenizer.model"):
        assert (listed / "model" / name).read_bytes() == (tiny_run / "model" / name).read_bytes()


def test_translations_are_chosen_among_few_pieces(regard, listed: Path) -> None:
    free, within = (regard("translate", listed, *options, stdin=LINES) for options in ([], ["--shortlist"]))
    assert free.out == within.out == FRENCH
    model = package.load(listed)
    assert model.shortlist is not None
    assert model.shortlist.allowed([model.tokenizer.encode("nine")]).sum() < 40


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "int8", "float64"])
@pytest.mark.parametrize("beam_size", [1, 3])
def test_traced_is_untraced_within_a_shortlist(listed: Path, dtype: str, beam_size: int) -> None:
    model = package.load(listed, dtype=dtype)
    for line in ("one two three", "nine", "eight zero seven"):
        translated = model.translate(line, beam_size=beam_size, shortlist=True)
        trace = model.explain(line, beam_size=beam_size, shortlist=True)
        assert trace.translation.text == translated.text
        assert translated.tokens == model.translate([line, "five"], beam_size=beam_size, shortlist=True)[0].tokens


def test_a_shortlist_of_something_else_is_kept_to(regard, copied: Path, tmp_path: Path) -> None:
    """A control: what the list does not give is not written, though the model knows better."""
    (tmp_path / "wrong.tsv").write_text("one\tdeux\ntwo\ttrois\n" * 20, encoding="utf-8")
    options = ["--per-piece", 1, "--frequent", 0]
    assert regard("shortlist", copied, "--source", tmp_path / "wrong.tsv", *options).code == 0
    model = package.load(copied)
    assert model.translate("one two one").text == "un deux un"
    assert "un" not in model.translate("one two one", shortlist=True).text.split()


def test_evaluate_uses_it_only_if_asked(regard, copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test.tsv").write_text("one two\tun deux\n", encoding="utf-8")
    asked = []
    original = package.Translator.translate_lines
    monkeypatch.setattr(
        package.Translator, "translate_lines", lambda *given, **how: asked.append(how) or original(*given, **how)
    )
    assert regard("evaluate", copied, "--source", tmp_path / "test.tsv").code == 0
    assert [how["shortlist"] for how in asked] == [False]
    outcome = regard("evaluate", copied, "--source", tmp_path / "test.tsv", "--shortlist")
    assert outcome.code == 2
    assert "shortlist is asked for, but the model has none; `regard shortlist MODEL` learns one" in outcome.err


def test_a_model_without_one_says_so_in_python(copied: Path) -> None:
    with pytest.raises(SettingsError, match="the model has none; `regard shortlist MODEL` learns one"):
        package.load(copied).translate("one", shortlist=True)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--target", "x"], "--target is given without --source"),
        (["--source", "long.tsv"], "none of the 1 pairs has two sides of at most 250 tokens"),
        (["--source", "missing.tsv"], "missing.tsv"),
    ],
)
def test_wrong_pairs_are_refused(
    regard, copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "long.tsv").write_text("one " * 300 + "\tun\n", encoding="utf-8")
    outcome = regard("shortlist", copied, *options)
    assert outcome.code == 2
    assert message in outcome.err


HOLD = """
import sys
from pathlib import Path
from regard.disk import held
with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("given", ["", "model"], ids=["the run", "its model"])
def test_a_run_in_which_another_process_works_is_left_alone(regard, copied: Path, given: str) -> None:
    before = {path.name: path.read_bytes() for path in (copied / "model").iterdir()}
    command = [sys.executable, "-c", HOLD, copied]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as training:
        assert training.stdout is not None
        training.stdout.readline()
        outcome = regard("shortlist", copied / given)
        training.communicate("")
    assert outcome.code == 2
    assert f"run is in use by process {training.pid} on " in outcome.err
    assert {path.name: path.read_bytes() for path in (copied / "model").iterdir()} == before


def test_a_model_of_no_run_needs_no_lock(regard, copied: Path, tmp_path: Path, pairs: tuple[Path, Path]) -> None:
    model = Path(shutil.copytree(copied / "model", tmp_path / "alone" / "model"))
    outcome = regard("shortlist", model, "--source", pairs[0], "--target", pairs[1])
    assert outcome.code == 0, outcome.err
    assert [path.name for path in model.parent.iterdir()] == ["model"]
