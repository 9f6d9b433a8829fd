"""A toy network for search: every logit depends on the source and the whole prefix, and on nothing else."""

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from regard.decoding import Hypothesis
from regard.layout import Layout
from regard.models.interface import TranslationModel
from regard.settings import DecodingSettings
from regard.text.control import BOS, EOS

Ids = tuple[int, ...]
LogitsOf = Callable[[Ids, Ids], np.ndarray[Any, Any]]


@dataclass(frozen=True)
class ToyState:
    """Per row: its source (EOS included) and what was generated (BOS included)."""

    sources: tuple[Ids, ...]
    prefixes: tuple[Ids, ...]
    copies: int = 1

    def select(self, sentences: Tensor) -> "ToyState":
        return self.rows(
            [sentence * self.copies + copy for sentence in sentences.tolist() for copy in range(self.copies)]
        )

    def follow(self, parents: Tensor) -> "ToyState":
        return self.rows([place * self.copies + parent for place, row in enumerate(parents.tolist()) for parent in row])

    def rows(self, picked: list[int]) -> "ToyState":
        sources, prefixes = ([of[row] for row in picked] for of in (self.sources, self.prefixes))
        return ToyState(tuple(sources), tuple(prefixes), self.copies)


class Toy(TranslationModel[tuple[Ids, ...], ToyState]):
    """Logits from ``logits_of(source, prefix)``. Counts rows, to show which work was done."""

    def __init__(self, vocab_size: int, logits_of: LogitsOf, dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        self.vocab_size = vocab_size
        self.logits_of = logits_of
        self.toy_dtype = dtype
        self.rows_per_step: list[int] = []
        self.encoded: list[tuple[int, int]] = []

    def encode(self, source: Tensor, layout: Layout) -> tuple[Ids, ...]:
        assert not self.training
        assert torch.is_inference_mode_enabled()
        self.encoded.append((layout.num_rows, layout.width))
        return tuple(tuple(row[:length]) for row, length in zip(source.tolist(), layout.lengths, strict=True))

    def start(self, memory: tuple[Ids, ...], *, copies: int = 1) -> ToyState:
        sources = tuple(source for source in memory for _ in range(copies))
        return ToyState(sources, ((),) * len(sources), copies)

    def step(self, state: ToyState, tokens: Tensor) -> tuple[Tensor, ToyState]:
        self.rows_per_step.append(len(tokens))
        prefixes = tuple((*prefix, token) for prefix, token in zip(state.prefixes, tokens.tolist(), strict=True))
        logits = [self.logits_of(source, prefix) for source, prefix in zip(state.sources, prefixes, strict=True)]
        return torch.tensor(np.stack(logits)).to(self.toy_dtype), replace(state, prefixes=prefixes)

    def score(self, source: Tensor, source_layout: Layout, target: Tensor, target_layout: Layout) -> Tensor:
        logits = np.zeros((*target.shape, self.vocab_size))
        for row, length in enumerate(target_layout.lengths):
            ids = tuple(source[row, : source_layout.lengths[row]].tolist())
            for end in range(1, length + 1):
                logits[row, end - 1] = self.logits_of(ids, tuple(target[row, :end].tolist()))
        return torch.tensor(logits).to(self.toy_dtype)

    def features(self, *arguments: Any) -> Tensor:
        raise NotImplementedError

    def logits(self, vectors: Tensor) -> Tensor:
        raise NotImplementedError


def hashed_logits(vocab_size: int, *, spread: float = 1.0, ending: float = 0.0) -> LogitsOf:
    """Logits drawn anew, but always the same, for every source and prefix; ``ending`` is added to EOS."""

    def logits_of(source: Ids, prefix: Ids) -> np.ndarray[Any, Any]:
        seed = zlib.crc32(repr((source, prefix)).encode())
        logits = np.random.default_rng(seed).normal(size=vocab_size) * spread
        logits[EOS] += ending
        return logits

    return logits_of


@pytest.fixture(scope="session")
def make_toy() -> Callable[..., Toy]:
    """Builds a toy of hashed logits, or of given ones."""

    def make(
        vocab_size: int = 8, *, logits_of: LogitsOf | None = None, dtype: torch.dtype = torch.float64, **how: float
    ) -> Toy:
        return Toy(vocab_size, logits_of or hashed_logits(vocab_size, **how), dtype)

    return make


@pytest.fixture(scope="session")
def every_translation() -> Callable[[Toy, Sequence[int], DecodingSettings, int], list[Hypothesis]]:
    """The oracle: every possible translation of a source, finished or cut at the limit, with its score."""

    def enumerate_all(toy: Toy, source: Sequence[int], settings: DecodingSettings, limit: int) -> list[Hypothesis]:
        return [
            Hypothesis.of(tokens, _values(toy, (*source, EOS), tokens), length_penalty=settings.length_penalty)
            for tokens in _all_tokens(toy.vocab_size, limit)
        ]

    return enumerate_all


def _all_tokens(vocab_size: int, limit: int) -> Iterator[Ids]:
    words = range(EOS + 1, vocab_size)
    for length in range(limit):
        yield from ((*ids, EOS) for ids in product(words, repeat=length))
    yield from product(words, repeat=limit)


def _values(toy: Toy, source: Ids, tokens: Ids) -> list[float]:
    values = []
    for place, token in enumerate(tokens):
        logits = toy.logits_of(source, (BOS, *tokens[:place]))
        values.append(float(logits[token] - np.log(np.exp(logits).sum())))
    return values
