"""Additive attention (Bahdanau et al. 2015, appendix A.1.2): scores from a small network instead of a dot product.

    score(query, key) = vector · tanh(query + key)         query and key already projected

From the scores on, mask, softmax and context are those of ``attend``: the same view hides the same cells.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from regard.attention.core import Steps, WeightDropout
from regard.attention.mask import Mask
from regard.attention.view import View


def attend_additively(
    queries: Float[Tensor, "batch head query head_dim"],
    keys: Float[Tensor, "batch head key head_dim"],
    values: Float[Tensor, "batch head key value_dim"],
    mask: Mask | View,
    *,
    vector: Float[Tensor, "head head_dim"],
    dropout: WeightDropout | None = None,
) -> Steps:
    """Lets queries look at keys, where the mask allows it, and mixes their values; returns every step.

    Args:
        queries: who looks, projected.
        keys: who is looked at, projected.
        values: what is carried over.
        mask: a mask, or its view on this rectangle.
        vector: what turns the features of a pair into its score.
        dropout: applied to the weights on their way to the values.
    """
    view = mask.view(queries.shape[-2], keys.shape[-2], device=queries.device) if isinstance(mask, Mask) else mask
    keys, values = view.blank(keys), view.blank(values)
    pairs = torch.tanh(queries[:, :, :, None] + keys[:, :, None])
    scores = torch.einsum("bhqkd,hd->bhqk", pairs, vector)
    masked_scores = view.hide(scores)
    weights = view.softmax(masked_scores)
    context = (weights if dropout is None else dropout(weights)) @ values
    return Steps(context, scores, masked_scores, weights)
