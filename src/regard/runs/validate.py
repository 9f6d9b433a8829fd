"""Validation: greedy translations of held-out sentences scored against their references, and the loss on them."""

import time
from collections.abc import Sequence
from typing import Final, final

import numpy as np

from regard.batches import EncodedPairs, make_batch
from regard.batches.bucketing import bucketed
from regard.corpus import Pair
from regard.decoding import translate_ids
from regard.decoding.opening import answering
from regard.evaluation import evaluate
from regard.models import AnyModel
from regard.runs.encode import encode
from regard.runs.sameness import all_the_same, why_all_the_same
from regard.settings import DecodingSettings, Settings
from regard.text import Tokenizer
from regard.training import ValidReport, batch_loss
from regard.training.memory import Memory

_SAMPLES: Final = 3
_METRICS: Final = ("bleu", "chrf")


@final
class Validator:
    """Scores a network on the validation pairs that are short enough to be trained on.

    Args:
        pairs: as text.
        tokenizer: what cuts them.
        settings: of the run.
        num_processes: that share ``training.batch_tokens``; one of them validates, in batches of its share.

    Raises:
        CorpusError: none of them is.
    """

    def __init__(
        self, pairs: Sequence[Pair], tokenizer: Tokenizer, settings: Settings, *, num_processes: int = 1
    ) -> None:
        self.tokenizer = tokenizer
        self.settings = settings
        limit = settings.data.max_tokens
        sources = tokenizer.encode_batch([pair.source for pair in pairs])
        fitting = [pair for pair, source in zip(pairs, sources, strict=True) if len(source) <= limit]
        self.pairs = fitting[: settings.training.valid_sentences]
        known = self.pairs or pairs  # if none fits, the message counts them all
        self.encoded: EncodedPairs = encode(known, tokenizer, max_tokens=limit, called="validation pairs").pairs
        self.sources = tokenizer.encode_batch([pair.source for pair in self.pairs])
        self.search = DecodingSettings(beam_size=1)
        self._budget = max(1, settings.training.batch_tokens // num_processes)
        self._memory = Memory()
        self.warning: str | None = None
        """What is odd about the latest translations."""

    def __call__(self, model: AnyModel, step: int) -> ValidReport:
        """Translates and scores; the network is in evaluation mode meanwhile."""
        began = time.monotonic()
        with answering(model):
            translations = self._translate(model)
            loss = self._loss(model)
            self.warning = self._warning(model, translations)
        scores = evaluate(translations, [[pair.target for pair in self.pairs]], metrics=_METRICS)
        return ValidReport(
            step=step,
            scores={"loss": loss, **{name: score.value for name, score in scores.items()}},
            signatures={name: score.signature for name, score in scores.items()},
            samples=tuple(
                (pair.source, pair.target, translation)
                for pair, translation in list(zip(self.pairs, translations, strict=True))[:_SAMPLES]
            ),
            seconds=time.monotonic() - began,
        )

    def _warning(self, model: AnyModel, translations: Sequence[str]) -> str | None:
        references = [pair.target for pair in self.pairs]
        if not all_the_same(translations, references):
            return None
        why = why_all_the_same(model, self.encoded, references)
        return f"all {len(translations):,} sentences have the same translation, {translations[0]!r:.60}: {why}"

    def _translate(self, model: AnyModel) -> list[str]:
        found = translate_ids(model, self.sources, self.search)
        return [self.tokenizer.decode(hypotheses[0].ids) for hypotheses in found]

    def _loss(self, model: AnyModel) -> float:
        """Cross-entropy without smoothing, in nats per real target token."""
        lengths = self.encoded.source.lengths + 1, self.encoded.target.lengths + 1
        device = next(model.parameters()).device
        total, tokens = 0.0, 0
        for indices in bucketed(*lengths, budget=self._budget, rng=np.random.default_rng(0)):
            batch = make_batch(self.encoded, indices).to(device)
            total += self._memory.summed(batch, lambda piece: float(batch_loss(model, piece, smoothing=0.0)))
            tokens += batch.num_target_tokens
        return total / tokens
