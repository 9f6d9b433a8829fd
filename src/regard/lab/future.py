"""A decoder that was trained to see the future (A7): a splendid loss, and nothing to say on its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from regard.batches import rectangle
from regard.corpus.builtin import BuiltinPair
from regard.decoding.opening import answering
from regard.doctor.stages import recorded
from regard.lab.bench import Bench
from regard.lab.claim import Claim, Table
from regard.lab.experiment import Experiment
from regard.lab.quality import loss_of, quality_of
from regard.lab.sentences import short_test
from regard.text import BOS, EOS
from regard.translator import Translator

EXAMPLE: Final = "I love you."


@dataclass(frozen=True, slots=True)
class Trained:
    """What became of a decoder.

    Attributes:
        loss: nats per token of known translations, each token given what the network sees of them.
        bleu: of translations it had to find itself.
        next_weight: the weight on the very token that is to be predicted, in the head where it is largest.
        example: its translation of the example.
    """

    loss: float
    bleu: float
    next_weight: float
    example: str


def run(bench: Bench) -> tuple[Claim, ...]:
    """Measures the two decoders on sentences they have not read."""
    pairs = short_test(bench.effort.corpus_size, bench.effort.num_sentences)
    return (claim(*(measured(bench.translator(name), pairs) for name in ("no-future-mask", "sinusoidal"))),)


def measured(translator: Translator, pairs: Sequence[BuiltinPair]) -> Trained:
    """One decoder."""
    return Trained(
        loss=loss_of(translator, pairs),
        bleu=quality_of(translator, pairs).bleu,
        next_weight=next_weight(translator, pairs),
        example=translator.translate(EXAMPLE, beam_size=1).text,
    )


def next_weight(translator: Translator, pairs: Sequence[BuiltinPair]) -> float:
    """The mean weight of a decoder row on the token that it is to predict, in the head where it is largest."""
    encode = translator.tokenizer.encode
    source, source_layout = rectangle([[*encode(pair.source), EOS] for pair in pairs])
    target, layout = rectangle([[BOS, *encode(pair.target)] for pair in pairs])
    with answering(translator.model), recorded(translator.model) as recording:
        translator.model.features(source, source_layout, target, layout)
    largest = 0.0
    for look in recording.looks:
        weights = look.attended.steps.weights
        if look.name.startswith("decoder") and look.name.endswith(".self") and weights is not None:
            following = weights.float().diagonal(offset=1, dim1=2, dim2=3)  # row t, key t + 1
            real = layout.real()[:, None, 1:].expand_as(following)
            largest = max(largest, float(((following * real).sum((0, 2)) / real.sum((0, 2))).max()))
    return largest


def claim(without: Trained, control: Trained) -> Claim:
    """Judges a decoder trained without the future mask, beside one trained with it."""
    rows = tuple(
        (name, one.loss, one.bleu, one.next_weight, one.example)
        for name, one in (("without the future mask", without), ("control: with it", control))
    )
    return Claim(
        text="Without the future mask a decoder learns to copy the next word: its loss collapses, and free translation "
        "is ruined",
        source="A7",
        expected="loss below half and BLEU below a third of the masked decoder's; weight on the token to be predicted "
        "above 0.2, exactly 0 with the mask",
        measured=f"loss {without.loss:.2f} against {control.loss:.2f}, BLEU {without.bleu:.1f} against "
        f"{control.bleu:.1f}, weight on the next token {without.next_weight:.2f} against {control.next_weight:g}",
        holds=without.loss < control.loss / 2
        and without.bleu < control.bleu / 3
        and without.next_weight > 0.2
        and control.next_weight == 0,
        tables=(
            Table(
                ("trained", "loss, next words known", "BLEU, free", "weight on the token to predict", f"“{EXAMPLE}”"),
                rows,
            ),
        ),
    )


EXPERIMENT: Final = Experiment("future", "training without the future mask", run, ("sinusoidal", "no-future-mask"))
