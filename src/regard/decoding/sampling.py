"""Translations drawn at random, token by token, from what the model thinks probable.

A token is drawn from softmax(log-probabilities / temperature), restricted to the ``top_k`` most probable ones and to
the smallest set of the most probable ones that together reach ``top_p`` (Holtzman et al. 2020). One random number per
token decides, and it depends on the seed, the source, the number of the sample and the place alone: neither the batch
nor its order changes a sample. Scores are the model's own log-probabilities.
"""

import hashlib
from collections.abc import Sequence
from typing import Any, Final, final

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.decoding.choice import refuse_not_a_number
from regard.decoding.steering import Rows
from regard.settings.decoding import DecodingSettings
from regard.text.control import EOS

_BLOCK: Final = 64
"""Random numbers are made so many at a time."""


@final
class Sampler:
    """Draws instead of taking the best: an ``Adjuster`` that changes nothing but notes the rows, and a ``Chooser``.

    Args:
        sources: of each sentence of the search.
        numbers: which sample of its source each sentence is.
        settings: temperature, ``top_k``, ``top_p`` and seed.
    """

    def __init__(self, sources: Sequence[Sequence[int]], numbers: Sequence[int], settings: DecodingSettings) -> None:
        self._settings = settings
        self._chances = [
            _Chance((settings.seed, number, *source)) for source, number in zip(sources, numbers, strict=True)
        ]
        self._uniforms: list[float] = []

    def adjust(self, log_probabilities: Float[Tensor, "row vocab"], rows: Rows) -> Float[Tensor, "row vocab"]:
        """Looks up the random number of each row's next token."""
        pairs = zip(rows.sentences, rows.prefixes(), strict=True)
        self._uniforms = [self._chances[sentence].at(len(prefix) - 1) for sentence, prefix in pairs]
        return log_probabilities

    def choose(
        self, log_probabilities: Float[Tensor, "row vocab"], count: int
    ) -> tuple[Float[Tensor, "row candidate"], Int[Tensor, "row candidate"]]:
        """One token of each row, and the model's log-probability of it."""
        uniforms = torch.tensor(self._uniforms, dtype=torch.float64, device=log_probabilities.device)
        ids = draw(log_probabilities, uniforms, self._settings)[:, None]
        return log_probabilities.gather(1, ids), ids


def draw(
    log_probabilities: Float[Tensor, "row vocab"], uniforms: Float[Tensor, " row"], settings: DecodingSettings
) -> Int[Tensor, " row"]:
    """The token of each row at which the cumulated probability, most probable first, passes the row's number.

    Control tokens but EOS are never drawn. Where nothing is left to draw from, EOS is given, with minus infinity.

    Raises:
        DivergedError: the logits were not finite.
    """
    allowed = log_probabilities[:, EOS:].double() / settings.temperature
    kept = allowed.shape[1] if settings.top_k is None else min(settings.top_k, allowed.shape[1])
    best, ids = allowed.topk(kept, dim=1) if kept < allowed.shape[1] else allowed.sort(dim=1, descending=True)
    refuse_not_a_number(best)
    shares = best.softmax(dim=1).nan_to_num(0.0)
    if settings.top_p < 1:
        shares = shares.masked_fill(shares.cumsum(1) - shares >= settings.top_p, 0)
    reached = shares.cumsum(1)
    passed = (reached <= (uniforms * reached[:, -1])[:, None]).sum(1)
    places = passed.minimum((shares > 0).sum(1) - 1).clamp_(min=0)
    return ids.gather(1, places[:, None])[:, 0] + EOS


@final
class _Chance:
    """Random numbers that depend on whole numbers alone, whatever was drawn before."""

    def __init__(self, seeds: Sequence[int]) -> None:
        self._seeds = ",".join(map(str, seeds))
        self._blocks: dict[int, "np.ndarray[Any, np.dtype[np.float64]]"] = {}

    def at(self, place: int) -> float:
        """The number of one place, at least 0 and below 1."""
        block, within = divmod(place, _BLOCK)
        if block not in self._blocks:
            digest = hashlib.blake2b(f"{block}:{self._seeds}".encode(), digest_size=16).digest()
            self._blocks[block] = np.random.Generator(np.random.Philox(int.from_bytes(digest, "little"))).random(_BLOCK)
        return float(self._blocks[block][within])
