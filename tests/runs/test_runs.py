"""A whole run in seconds: it learns, keeps what it says, and resumes bit for bit."""

import json
import random
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from regard.bundle import load_bundle
from regard.corpus import Origin, Pair
from regard.errors import BundleError, CorpusError, OutputExistsError, SettingsError
from regard.runs import machine, plan_run, resume, train
from regard.runs.data import held_out, read_data
from regard.runs.folder import RunFolder
from regard.settings import Settings, load_settings
from regard.training import Silent, load_state, save_state

WORDS = {"a": "un", "red": "rouge", "big": "grand", "cat": "chat", "dog": "chien", "sees": "voit", "hears": "entend"}


def corpus_in(folder: Path) -> list[str]:
    """A file of word-for-word pairs; returns the settings of a run of 12 updates on them."""
    animals, adjectives, verbs = ["cat", "dog"], ["red", "big"], ["sees", "hears"]
    lines = [
        f"a {x} {s} {v} a {y} {o}"
        for x in adjectives
        for s in animals
        for v in verbs
        for y in adjectives
        for o in animals
    ]
    rows = [f"{line}\t{' '.join(WORDS[word] for word in line.split())}" for line in lines for _ in range(3)]
    (folder / "pairs.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return [
        f"data.source={folder / 'pairs.tsv'}",
        "text.vocab_size=300",
        "model.model_dim=16",
        "model.num_heads=2",
        "model.feedforward_dim=32",
        "model.encoder_layers=1",
        "model.decoder_layers=1",
        "model.dropout=0.2",
        "training.batch_tokens=256",
        "training.accumulate=2",
        "training.max_steps=12",
        "training.validate_every=4",
        "training.threads=1",
    ]


def settings_in(folder: Path, *more: str) -> Settings:
    return load_settings(None, [*corpus_in(folder), *more])


def test_sections_that_contradict_each_other_are_said_before_anything_is_read(tmp_path: Path) -> None:
    """Such a run would have ended at the first long batch, perhaps after hours, and there again when resumed."""
    given = ["data.source=nowhere.tsv", "model.positions=learned", "model.max_length=64"]
    with pytest.raises(SettingsError, match=r"data\.max_tokens = 250 lets sentences in"):
        plan_run(None, given)
    with pytest.raises(SettingsError, match=r"data\.max_tokens = 250 lets sentences in"):
        train(load_settings(None, given), tmp_path / "run")
    assert not list(tmp_path.iterdir())


class StopAt(Silent):
    """Interrupts a run, as Ctrl-C would, when a validation is reported."""

    def __init__(self, step: int) -> None:
        self.at = step

    def validated(self, report: object) -> None:
        if report.step == self.at:  # type: ignore[attr-defined]
            signal.raise_signal(signal.SIGINT)


def final_state(run: Path) -> dict[str, torch.Tensor]:
    return load_state(RunFolder(run).checkpoints()[-1])[1]


