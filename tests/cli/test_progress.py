"""What a person sees of a run."""

import io

import pytest

from regard.cli.progress import BarReporter, LineReporter, progress_reporter, validation_lines
from regard.training.report import StepReport, ValidReport


def step(number: int, *, total: int | None = 1000, remaining: float | None = 65.0) -> StepReport:
    return StepReport(
        step=number,
        total_steps=total,
        epoch=0.5,
        loss=2.3456,
        learning_rate=1e-3,
        gradient_norm=1.0,
        tokens_per_second=9876.5,
        elapsed_seconds=3.0,
        remaining_seconds=remaining,
    )


VALID = ValidReport(
    step=1200,
    scores={"bleu": 41.26, "chrf": 60.0, "loss": 1.5},
    is_best=True,
    samples=(("I love you.", "Je t'aime.", "Je \x1b[2Jt'aime."),),
)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_log_has_a_line_every_ten_seconds() -> None:
    lines: list[str] = []
    clock = Clock()
    reporter = LineReporter(lines.append, clock=clock)
    for number in range(25):
        clock.now = float(number)
        reporter.step(step(number))
    assert [line.split(" · ")[0] for line in lines] == ["step 0/1,000", "step 10/1,000", "step 20/1,000"]
    assert lines[0] == "step 0/1,000 · loss 2.346 · 9,876 tokens/s · 1:05 left"


def test_what_is_not_known_is_not_invented() -> None:
    lines: list[str] = []
    LineReporter(lines.append).step(step(7, total=None, remaining=None))
    assert lines == ["step 7 · loss 2.346 · 9,876 tokens/s · -:-- left"]


def test_a_validation_shows_scores_and_a_harmless_sample() -> None:
    assert validation_lines(VALID) == [
        "step 1,200 validated: BLEU 41.3 · chrF 60.0 · loss 1.500 (best so far)",
        "    I love you. → Je \N{REPLACEMENT CHARACTER}[2Jt'aime.   (reference: Je t'aime.)",
    ]


def test_without_samples_there_are_scores_alone() -> None:
    assert validation_lines(ValidReport(step=1, scores={"loss": 1.0})) == ["step 1 validated: loss 1.000"]


def test_a_log_file_gets_lines(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_reporter() as reporter:
        assert isinstance(reporter, LineReporter)
        reporter.note("29,000 pairs")
        reporter.validated(VALID)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "29,000 pairs\n" in shown.err
    assert "BLEU 41.3" in shown.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_gets_a_bar(monkeypatch: pytest.MonkeyPatch, no_color: bool) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("COLORTERM", "")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    with progress_reporter() as reporter:
        assert isinstance(reporter, BarReporter)
        reporter.note("29,000 pairs [bold]read[/bold]")
        reporter.step(step(500))
        reporter.validated(VALID)
    shown = terminal.getvalue()
    for words in (
        "29,000 pairs [bold]read[/bold]",
        "500/1,000",
        "loss 2.346",
        "9,876 tokens/s",
        "1:05 left",
        "BLEU 41.3",
    ):
        assert words in shown
    assert "\x1b[2J" not in shown
    assert ("\x1b[38;" in shown) is not no_color
