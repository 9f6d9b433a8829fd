"""The training of a look before a run: the network of some settings learns one small batch of their pairs by heart."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, final

import numpy as np

from regard.batches import EncodedPairs, Ragged, make_batch
from regard.bundle import BundleFacts, save_bundle
from regard.corpus import Pair
from regard.errors import CorpusError, DivergedError
from regard.models import merged_state
from regard.runs.beginning import Beginning, restrict
from regard.runs.data import RunData
from regard.runs.encode import learn_tokenizer
from regard.runs.setup import new_model, prepare_machine
from regard.settings import Settings
from regard.text import Tokenizer
from regard.training.optimizer import build_optimizer, set_learning_rate
from regard.training.update import apply_update

LEARNED: Final = 0.5
"""Nats per token: less than that, and the right word has most of the probability."""

_BY_HEART: Final = 0.05
"""Nats per token, too: nothing is left to learn."""

_SAMPLE_PAIRS: Final = 2000
_LEARNED_PAIRS: Final = 8
_MOST_TOKENS: Final = 24
"""Of either side of a pair that is learned, where there are such pairs."""

_FIRST_UPDATES: Final = 3
_UPDATES: Final = 200
_WARMUP_UPDATES: Final = 20
_MOST_SECONDS: Final = 20.0
"""Of this thread's processor time, so that what other programs take does not count."""


@final
@dataclass(frozen=True)
class Learning:
    """The loss before each update, and whether time was up before the batch was known by heart."""

    losses: tuple[float, ...]
    ran_out_of_time: bool

    @property
    def first(self) -> float:
        """Of the untrained network."""
        return self.losses[0]

    @property
    def last(self) -> float:
        """What it came to."""
        return self.losses[-1]

    @property
    def lowest(self) -> float:
        """The least on the way."""
        return min(self.losses)


@final
class Rehearsal:
    """The network of some settings, without dropout, and one small batch of their pairs.

    Raises:
        CorpusError: every pair of the sample is longer than a run would take.
        SettingsError: the settings contradict the model to go on from, or freeze what is not there.
    """

    def __init__(self, settings: Settings, data: RunData) -> None:
        self.settings = settings
        prepare_machine(settings)
        self.sample: Sequence[Pair] = list(islice(data.train, _SAMPLE_PAIRS))
        beginning = Beginning.named(settings.training.init)
        self.tokenizer = (
            learn_tokenizer(self.sample, settings) if beginning is None else beginning.checked(settings, None)
        )
        self.chosen, self.pairs = _chosen(self.sample, self.tokenizer, settings)
        self.model = new_model(_without_dropout(settings), self.tokenizer.vocab_size)
        if beginning is not None:
            beginning.fill(self.model)
        restrict(self.model, settings.training)
        device = next(self.model.parameters()).device
        batch = make_batch(self.pairs, np.arange(len(self.pairs)), packed_width=settings.training.packed_width)
        self.batch = batch.to(device)
        plain = {"label_smoothing": 0.0, "target_word_dropout": 0.0, "consistency": 0.0}
        self._settings = settings.training.model_copy(update=plain)
        self._optimizer = build_optimizer(self.model, self._settings)
        self._losses: list[float] = []
        self._until = time.thread_time() + _MOST_SECONDS

    def begin(self) -> None:
        """Makes the first updates."""
        self._learn(_FIRST_UPDATES)

    def learn(self) -> Learning:
        """Goes on until the batch is known by heart, or that takes too many updates or too many seconds."""
        self._learn(_UPDATES)
        return Learning(tuple(self._losses), len(self._losses) < _UPDATES and self._is_going())

    def save(self, folder: Path) -> None:
        """Leaves the network as a model, for other checks."""
        save_bundle(
            folder,
            settings=self.settings,
            tokenizer=self.tokenizer.to_bytes(),
            weights=merged_state(self.model),
            facts=BundleFacts(num_pairs=len(self.pairs)),
        )

    def _learn(self, updates: int) -> None:
        while len(self._losses) < updates and self._is_going() and time.thread_time() < self._until:
            rise = min(1.0, (len(self._losses) + 1) / _WARMUP_UPDATES)
            set_learning_rate(self._optimizer, self._settings.learning_rate * rise)
            try:
                update = apply_update(self.model, self._optimizer, [self.batch], self._settings)
                self._losses.append(update.loss)
            except DivergedError:
                self._losses.append(math.inf)

    def _is_going(self) -> bool:
        """Whether there is something left to learn, and a network that could."""
        return not self._losses or _BY_HEART <= self._losses[-1] < math.inf


def share_too_long(rehearsal: Rehearsal) -> float:
    """The share of the sample's pairs that have more tokens on a side than the settings allow."""
    limit, sample = rehearsal.settings.data.max_tokens, rehearsal.sample
    sources = rehearsal.tokenizer.encode_batch([pair.source for pair in sample])
    targets = rehearsal.tokenizer.encode_batch([pair.target for pair in sample])
    return sum(max(len(one), len(two)) > limit for one, two in zip(sources, targets, strict=True)) / len(sample)


def _without_dropout(settings: Settings) -> Settings:
    still = {name: 0.0 for name, value in settings.model if "drop" in name and isinstance(value, float)}
    return settings.model_copy(update={"model": settings.model.model_copy(update=still)})


def _chosen(sample: Sequence[Pair], tokenizer: Tokenizer, settings: Settings) -> tuple[tuple[Pair, ...], EncodedPairs]:
    """A few short pairs, or else the shortest, no source and no target twice."""
    limit = settings.data.max_tokens
    sources = tokenizer.encode_batch([pair.source for pair in sample])
    targets = tokenizer.encode_batch([pair.target for pair in sample])
    lengths = [max(len(source), len(target)) for source, target in zip(sources, targets, strict=True)]
    usable = [n for n, length in enumerate(lengths) if length <= limit and sources[n] and targets[n]]
    seen, found = set[str](), list[int]()
    for n in sorted(usable, key=lambda n: max(lengths[n], _MOST_TOKENS)):  # short ones stay in the order of the files
        pair = sample[n]
        if not {pair.source, pair.target} & seen:
            seen |= {pair.source, pair.target}
            found.append(n)
        if len(found) == _LEARNED_PAIRS:
            break
    if not found:
        raise CorpusError(
            f"none of the first {len(sample):,} pairs has at most {limit} tokens a side (data.max_tokens); "
            "check the files"
        )
    ids = (Ragged.of(side[n] for n in found) for side in (sources, targets))
    return tuple(sample[n] for n in found), EncodedPairs(*ids)
