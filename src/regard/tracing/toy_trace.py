"""The worked example as a trace, so that everything that shows a trace shows it too."""

from typing import Final

import numpy as np
from jaxtyping import Float
from torch import Tensor

from regard.tracing.header import (
    AttentionFacts,
    Header,
    MaskFacts,
    ModelFacts,
    Request,
    Token,
    Tokens,
    TranslationFacts,
)
from regard.tracing.toy import EMBEDDING, WorkedExample
from regard.tracing.trace import Trace
from regard.version import __version__

KEY: Final = "encoder.0.self"
MASK: Final = "encoder.self"


def toy_trace(example: WorkedExample) -> Trace:
    """A trace with one attention of one head: that of the example. Nothing is translated, and nothing was checked."""
    header = Header(
        made_by=f"Regard {__version__}",
        model=_facts(),
        request=Request(text=" ".join(example.words), decoding="forced", target=""),
        translation=TranslationFacts(text="", score=0.0, finished=True),
        tokens=Tokens(source=_tokens(example), target_in=(), target_out=()),
        steps=(),
        attentions=(_attention(),),
        masks={MASK: MaskFacts(axes=("query", "key"), shape=example.codes.shape, data=f"npz:masks/{MASK}")},
        checks=(),
    )
    return Trace(header, {f"masks/{MASK}": example.codes, **_tensors(example)})


def _tensors(example: WorkedExample) -> dict[str, Float[np.ndarray, "head row column"]]:
    # Scores of keys that nobody may see are blanked in the run; those of the unmasked run are the same elsewhere.
    scores, steps = example.unmasked.scores, example.steps
    assert scores is not None
    assert steps.weights is not None
    named = {
        "queries": example.queries,
        "keys": example.keys,
        "values": example.values,
        "scores": scores[:, 0],
        "weights": steps.weights[:, 0],
        "context": steps.context[:, 0],
    }
    return {f"{KEY}/{name}": _floats(tensor) for name, tensor in named.items()}


def _floats(tensor: Tensor) -> Float[np.ndarray, "head row column"]:
    found: Float[np.ndarray, "head row column"] = tensor.detach().numpy().astype(np.float32)
    return found


def _tokens(example: WorkedExample) -> tuple[Token, ...]:
    made, begin = [], 0
    for place, word in enumerate(example.words):
        span = (begin, begin + len(word))
        made.append(Token(i=place, id=place, piece=f"▁{word}", text=word, word=place, span=span, kind="piece"))
        begin += len(word) + 1
    for place in range(len(example.words), example.layout.width):
        made.append(Token(i=place, id=0, piece="[PAD]", text="", word=None, span=None, kind="pad"))
    return tuple(made)


def _attention() -> AttentionFacts:
    return AttentionFacts(
        key=KEY,
        attention="encoder.self",
        layer=0,
        query_tokens="source",
        key_tokens="source",
        num_heads=1,
        head_dim=EMBEDDING,
        value_dim=EMBEDDING,
        scale=EMBEDDING**-0.5,
        mask=MASK,
    )


def _facts() -> ModelFacts:
    return ModelFacts(
        name="worked example",
        kind="worked example",
        source_language="en",
        target_language="en",
        encoder_layers=1,
        decoder_layers=0,
        num_heads=1,
        model_dim=EMBEDDING,
        head_dim=EMBEDDING,
        vocab_size=0,
        dtype="float64",
    )
