"""Who looks at whom (A1, A2, M1): the best head for each textbook example, over many such sentences."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
import torch
from jaxtyping import Float

from regard.batches import rectangle
from regard.corpus.builtin.words import split_english, split_french
from regard.decoding.opening import answering
from regard.doctor.stages import recorded
from regard.lab.bench import Bench
from regard.lab.claim import Cell, Claim, Table
from regard.lab.experiment import Experiment
from regard.models import build_model
from regard.text import EOS
from regard.text.spans import source_spans
from regard.tracing.alignment.reader import words_between
from regard.tracing.alignment.tables import WordedPair, word_tables
from regard.tracing.alignment.words import visible_words, words_of_pieces
from regard.translator import Translator

_ANIMALS: Final = (
    ("cat", "Le chat"),
    ("dog", "Le chien"),
    ("horse", "Le cheval"),
    ("rabbit", "Le lapin"),
    ("mouse", "La souris"),
    ("fox", "Le renard"),
    ("hen", "La poule"),
    ("rooster", "Le coq"),
    ("snake", "Le serpent"),
    ("turtle", "La tortue"),
    ("cow", "La vache"),
    ("camel", "Le chameau"),
)
_THINGS: Final = (
    ("mat", "le tapis"),
    ("table", "la table"),
    ("chair", "la chaise"),
    ("bed", "le lit"),
    ("desk", "le bureau"),
    ("armchair", "le fauteuil"),
)
_LIKE: Final = ("fluffy", "white", "black", "small", "tired", "lazy")
Words = Float[np.ndarray, "layer head query_word key_word"]


@dataclass(frozen=True, slots=True)
class Example:
    """A word that is said to look at another, in sentences that differ in their words alone.

    Attributes:
        name: the textbook's own words.
        looking: the place of the word that looks.
        at: the place of the word it is said to look at.
        source: its row among the textbook's claims.
        itself: whether both stand in one sentence, so that the word could look at itself.
    """

    name: str
    looking: int
    at: int
    source: str
    itself: bool = True


SAT_CAT: Final = Example("sat → cat", 2, 1, "M1")
SAT_MAT: Final = Example("sat → mat", 2, 5, "M1")
FLUFFY_CAT: Final = Example("fluffy → cat", 5, 1, "A1")
CHAT_CAT: Final = Example("chat → cat", 1, 1, "A2", itself=False)
EXAMPLES: Final = (SAT_CAT, SAT_MAT, FLUFFY_CAT, CHAT_CAT)


@dataclass(frozen=True, slots=True)
class Share:
    """How often the best head looks where it is said to; and how often by chance.

    The head is chosen on half of the sentences and counted on the other half. ``control`` is the best such share for
    another word of the sentence, with the same choice of heads.
    """

    head: str
    share: float
    chance: float
    control: float
    num_sentences: int


def run(bench: Bench) -> tuple[Claim, ...]:
    """Reads the attention of the network with sinusoidal positions, and of the same one before training."""
    translator = bench.translator("sinusoidal")
    found, accident = shares(translator), shares(untrained(translator))
    return tuple(claim(example, found[example], accident[example].share) for example in EXAMPLES)


def shares(translator: Translator) -> dict[Example, Share]:
    """Every example, in all its sentences."""
    sat = [f"The {animal} sat on the {thing}." for (animal, _), (thing, _) in product(_ANIMALS, _THINGS)]
    like = [f"The {animal}, which is {word}, sleeps." for (animal, _), word in product(_ANIMALS, _LIKE)]
    of_sat, of_like = self_looks(translator, sat), self_looks(translator, like)
    return {
        SAT_CAT: share_of(of_sat, SAT_CAT),
        SAT_MAT: share_of(of_sat, SAT_MAT),
        FLUFFY_CAT: share_of(of_like, FLUFFY_CAT),
        CHAT_CAT: share_of(cross_looks(translator), CHAT_CAT),
    }


def self_looks(translator: Translator, sentences: Sequence[str]) -> list[Words]:
    """What the words of each sentence see of each other, in every layer and head of the encoder."""
    encode = translator.tokenizer.encode
    ids = [encode(sentence) for sentence in sentences]
    source, layout = rectangle([[*one, EOS] for one in ids])
    with answering(translator.model), recorded(translator.model) as recording:
        translator.model.encode(source, layout)
    steps = [look.attended.steps.weights for look in recording.looks]
    weights = np.stack([one.float().numpy() for one in steps if one is not None], axis=1)
    return [_by_word(translator, text, one, cells) for text, one, cells in zip(sentences, ids, weights, strict=True)]


def _by_word(translator: Translator, text: str, ids: Sequence[int], cells: np.ndarray) -> Words:
    words = split_english(text)
    pieces = words_of_pieces(source_spans(translator.tokenizer, ids, text), text, visible_words(words))
    shape = (len(words), len(words))
    heads = [[words_between(head, pieces, pieces, shape=shape) for head in layer] for layer in cells]
    return np.asarray(heads, dtype=np.float32)


def cross_looks(translator: Translator) -> list[Words]:
    """What French words see of English ones, in every layer and head of the decoder, in the row that produces them."""
    pairs = [
        _worded(f"The {animal} is on the {thing}.", f"{french} est sur {place}.")
        for (animal, french), (thing, place) in product(_ANIMALS, _THINGS)
    ]
    return [np.asarray(tables[0], np.float32) for tables in word_tables(translator.model, translator.tokenizer, pairs)]


def _worded(source: str, target: str) -> WordedPair:
    return WordedPair(source, target, tuple(split_english(source)), tuple(split_french(target)))


def untrained(translator: Translator) -> Translator:
    """The same network as it was before training: what its heads look at is an accident."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = build_model(translator.settings.model, translator.tokenizer.vocab_size).eval()
    return Translator(model, translator.tokenizer, translator.settings)