@pytest.mark.guarantee(
    "A stopped and resumed run ends with the same bits, dropout and the order of the data included",
    area="training",
    control="test_a_lost_random_state_would_be_noticed",
    reported="OpenNMT-py #2006, #2517, transformers #11323",
)
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_stopped_and_resumed_run_is_bit_identical(tmp_path: Path, dtype: str) -> None:
    settings = settings_in(tmp_path, f"training.dtype={dtype}")
    train(settings, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(settings, tmp_path / "stopped", reporter=StopAt(4))
    assert load_state(RunFolder(tmp_path / "stopped").checkpoints()[-1])[0].step == 4
    assert resume(tmp_path / "stopped").steps == 12
    whole, resumed = final_state(tmp_path / "whole"), final_state(tmp_path / "stopped")
    assert whole.keys() == resumed.keys()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_resuming_amid_an_epoch_of_sentences_cut_anew_is_bit_identical(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, "text.sampling=0.2", "training.dtype=float32")
    train(settings, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(settings, tmp_path / "stopped", reporter=StopAt(4))
    progress, _ = load_state(RunFolder(tmp_path / "stopped").checkpoints()[-1])
    assert progress.place.batch > 0
    resume(tmp_path / "stopped")
    whole, resumed = final_state(tmp_path / "whole"), final_state(tmp_path / "stopped")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    plain = settings_in(tmp_path, "training.dtype=float32")
    train(plain, tmp_path / "plain")
    assert not all(torch.equal(whole[name], tensor) for name, tensor in final_state(tmp_path / "plain").items())


def test_a_lost_random_state_would_be_noticed(tmp_path: Path) -> None:
    settings = settings_in(tmp_path)
    train(settings, tmp_path / "whole")
    with pytest.raises(KeyboardInterrupt):
        train(settings, tmp_path / "stopped", reporter=StopAt(4))
    checkpoint = RunFolder(tmp_path / "stopped").checkpoints()[-1]
    progress, tensors = load_state(checkpoint)
    progress.noise["words"][0] ^= 1
    save_state(checkpoint, progress, tensors)
    resume(tmp_path / "stopped")
    whole, resumed = final_state(tmp_path / "whole"), final_state(tmp_path / "stopped")
    assert not all(torch.equal(whole[name], resumed[name]) for name in whole)


class Notes(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, message: str) -> None:
        self.notes.append(message)


@pytest.mark.parametrize("changed", [None, "__version__", "_processor"])
def test_going_on_with_something_else_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: str | None
) -> None:
    with pytest.raises(KeyboardInterrupt):
        train(settings_in(tmp_path), tmp_path / "run", reporter=StopAt(4))
    if changed is not None:
        monkeypatch.setattr(machine, changed, "another" if changed == "__version__" else lambda *_: "another")
    resume(tmp_path / "run", reporter=(notes := Notes()))
    said = [note for note in notes.notes if "now another" in note and "not bit for bit" in note]
    assert len(said) == (changed is not None)


def test_a_run_learns_and_keeps_its_best_model(tmp_path: Path) -> None:
    settings = settings_in(tmp_path, "training.max_steps=150", "training.validate_every=50", "model.dropout=0.0",
                           "training.learning_rate=1e-2", "training.warmup_steps=20")  # fmt: skip
    result = train(settings, tmp_path / "run")
    assert result.best_score is not None
    assert result.best_score > 30
    bundle = load_bundle(tmp_path / "run")
    assert bundle.facts.num_steps == result.best_step
    assert {score.metric for score in bundle.facts.scores} == {"loss", "bleu", "chrf"}
    assert len(RunFolder(tmp_path / "run").checkpoints()) == 2
    assert (tmp_path / "run" / "curve.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("is_on_disk", [False, True], ids=["in memory", "on disk"])
def test_what_is_prepared_on_disk_once_does_not_count_against_the_time_limit(tmp_path: Path, is_on_disk: bool) -> None:
    limits = ["training.max_minutes=1", "training.max_steps=3", f"data.in_memory_pairs={0 if is_on_disk else 1000}"]
    settings = settings_in(tmp_path, *limits, f"data.cache={tmp_path / 'cache'}")
    data = replace(read_data(settings.data), seconds=600.0)
    result = train(settings, tmp_path / "run", data=data)
    assert result.steps == (3 if is_on_disk else 1)
    assert (result.elapsed_seconds < 600) is is_on_disk


def test_a_program_told_to_ignore_ctrl_c_goes_on(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        assert train(settings_in(tmp_path), tmp_path / "run", reporter=StopAt(4)).steps == 12
    finally:
        signal.signal(signal.SIGINT, before)


def test_an_existing_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "mine.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="exists already and is left as it is"):
        train(settings_in(tmp_path), tmp_path / "run")
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["mine.txt"]


def test_resuming_on_other_pairs_is_refused(tmp_path: Path) -> None:
    train(settings_in(tmp_path), tmp_path / "run")
    with (tmp_path / "pairs.tsv").open("a", encoding="utf-8") as file:
        file.write("a big cat\tun grand chat\n")
    with pytest.raises(BundleError, match="pairs with other content"):
        resume(tmp_path / "run")


def test_resuming_with_other_validation_pairs_is_refused(tmp_path: Path) -> None:
    valid = tmp_path / "valid.tsv"
    valid.write_text("a cat\tun chat\na dog\tun chien\n")
    train(settings_in(tmp_path, f"data.valid_source={valid}", "training.max_steps=1"), tmp_path / "run")
    kept = valid.read_text()
    valid.write_text("a cat\tun chat\na dog\tun chat\na dog\tun chien\n")
    with pytest.raises(BundleError, match=r"is validated on 2 pairs; .* now are 3 validation pairs with other content"):
        resume(tmp_path / "run")
    facts = json.loads((tmp_path / "run" / "data.json").read_text())
    older = {name: facts[name] for name in ("fingerprint", "num_pairs")}  # of before runs said which
    (tmp_path / "run" / "data.json").write_text(json.dumps(older))
    assert resume(tmp_path / "run").steps == 1
    (tmp_path / "run" / "data.json").write_text(json.dumps(facts))
    valid.write_text(kept)
    assert resume(tmp_path / "run").steps == 1


def test_what_is_no_run_cannot_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not the folder of a run"):
        resume(tmp_path)


def test_too_few_pairs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "few.tsv").write_text("a\tb\n")
    with pytest.raises(CorpusError, match="has 1 sentence pairs, but training needs 10"):
        train(load_settings(None, [f"data.source={tmp_path / 'few.tsv'}"]), tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("side", ["source", "target"])
def test_validation_pairs_that_are_all_too_long_are_named_and_counted(tmp_path: Path, side: str) -> None:
    sides = {"source": "a cat", "target": "un chat", side: "a cat " * 200}
    (tmp_path / "long.tsv").write_text(f"{sides['source']}\t{sides['target']}\n" * 3, encoding="utf-8")
    settings = settings_in(tmp_path, f"data.valid_source={tmp_path / 'long.tsv'}")
    with pytest.raises(CorpusError, match=r"all 3 validation pairs are longer than data\.max_tokens = 250; raise it"):
        train(settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_no_source_sentence_is_on_both_sides_of_the_split() -> None:
    pairs = [Pair(f"Sentence {n % 40}", f"Phrase {n}", Origin("x", n)) for n in range(200)]
    kept, held = held_out(pairs, 30)
    assert len(kept) + len(held) == 200
    assert 20 <= len(held) <= 30
    assert not {pair.source for pair in kept} & {pair.source for pair in held}


@given(repeats=st.lists(st.integers(1, 3), min_size=30, max_size=60), size=st.integers(1, 40))
def test_a_source_of_two_pairs_in_five_is_not_held_out(repeats: list[int], size: int) -> None:
    sources = [f"Sentence {number}." for number, times in enumerate(repeats) for _ in range(times)]
    sources += ["Yes."] * (len(sources) * 2 // 3)
    kept, held = held_out([Pair(source, "x", Origin("x", 1)) for source in sources], size)
    assert len(kept) + len(held) == len(sources)
    assert {pair.source for pair in held}.isdisjoint({pair.source for pair in kept} | {"Yes."})
    assert min(size, len(sources) // 10) <= len(held) <= max(3, 1.5 * min(size, len(sources) // 10))


def test_ordinary_pairs_are_held_out_as_ever() -> None:
    pairs = [Pair(f"Sentence {n * n % 331}", f"Phrase {n}", Origin("x", n)) for n in range(400)]
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(pair.source.casefold(), []).append(pair)
    keys = sorted(groups)
    random.Random(400).shuffle(keys)
    expected: list[Pair] = []
    while len(expected) < 40:
        expected += groups[keys.pop(0)]
    assert held_out(pairs, 1000)[1] == expected


def test_pairs_with_a_single_source_are_refused_before_subwords_are_learned(tmp_path: Path) -> None:
    (tmp_path / "one.tsv").write_text("".join(f"Yes.\tOui {number}.\n" for number in range(20)), encoding="utf-8")
    for limit in (0, 100):
        where = [f"data.source={tmp_path / 'one.tsv'}", f"data.cache={tmp_path / 'cache'}"]
        settings = settings_in(tmp_path, *where, f"data.in_memory_pairs={limit}")
        with pytest.raises(CorpusError, match="all 20 pairs share one source sentence, so that none of them can be"):
            train(settings, tmp_path / "run")
    assert not (tmp_path / "run").exists()
