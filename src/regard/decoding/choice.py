"""From the logits of a step to the best next tokens."""

from typing import Final

import torch
from jaxtyping import Float, Int
from torch import Tensor

from regard.errors import DivergedError
from regard.text.control import BOS, EOS, PAD, UNK

# PAD, UNK and BOS are never chosen. They lie below EOS, so leaving them out is a view, not a copy.
_FIRST_ALLOWED: Final = EOS
if not max(PAD, UNK, BOS) < EOS:
    raise AssertionError("the control ids that are never generated must lie below EOS")


def log_probabilities(logits: Float[Tensor, "row vocab"]) -> Float[Tensor, "row vocab"]:
    """Log-softmax over the whole vocabulary, in float32 or, if the logits are, in float64."""
    # Widening first: a fused log_softmax(dtype=...) from bfloat16 took three times as long on a CPU.
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return torch.log_softmax(wide, dim=1)


def only(log_probs: Float[Tensor, "row vocab"], token: int) -> Float[Tensor, "row vocab"]:
    """Leaves one token its log-probability, and all others none: it will be chosen."""
    forced = torch.full_like(log_probs, float("-inf"))
    forced[:, token] = log_probs[:, token]
    return forced


def best_next(
    log_probs: Float[Tensor, "row vocab"], count: int
) -> tuple[Float[Tensor, "row candidate"], Int[Tensor, "row candidate"]]:
    """The ``count`` most probable next tokens of each row (fewer if the vocabulary is smaller), best first.

    Of equally probable best tokens, ``count = 1`` takes the lowest id.

    Returns:
        Their log-probabilities and their ids.

    Raises:
        DivergedError: the logits were not finite.
    """
    allowed = log_probs[:, _FIRST_ALLOWED:]
    count = min(count, allowed.shape[1])
    values, places = allowed.max(dim=1, keepdim=True) if count == 1 else allowed.topk(count, dim=1)
    _refuse_non_finite(values[:, 0])
    return values, places + _FIRST_ALLOWED


def _refuse_non_finite(best: Float[Tensor, " row"]) -> None:
    # One NaN or +inf among a row's logits makes all of its log-probabilities NaN, so the best one tells.
    if not bool(torch.isfinite(best).all()):
        raise DivergedError(
            "the model gave logits that are not finite numbers, so no next token can be chosen; its weights are "
            "damaged or training diverged: use an earlier checkpoint, or compute in float32"
        )
