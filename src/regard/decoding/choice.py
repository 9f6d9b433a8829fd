"""From the logits of a step to the best next tokens.

To sort a whole vocabulary for a handful of tokens takes longer than to compute its logits, so it is searched in blocks:
the best tokens lie in the blocks with the best maxima.
"""

from typing import Final

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor

from regard.errors import DivergedError
from regard.models.interface import AnyModel, Best
from regard.text.control import BOS, EOS, PAD, UNK

# PAD, UNK and BOS are never chosen. They lie below EOS, so leaving them out is a view, not a copy.
_FIRST_ALLOWED: Final = EOS
if not max(PAD, UNK, BOS) < EOS:
    raise AssertionError("the control ids that are never generated must lie below EOS")

_BLOCK: Final = 64
_FEW_CELLS: Final = 1 << 14
"""So few are searched at once as quickly."""


def log_probabilities(logits: Float[Tensor, "row vocab"]) -> Float[Tensor, "row vocab"]:
    """Log-softmax over the whole vocabulary, in float32 or, if the logits are, in float64."""
    # Widening first: a fused log_softmax(dtype=...) from bfloat16 took three times as long on a CPU.
    wide = logits if logits.dtype == torch.float64 else logits.float()
    return torch.log_softmax(wide, dim=1)


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
    if log_probs.numel() <= _FEW_CELLS or log_probs.shape[1] < 4 * _BLOCK:
        allowed = log_probs[:, _FIRST_ALLOWED:]
        values, places = _largest(allowed, min(count, allowed.shape[1]))
        ids = places + _FIRST_ALLOWED
    else:
        values, _, ids = _best_by_blocks(log_probs[:, None], None, count)
    refuse_not_a_number(values)
    return values, ids


def best_of_group(
    log_probs: Float[Tensor, "group member vocab"], before: Float[Tensor, "group member"], count: int
) -> tuple[Float[Tensor, "group candidate"], Int[Tensor, "group candidate"], Int[Tensor, "group candidate"]]:
    """The ``count`` best next tokens of all members of each group together (fewer if there are no more), best first.

    Args:
        log_probs: of each next token.
        before: added to all log-probabilities of a member: what its hypothesis has reached.
        count: how many.

    Returns:
        The sums, in the type of ``before``; the members; the ids.

    Raises:
        DivergedError: the logits were not finite.
    """
    members, vocab = log_probs.shape[1:]
    if log_probs.numel() <= _FEW_CELLS or vocab < 4 * _BLOCK:
        allowed = log_probs[..., _FIRST_ALLOWED:] + before[..., None]
        values, places = _largest(allowed.flatten(1), min(count, members * allowed.shape[2]))
        parents, ids = places // allowed.shape[2], places % allowed.shape[2] + _FIRST_ALLOWED
    else:
        values, parents, ids = _best_by_blocks(log_probs, before, count)
    refuse_not_a_number(values)
    return values, parents, ids


def best_of_model(
    model: AnyModel, logits: Float[Tensor, "row vocab"], before: Float64[Tensor, "group member"], count: int
) -> Best | None:
    """The same from logits, by the model itself; None if it leaves that to us.

    Raises:
        DivergedError: the logits were not finite.
    """
    best = model.best(logits, before, count, first_id=_FIRST_ALLOWED)
    if best is not None:
        refuse_not_a_number(best.totals)
    return best


def _best_by_blocks(
    log_probs: Float[Tensor, "group member vocab"], before: Float[Tensor, "group member"] | None, count: int
) -> tuple[Tensor, Tensor, Tensor]:
    """The best of each group, of which only the most promising blocks are searched."""
    maxima = _block_maxima(log_probs)
    members, num_blocks = maxima.shape[1:]
    maxima = maxima if before is None else maxima + before[..., None]
    _, picked = _largest(maxima.flatten(1), min(count, members * num_blocks))
    parents, blocks = picked // num_blocks, picked % num_blocks
    first = _first_of(blocks, log_probs.shape[2])
    values = _cells_of(log_probs, parents, blocks, first)
    if before is not None:
        values = values + before.gather(1, parents)[..., None]
    best, places = _largest(values.flatten(1), count)
    of_block = places // _BLOCK
    return best, parents.gather(1, of_block), first.gather(1, of_block) + places % _BLOCK


def _block_maxima(log_probs: Float[Tensor, "group member vocab"]) -> Float[Tensor, "group member block"]:
    """The largest of every block of tokens that may be chosen; the last block may be shorter."""
    groups, members, vocab = log_probs.shape
    whole = vocab // _BLOCK
    maxima = log_probs[..., : whole * _BLOCK].view(groups, members, whole, _BLOCK).amax(3)
    maxima[..., 0] = log_probs[..., _FIRST_ALLOWED:_BLOCK].amax(2)
    rest = log_probs[..., whole * _BLOCK :]
    return torch.cat((maxima, rest.amax(2, keepdim=True)), dim=2) if rest.shape[2] else maxima


def _first_of(blocks: Int[Tensor, "group pick"], vocab: int) -> Int[Tensor, "group pick"]:
    """The first id that is read of a block; that of a short last block lies in the block before."""
    return (blocks * _BLOCK).clamp_(max=vocab - _BLOCK)


def _cells_of(log_probs: Tensor, parents: Tensor, blocks: Tensor, first: Tensor) -> Float[Tensor, "group pick cell"]:
    """The log-probabilities in some blocks; minus infinity at what is never chosen, and at what another block holds."""
    num_groups, members, vocab = log_probs.shape
    groups = torch.arange(num_groups, device=log_probs.device)[:, None]
    starts = (groups * members + parents) * vocab + first
    cells = log_probs.reshape(-1).unfold(0, _BLOCK, 1).index_select(0, starts.flatten())
    cells = cells.view(*blocks.shape, _BLOCK)
    cells[..., :_FIRST_ALLOWED].masked_fill_((blocks == 0)[..., None], -torch.inf)
    if vocab % _BLOCK:
        last = (blocks == vocab // _BLOCK)[..., None]
        cells[..., : _BLOCK - vocab % _BLOCK].masked_fill_(last, -torch.inf)
    return cells


def _largest(values: Float[Tensor, "group place"], count: int) -> tuple[Tensor, Tensor]:
    """The largest values and their places, largest first; of one, the first of equals."""
    return values.max(dim=1, keepdim=True) if count == 1 else values.topk(count, dim=1)


def refuse_not_a_number(values: Float[Tensor, "group candidate"]) -> None:
    """Refuses the best of each group, best first, where the model had no answer.

    Raises:
        DivergedError: the logits were not finite.
    """
    # One NaN or +inf among a row's logits makes all of its log-probabilities NaN, and NaN counts as largest.
    if bool(values[:, 0].isnan().any()):
        raise DivergedError(
            "the model gave logits that are not finite numbers, so no next token can be chosen; its weights are "
            "damaged or training diverged: use an earlier checkpoint, or compute in float32"
        )
