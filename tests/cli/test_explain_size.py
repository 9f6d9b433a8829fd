"""What a long sentence takes is said before it is taken, and refused where it is too much."""

from pathlib import Path

LONG = " ".join(["one two three"] * 20)


def test_a_long_sentence_is_announced(regard, tiny_run: Path, monkeypatch) -> None:
    monkeypatch.setattr("regard.tracing.size.WORTH_SAYING", 1000)
    outcome = regard("explain", tiny_run, LONG)
    assert outcome.code == 0, outcome.err
    assert outcome.err.startswith("recording 3 attentions of ")
    assert "MB of memory while recording, a file of at most" in outcome.err


def test_a_short_one_is_not(regard, tiny_run: Path) -> None:
    assert regard("explain", tiny_run, "one two").err == ""


def test_too_large_is_refused_with_the_number_and_a_way_out(regard, tiny_run: Path, monkeypatch) -> None:
    from regard.tracing import size

    estimates = []

    def refuse(estimate: size.SizeEstimate) -> None:
        estimates.append(estimate)
        size.refuse_too_large(estimate, most_bytes=1000)

    monkeypatch.setattr("regard.tracing.record.refuse_too_large", refuse)
    outcome = regard("explain", tiny_run, LONG)
    assert outcome.code == 2
    assert outcome.out == ""
    assert f"too large to be recorded: {estimates[0]}; allowed are 0 MB." in outcome.err
    assert "on the command line --layers 0" in outcome.err
