"""What an update minimises: the smoothed cross-entropy, and what settings for few pairs make of it.

* Target words dropped (Bowman et al. 2016, section 3): in the decoder's inputs some pieces become UNK, so that the
  decoder cannot lean on its own language alone. What is to be predicted stays.
* R-Drop (Liang et al. 2021): each batch is read twice, with other dropout. The loss is the mean of both cross-entropies
  and, ``consistency``/4 times, Σ (p₁ − p₂)(log p₁ − log p₂): half of the paper's equation 4, with its α.
"""

from dataclasses import dataclass, replace
from typing import final

from torch import Tensor

from regard.batches import Batch
from regard.models import AnyModel
from regard.settings.training import TrainingSettings
from regard.text.control import BOS, UNK
from regard.training.consistency import consistent_cross_entropy
from regard.training.loss import smoothed_cross_entropy
from regard.training.scored import scored


@final
@dataclass(frozen=True, slots=True)
class Objective:
    """How the loss of a training batch is computed."""

    smoothing: float = 0.0
    target_word_dropout: float = 0.0
    consistency: float = 0.0

    @classmethod
    def of(cls, settings: TrainingSettings, *, done: float) -> "Objective":
        """As the settings want it after the share ``done`` of a run."""
        is_consistent = settings.consistency > 0 and done >= settings.consistency_from
        return cls(
            smoothing=settings.label_smoothing,
            target_word_dropout=settings.target_word_dropout,
            consistency=settings.consistency if is_consistent else 0.0,
        )

    def loss(self, model: AnyModel, batch: Batch, *, weight: float) -> Tensor:
        """``weight`` times the sum over real target tokens, in training mode."""
        batch = _with_words_dropped(batch, model, self.target_word_dropout)
        first, targets = scored(model, batch)
        if not self.consistency:
            return smoothed_cross_entropy(
                model.logits(first),
                targets,
                smoothing=self.smoothing,
                weight=weight,
                kernels=model.kernels,
                in_place=True,
            )
        second, _ = scored(model, batch)
        return consistent_cross_entropy(
            model.logits(first),
            model.logits(second),
            targets,
            smoothing=self.smoothing,
            strength=self.consistency,
            weight=weight,
            kernels=model.kernels,
            in_place=True,
        )


def _with_words_dropped(batch: Batch, model: AnyModel, probability: float) -> Batch:
    if not probability:
        return batch
    inputs = batch.target_in
    dropped = model.noise.chosen(tuple(inputs.shape), probability).to(inputs.device)
    return replace(batch, target_in=inputs.masked_fill(dropped & (inputs != BOS), UNK))
