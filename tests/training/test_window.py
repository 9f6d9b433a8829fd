"""Rates between two lines of the log are of the time spent on updates, from the first one on."""

from regard.training.update import Update
from regard.training.window import Window


def test_the_first_update_is_timed_and_a_validation_is_not() -> None:
    window = Window()
    window.restart(100.0)
    window.add(Update(loss=2.0, gradient_norm=1.0, num_tokens=50), 102.0)
    assert window.close().tokens_per_second == 25
    window.restart(110.0)  # eight seconds of validation
    window.add(Update(loss=4.0, gradient_norm=1.0, num_tokens=50), 112.0)
    window.add(Update(loss=2.0, gradient_norm=3.0, num_tokens=50), 113.0)
    summary = window.close()
    assert (summary.loss, summary.gradient_norm) == (3, 2)
    assert summary.seconds_per_update == 1.5
