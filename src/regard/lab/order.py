"""Without positions: what an encoder, a decoder and a trained translator know of the order of words (A3)."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from regard.corpus.builtin import BuiltinPair
from regard.lab.bench import Bench
from regard.lab.claim import Claim, Table, Told
from regard.lab.experiment import Experiment
from regard.lab.quality import probabilities, quality_of
from regard.lab.sentences import who_pairs
from regard.layout import Layout
from regard.models import AnyModel, build_model
from regard.settings import ModelSettings
from regard.settings.model import Positions
from regard.translator import Translator

SENTENCES: Final = ("The cat chased the dog", "The dog chased the cat")
TOLERANCE: Final = 1e-5
_WORDS: Final = ("The", "cat", "chased", "the", "dog")
_FIRST_ID: Final = 4
Who = Sequence[tuple[BuiltinPair, BuiltinPair]]


def run(bench: Bench) -> tuple[Claim, ...]:
    """Compares vectors under random weights, and translators that were trained."""
    who = who_pairs(bench.effort.corpus_size)[: bench.effort.num_sentences // 2]
    with_positions, without = bench.translator("sinusoidal"), bench.translator("none")
    return (
        vectors_claim(network("none"), network("sinusoidal")),
        translators_claim(told_apart(without, who), told_apart(with_positions, who)),
    )


def network(positions: Positions) -> AnyModel:
    """A small network with random weights, always the same but for its positions."""
    settings = ModelSettings(
        model_dim=32, num_heads=4, feedforward_dim=64, encoder_layers=2, decoder_layers=2, positions=positions
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return build_model(settings, _FIRST_ID + len(_WORDS)).eval()


def vectors_claim(without: AnyModel, control: AnyModel) -> Claim:
    """Judges an encoder that is said to be blind to order, beside one with positions."""
    same, different, leaked = encoder_change(without), encoder_change(control), decoder_change(without)
    return Claim(
        text=f"An encoder without positions gives each word of “{SENTENCES[0]}” the vector that it has in "
        f"“{SENTENCES[1]}”, wherever it stands",
        source="A3",
        expected=f"vectors of the same word differ by at most {TOLERANCE:g}; with positions by more than 0.01",
        measured=f"by {same:.1e}; with positions by {different:.2f}",
        holds=same <= TOLERANCE and different > 0.01,
        tables=(
            Table(
                ("", "largest difference between the vectors of a word"),
                (
                    ("encoder without positions", same),
                    ("control: encoder with sinusoidal positions", different),
                    ("decoder without positions, under its future mask", leaked),
                ),
                "Random weights, float32",
            ),
        ),
        told=Told(
            "without positions a Transformer knows nothing of word order",
            leaked <= TOLERANCE,
            f"the decoder's vectors differ by {leaked:.2f}: its mask leaks the order",
        ),
    )


def encoder_change(model: AnyModel) -> float:
    """The largest difference between a word's vectors in the two sentences."""
    with torch.inference_mode():
        return _change([model.encode(*_ids(sentence)).vectors[0] for sentence in SENTENCES])


def decoder_change(model: AnyModel) -> float:
    """The same in a decoder that reads the two sentences, beside one source."""
    source = _ids(SENTENCES[0])
    with torch.inference_mode():
        return _change([model.features(*source, *_ids(sentence))[0] for sentence in SENTENCES])


def _change(vectors: list[Tensor]) -> float:
    one, other = ([sentence.split().index(word) for word in _WORDS] for sentence in SENTENCES)
    return float((vectors[0][one] - vectors[1][other]).abs().max())


def _ids(sentence: str) -> tuple[Tensor, Layout]:
    ids = torch.tensor([[_FIRST_ID + _WORDS.index(word) for word in sentence.split()]])
    return ids, Layout.of([ids.shape[1]])


def told_apart(translator: Translator, who: Who) -> tuple[float, float]:
    """How often the right translation is more probable than that of the exchanged sentence; how often it is given."""
    pairs = [pair for both in who for pair in both]
    exchanged = [pair for one, other in who for pair in (other, one)]
    sources = [pair.source for pair in pairs]
    right = probabilities(translator, sources, [pair.target for pair in pairs])
    wrong = probabilities(translator, sources, [pair.target for pair in exchanged])
    preferred = [one > other for (one, _), (other, _) in zip(right, wrong, strict=True)]
    return sum(preferred) / len(preferred), quality_of(translator, pairs).exact


def translators_claim(without: tuple[float, float], control: tuple[float, float]) -> Claim:
    """Judges (share told apart, share translated exactly) without positions, beside those with."""
    return Claim(
        text="A translator trained without positions cannot tell who did it to whom; one trained with them can",
        source="A3",
        expected="right sentence preferred to the exchanged one: without positions at most 60 % (chance: 50 %), with "
        "them at least 90 %",
        measured=f"without {without[0]:.0%}, with {control[0]:.0%}",
        holds=without[0] <= 0.6 and control[0] >= 0.9,
        tables=(
            Table(
                ("trained", "right translation preferred to the exchanged one", "translated exactly"),
                (("without positions", *without), ("control: sinusoidal positions", *control)),
                "Held-out sentences in pairs, such as “The lawyer thanked the father.” and “The father thanked the "
                "lawyer.”",
            ),
        ),
    )


EXPERIMENT: Final = Experiment("order", "who chased whom, without positions and with", run, ("sinusoidal", "none"))