def share_of(looks: Sequence[Words], example: Example) -> Share:
    """Chooses a head on every other sentence, and counts on the rest."""
    rows = np.stack([each[:, :, example.looking] for each in looks])  # sentence, layer, head, word
    if example.itself:
        rows[..., example.looking] = -1
    seen = rows.argmax(-1)
    num_words = rows.shape[-1]
    others = [
        word for word in range(num_words) if word != example.at and not (example.itself and word == example.looking)
    ]
    share, head = _best(seen, example.at)
    control = float(np.mean([_best(seen, word)[0] for word in others]))
    name = f"layer {head[0] + 1}, head {head[1] + 1}"
    return Share(name, share, 1 / (len(others) + 1), control, len(looks) - len(looks[::2]))


def _best(seen: np.ndarray, word: int) -> tuple[float, tuple[int, int]]:
    """The share on every second sentence of the head that is best on the others."""
    hits = seen == word
    layer, head = np.unravel_index(int(hits[::2].mean(0).argmax()), hits.shape[1:])
    return float(hits[1::2, layer, head].mean()), (int(layer), int(head))


def claim(example: Example, found: Share, accident: float) -> Claim:
    """Judges one example; ``accident`` is the share of the best head of the network before its training."""
    rows: tuple[tuple[Cell, ...], ...] = (
        (example.name, found.head, found.share),
        ("control: the network before training", "", accident),
        ("control: any other word instead, mean of their best heads", "", found.control),
        ("control: chance", "", found.chance),
    )
    return Claim(
        text=f"A head looks as the textbook says: {example.name}",
        source=example.source,
        expected="the best head looks there most in two thirds of such sentences, twice as often as chance, and more "
        "often than before training",
        measured=f"{found.head}: {found.share:.0%} of {found.num_sentences} sentences; chance {found.chance:.0%}, "
        f"before training {accident:.0%}",
        holds=found.share >= 2 / 3 and found.share >= 2 * found.chance and found.share > accident,
        tables=(
            Table(
                ("", "best head", "share of sentences in which it looks there most"),
                rows,
                "The head is chosen on half of the sentences and counted on the other half; the word itself and the "
                "end of the sentence are left out",
            ),
        ),
    )


EXPERIMENT: Final = Experiment("looks", "who looks at whom: sat, mat, fluffy, chat and cat", run, ("sinusoidal",))
