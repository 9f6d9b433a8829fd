"""A listener that cannot write costs lines, not the run; a signal in the middle of a line is told after it."""

import signal
from pathlib import Path

import pytest

from regard.errors import DiskFullError
from regard.runs import train
from regard.runs.listeners import Spared
from regard.runs.signals import stop_requests
from regard.settings import load_settings
from regard.training import Silent


class Failing(Silent):
    """Cannot write."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    def note(self, message: str) -> None:
        self.asked += 1
        raise self.error


@pytest.mark.parametrize("error", [BrokenPipeError("gone"), OSError(5, "no terminal"), DiskFullError("no space")])
def test_it_is_told_once_and_asked_again(error: Exception) -> None:
    told: list[str] = []
    failing = Failing(error)
    spared = Spared(failing, tell=told.append)
    for _ in range(3):
        spared.note("a line")
    assert failing.asked == 3
    assert len(told) == 1
    assert "Training goes on without these lines" in told[0]


def test_what_is_wrong_with_a_listener_itself_is_not_hidden() -> None:
    with pytest.raises(TypeError, match="wrong"):
        Spared(Failing(TypeError("wrong")), tell=lambda _: None).note("a line")


class Writing(Silent):
    """As a stream that is in the middle of a line: refuses a second writer, once."""

    def __init__(self) -> None:
        self.is_writing = True
        self.said: list[str] = []

    def note(self, message: str) -> None:
        if self.is_writing:
            raise RuntimeError("reentrant call inside a writer")
        self.said.append(message)


def test_a_signal_in_the_middle_of_a_line_is_told_after_it() -> None:
    listener = Writing()
    with pytest.raises(KeyboardInterrupt), stop_requests(listener) as stop:  # noqa: PT012
        assert not stop()
        signal.raise_signal(signal.SIGINT)
        listener.is_writing = False
        assert stop()
        assert stop()
    assert len(listener.said) == 1
    assert "stopping after this update" in listener.said[0]


def test_a_run_ends_well_though_its_listener_cannot_write(tmp_path: Path) -> None:
    rows = [f"{number} one\t{number} un" for number in range(30)]
    (tmp_path / "pairs.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    chosen = [f"data.source={tmp_path / 'pairs.tsv'}", "text.vocab_size=300", "model.model_dim=16", "model.num_heads=2",
              "model.feedforward_dim=16", "model.encoder_layers=1", "model.decoder_layers=1", "training.max_steps=2",
              "training.threads=1"]  # fmt: skip
    with pytest.warns(RuntimeWarning, match="no terminal"):
        result = train(load_settings(None, chosen), tmp_path / "run", reporter=Failing(OSError(5, "no terminal")))
    assert result.steps == 2
    assert result.model.is_dir()
