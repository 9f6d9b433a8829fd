"""How well a trained network translates sentences whose translations are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from regard.corpus.builtin import BuiltinPair
from regard.decoding import score_ids
from regard.evaluation import evaluate
from regard.translator import Translator


@final
@dataclass(frozen=True, slots=True)
class Quality:
    """Greedy translations of some sentences, judged.

    Attributes:
        bleu: of all together, by sacreBLEU.
        exact: the share that is one of the known translations, letter by letter.
    """

    bleu: float
    exact: float


def quality_of(translator: Translator, pairs: Sequence[BuiltinPair]) -> Quality:
    """Translates the sentences freely, and judges."""
    answers = [answer.text for answer in translator.translate([pair.source for pair in pairs], beam_size=1)]
    bleu = evaluate(answers, [[pair.target for pair in pairs]], ["bleu"])["bleu"].value
    right = [answer in (pair.target, *pair.alternatives) for answer, pair in zip(answers, pairs, strict=True)]
    return Quality(bleu, sum(right) / len(right))


def probabilities(translator: Translator, sources: Sequence[str], targets: Sequence[str]) -> list[tuple[float, int]]:
    """For known translations: the logarithm of their probability, and how many tokens they have, the end included."""
    encode = translator.tokenizer.encode_batch
    scored = score_ids(translator.model, encode(list(sources)), encode(list(targets)), translator.settings.decoding)
    return [(one.log_probability, len(one.token_log_probabilities)) for one in scored]


def loss_of(translator: Translator, pairs: Sequence[BuiltinPair]) -> float:
    """Nats per token of the known translations, each token given all before it (teacher forcing)."""
    found = probabilities(translator, [pair.source for pair in pairs], [pair.target for pair in pairs])
    return -sum(total for total, _ in found) / sum(count for _, count in found)
