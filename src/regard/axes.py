"""The legend of tensor axes: one name per axis, the same in signatures, docstrings, traces and pictures.

Shapes stand in signatures as jaxtyping strings, for example ``Float[Tensor, "batch head query key"]``.
"""

from typing import Final

AXES: Final[dict[str, str]] = {
    "layer": "layers of a network",
    "batch": "sentences processed together; during beam search, sentences times beams",
    "head": "attention heads (the paper's h)",
    "mask_heads": "1 where a mask is shared by all heads, else the number of heads",
    "query": "positions that look",
    "key": "positions that are looked at",
    "position": "positions of one sequence, where query and key are not told apart",
    "source_position": "positions of the source, where the target's are near",
    "target_position": "positions of the target",
    "shift": "the decoder row that produces a word, and the row that reads it",
    "piece": "pieces of a sentence, where its words are told apart from them",
    "target_piece": "pieces of a translation, each standing for the decoder's row that is read for it",
    "column": "columns of a table or picture, whatever they stand for",
    "word": "words of a sentence",
    "query_word": "words that look",
    "key_word": "words that are looked at",
    "source_word": "words of the source",
    "target_word": "words of the translation",
    "token": "real tokens of a batch in one line, padding left out",
    "model": "features of a token's vector (the paper's d_model)",
    "head_dim": "features of one head's queries, keys and values (the paper's d_k = d_v)",
    "value_dim": "features of one head's values, where they need not be as many as those of its keys",
    "features": "features of all heads side by side: heads times head_dim",
    "half": "half of a vector's features: the sines, or the cosines, of its position",
    "input": "features that go into a linear layer",
    "output": "features that come out of one",
    "vocab": "pieces of the vocabulary",
    "beam": "hypotheses kept per sentence",
    "picked": "some rows, chosen by their number",
    "row": "hypotheses decoded side by side: sentences times beams",
    "sentence": "sentences searched together, where their beams have an axis of their own",
    "candidate": "tokens that may come next, best first",
}
