"""What the feed-forward network is worth to a translator (A6)."""

from collections.abc import Mapping
from typing import Final

from regard.lab.bench import Bench
from regard.lab.claim import Cell, Claim, Table
from regard.lab.experiment import Experiment
from regard.lab.quality import Quality, quality_of
from regard.lab.sentences import negated, short_test

EXAMPLES: Final = ("I am not happy.", "I am happy.", "The cat chased the dog.")
NOISE: Final = 1.0  # BLEU between single runs that means nothing


def run(bench: Bench) -> tuple[Claim, ...]:
    """Translates with and without."""
    size, most = bench.effort.corpus_size, bench.effort.num_sentences
    sets = {"short": short_test(size, most), "negated": list(negated(size))[:most]}
    both = [bench.translator("no-feedforward"), bench.translator("sinusoidal")]
    without, control = ({name: quality_of(one, pairs) for name, pairs in sets.items()} for one in both)
    weights = [sum(parameter.numel() for parameter in one.model.parameters()) for one in both]
    answers = [[answer.text for answer in one.translate(list(EXAMPLES), beam_size=1)] for one in both]
    rows: list[tuple[Cell, ...]] = list(zip(EXAMPLES, *answers, strict=True))
    rows.append(("weights of the network", *(f"{count:,}" for count in weights)))
    return (claim(without, control, examples=tuple(rows)),)


def claim(
    without: Mapping[str, Quality], control: Mapping[str, Quality], *, examples: tuple[tuple[Cell, ...], ...] = ()
) -> Claim:
    """Judges a network without feed-forward blocks, beside one with them, trained as long."""
    lost = {name: control[name].bleu - without[name].bleu for name in control}
    rows = tuple(
        (name, without[name].bleu, control[name].bleu, without[name].exact, control[name].exact) for name in lost
    )
    return Claim(
        text="Without the feed-forward network a translator is worse, on negated sentences too",
        source="A6",
        expected=f"more than {NOISE:g} BLEU lost on both sets",
        measured=", ".join(f"{name}: {-loss:+.1f} BLEU" for name, loss in lost.items()),
        holds=all(loss > NOISE for loss in lost.values()),
        tables=(
            Table(("sentences", "BLEU without", "control: BLEU with", "exact without", "control: exact with"), rows),
            Table(
                ("sentence", "without", "with"), examples, "Translations, and sizes: what is dropped is not replaced"
            ),
        ),
    )


EXPERIMENT: Final = Experiment(
    "feedforward", "translation without the feed-forward network", run, ("sinusoidal", "no-feedforward")
)
