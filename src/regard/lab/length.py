"""Sentences longer than any in training, with four kinds of positions (A4, A5)."""

from collections.abc import Mapping, Sequence
from typing import Final

from regard.corpus.builtin import BuiltinPair
from regard.lab.bench import Bench
from regard.lab.claim import Chart, Claim, Series, Table, Told
from regard.lab.experiment import Experiment
from regard.lab.quality import Quality, quality_of
from regard.lab.sentences import LONG_WORDS, MOST_WORDS, long_test, num_words, short_test
from regard.translator import Translator

KINDS: Final = ("sinusoidal", "learned", "rotary", "none")
_BINS: Final = ((1, 5), (6, 8), (9, 10), (11, 12), (13, 15), (16, 25))
_FEWEST: Final = 5
Found = tuple[Quality, Quality]
"""Of short and of long sentences."""
Curves = Mapping[str, Sequence[tuple[float, float]]]


def run(bench: Bench) -> tuple[Claim, ...]:
    """Translates short and long sentences with each kind."""
    size, most = bench.effort.corpus_size, bench.effort.num_sentences
    short, long = short_test(size, most), long_test(size, most)
    found, curves = {}, {}
    for kind in KINDS:
        translator = bench.translator(kind)
        found[kind] = quality_of(translator, short), quality_of(translator, long)
        curves[kind] = by_length(translator, [*short, *long])
    return (claim(found, curves),)


def by_length(translator: Translator, pairs: Sequence[BuiltinPair]) -> list[tuple[float, float]]:
    """(mean words, BLEU) of sentences of about the same length; of a few sentences alone there is no score."""
    sorted_in = [[pair for pair in pairs if low <= num_words(pair) <= high] for low, high in _BINS]
    return [
        (round(sum(map(num_words, group)) / len(group), 1), quality_of(translator, group).bleu)
        for group in sorted_in
        if len(group) >= _FEWEST
    ]


def claim(found: Mapping[str, Found], curves: Curves) -> Claim:
    """Judges sinusoidal positions beside the other kinds; the short sentences are the control."""
    kept = {kind: long.bleu / short.bleu if short.bleu else 0.0 for kind, (short, long) in found.items()}
    alike = abs(found["sinusoidal"][0].bleu - found["learned"][0].bleu) < 5
    rows = tuple(
        (kind, short.bleu, long.bleu, kept[kind], short.exact, long.exact) for kind, (short, long) in found.items()
    )
    return Claim(
        text=f"Trained on at most {MOST_WORDS} words, sinusoidal positions keep more of their quality on "
        f"{LONG_WORDS[0]} to {LONG_WORDS[-1]} words than learned ones",
        source="A4, A5",
        expected="a larger share of the BLEU of short sentences, which both translate alike (within 5 BLEU)",
        measured=", ".join(f"{kind} keep {share:.0%}" for kind, share in kept.items()),
        holds=alike and kept["sinusoidal"] > kept["learned"],
        tables=(
            Table(
                ("positions", "control: BLEU, short", "BLEU, long", "share kept", "exact, short", "exact, long"), rows
            ),
        ),
        told=Told(
            "sinusoidal positions generalise to longer sentences",
            kept["sinusoidal"] >= 0.9,
            f"{kept['sinusoidal']:.0%} of the quality is left, where 90 % would be generalising",
        ),
        figure=Chart(
            title="Quality against sentence length",
            description=f"BLEU by words of the sentence, for four kinds of positions trained on at most {MOST_WORDS} "
            "words.",
            across="English words (mean of the group)",
            upward="BLEU",
            series=tuple(Series(kind, tuple(points)) for kind, points in curves.items()),
        ),
    )


EXPERIMENT: Final = Experiment("length", "sentences longer than in training, with four kinds of positions", run, KINDS)
