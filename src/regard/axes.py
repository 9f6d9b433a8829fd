"""The legend of tensor axes: one name per axis, the same in signatures, docstrings, traces and pictures.

Shapes stand in signatures as jaxtyping strings, for example ``Float[Tensor, "batch head query key"]``.
"""

from typing import Final

AXES: Final[dict[str, str]] = {
    "batch": "sentences processed together; during beam search, sentences times beams",
    "head": "attention heads (the paper's h)",
    "mask_heads": "1 where a mask is shared by all heads, else the number of heads",
    "query": "positions that look",
    "key": "positions that are looked at",
    "position": "positions of one sequence, where query and key are not told apart",
    "model": "features of a token's vector (the paper's d_model)",
    "head_dim": "features of one head's queries, keys and values (the paper's d_k = d_v)",
    "feedforward": "hidden features of the feed-forward network (the paper's d_ff)",
    "vocab": "pieces of the vocabulary",
    "beam": "hypotheses kept per sentence",
    "row": "hypotheses decoded side by side: sentences times beams",
    "sentence": "sentences searched together, where their beams have an axis of their own",
    "candidate": "tokens that may come next, best first",
}
