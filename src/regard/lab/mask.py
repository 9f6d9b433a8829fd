"""The future mask on the textbook's sentence: scores before and after, and what becomes of the weights (M4, M6)."""

from typing import Final

from torch import Tensor

from regard.lab.bench import Bench
from regard.lab.claim import Cell, Claim, Table
from regard.lab.experiment import Experiment
from regard.tracing.toy import ToyMask, WorkedExample, worked_example

SENTENCE: Final = "The cat sat on the mat"


def run(_: Bench) -> tuple[Claim, ...]:
    """Lets six words look at each other with the mask and without."""
    return (claim(worked_example(SENTENCE, ToyMask(causal=True)), worked_example(SENTENCE)),)


def claim(masked: WorkedExample, control: WorkedExample) -> Claim:
    """Judges an example that is said to hide the future, beside one that does not."""
    later, smallest_sum = _later_weight(masked), float(_weights(masked).sum(-1).min())
    of_control = _later_weight(control)
    return Claim(
        text="The future mask turns the scores of later words into minus infinity: their weights are exactly 0, and "
        "each row of weights still sums to 1",
        source="M4, M6",
        expected="weight on later words exactly 0, sums of rows 1; without the mask, more than 0",
        measured=f"weight on later words {later:.3g}, sums of rows {smallest_sum:.6f}; "
        f"without the mask {of_control:.3f}",
        holds=later == 0 and abs(smallest_sum - 1) < 1e-12 and of_control > 0,
        tables=(
            Table(
                ("", "largest weight on a later word", "smallest sum of a row"),
                (
                    ("with the future mask", later, smallest_sum),
                    ("control: without", of_control, float(_weights(control).sum(-1).min())),
                ),
            ),
            _words_table(masked, _steps(masked.unmasked.scores), "Scores before the mask"),
            _words_table(masked, _steps(masked.steps.masked_scores), "Scores after it"),
            _words_table(masked, _weights(masked), "Weights"),
        ),
    )


def _steps(step: Tensor | None) -> Tensor:
    assert step is not None, "the worked example keeps every step"
    return step[0, 0]


def _weights(example: WorkedExample) -> Tensor:
    return _steps(example.steps.weights)


def _later_weight(example: WorkedExample) -> float:
    return float(_weights(example).triu(1).max())


def _words_table(example: WorkedExample, numbers: Tensor, caption: str) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (word, *(f"{number:.2f}".replace("-inf", "−∞") for number in row))
        for word, row in zip(example.words, numbers.tolist(), strict=True)
    ]
    return Table(("", *example.words), tuple(rows), caption)


EXPERIMENT: Final = Experiment("mask", "scores of a sentence before and after the future mask", run)
