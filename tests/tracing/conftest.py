"""Traces made by hand, true attention over seeded vectors with any words; and small translators that are recorded."""

from collections.abc import Callable
from itertools import count

import numpy as np
import pytest
import torch

from regard.models import build_model
from regard.settings import DataSettings, DecodingSettings, ModelSettings, Settings, TextSettings
from regard.text import EOS, Tokenizer
from regard.tracing.header import (
    AttentionFacts,
    Candidate,
    Header,
    MaskFacts,
    ModelFacts,
    Request,
    Step,
    Token,
    Tokens,
    TranslationFacts,
    key_of,
)
from regard.tracing.trace import Trace
from regard.translator import Translator

MakeTrace = Callable[..., Trace]
HOSTILE = {
    "script": "<script>alert(1)</script>",
    "end-script": "</script><!--",
    "markup": "[bold]&amp;'\"",
    "escape": "\x1b[31mred\x1b]0;title\x07",
    "right-to-left": "\u202eשלום עולם",
    "emoji": "👩‍👩‍👧‍👦🇫🇷",
    "long": "x" * 300,
    "unknown": "\ufffd\U000e0041",
    "formula": "=cmd|'/c calc'!A1",
    "dollars": "$\\frac{1}{0}$",
}


@pytest.fixture(params=HOSTILE.values(), ids=HOSTILE.keys())
def hostile(request: pytest.FixtureRequest) -> str:
    """Text that does harm where it is taken for anything but data."""
    return str(request.param)


@pytest.fixture(scope="session")
def hostile_texts() -> list[str]:
    """All of them."""
    return list(HOSTILE.values())


@pytest.fixture(scope="session")
def make_trace() -> MakeTrace:
    """``make_trace("The cat", "Le chat")``; ``¦`` cuts a word into pieces: ``fluff¦y``."""
    return _trace


def _tokens(text: str, *, first: bool, pad: int = 0) -> tuple[Token, ...]:
    """Source and decoder output end with the end mark; decoder input begins with the start mark."""
    numbers, found, place = count(), [], 0
    if first:
        found.append(Token(i=next(numbers), id=1, piece="<s>", text="", word=None, span=None, kind="bos"))
    for number, word in enumerate(text.split(" ") if text else []):
        for part, piece in enumerate(word.split("¦")):
            shown = ("" if part or not number else " ") + piece
            span = (place, place + len(shown))
            place += len(shown)
            name = ("" if part else "▁") + piece
            found.append(
                Token(i=next(numbers), id=10 + number, piece=name, text=shown, word=number, span=span, kind="piece")
            )
    if not first:
        found.append(Token(i=next(numbers), id=2, piece="</s>", text="", word=None, span=None, kind="eos"))
    found += [
        Token(i=next(numbers), id=0, piece="<pad>", text="", word=None, span=None, kind="pad") for _ in range(pad)
    ]
    return tuple(found)


def _attention(
    rng: np.random.Generator, codes: np.ndarray, heads: int, sharpness: float, head_dim: int = 8
) -> dict[str, np.ndarray]:
    num_queries, num_keys = codes.shape
    queries = rng.normal(size=(heads, num_queries, head_dim)) * sharpness
    keys, values = rng.normal(size=(2, heads, num_keys, head_dim))
    scores = queries @ keys.transpose(0, 2, 1) * head_dim**-0.5
    powers = np.where(codes == 0, np.exp(scores - scores.max(-1, keepdims=True)), 0)
    weights = powers / np.maximum(powers.sum(-1, keepdims=True), 1e-30)
    found = {"queries": queries, "keys": keys, "values": values}
    found |= {"scores": scores, "weights": weights, "context": weights @ values}
    return {name: array.astype(np.float32) for name, array in found.items()}


def _step(token: Token) -> Step:
    top = (Candidate(id=token.id, piece=token.piece, probability=0.75), Candidate(id=9, piece="▁de", probability=0.125))
    return Step(i=token.i, id=token.id, piece=token.piece, probability=0.75, top=top, entropy=0.7, milliseconds=2.5)


def _trace(
    source: str, target: str, *, layers: int = 1, heads: int = 2, pad: int = 0, seed: int = 0, sharpness: float = 1.0
) -> Trace:
    rng = np.random.default_rng(seed)
    rows = Tokens(
        source=_tokens(source, first=False, pad=pad),
        target_in=_tokens(target, first=True),
        target_out=_tokens(target, first=False),
    )
    width, length = len(rows.source), len(rows.target_in)
    padding = np.array([token.kind == "pad" for token in rows.source], np.uint8)
    codes = {
        "source": np.broadcast_to(padding, (width, width)),
        "memory": np.broadcast_to(padding, (length, width)),
        "future": np.triu(np.full((length, length), 2, np.uint8), 1),
    }
    kinds = [
        ("encoder.self", "source", "source", "source"),
        ("decoder.self", "target_in", "target_in", "future"),
        ("decoder.cross", "target_in", "source", "memory"),
    ]
    attentions, tensors = [], {f"masks/{name}": np.ascontiguousarray(array) for name, array in codes.items()}
    for layer in range(layers):
        for family, queries, keys, mask in kinds:
            key = key_of(family, layer)
            attentions.append(
                AttentionFacts(
                    key=key,
                    attention=family,
                    layer=layer,
                    query_tokens=queries,
                    key_tokens=keys,
                    num_heads=heads,
                    head_dim=8,
                    value_dim=8,
                    scale=8**-0.5,
                    mask=mask,
                )
            )
            made = _attention(rng, codes[mask], heads, sharpness)
            tensors |= {f"{key}/{name}": array for name, array in made.items()}
    header = Header(
        made_by="a test",
        model=ModelFacts(
            name="made",
            source_language="en",
            target_language="fr",
            encoder_layers=layers,
            decoder_layers=layers,
            num_heads=heads,
            model_dim=8 * heads,
            head_dim=8,
            feedforward_dim=16,
            vocab_size=100,
            norm="pre",
            positions="sinusoidal",
            dtype="float32",
        ),
        request=Request(text=source.replace("¦", ""), decoding="greedy", pad_source_to=width if pad else None),
        translation=TranslationFacts(text=target.replace("¦", ""), score=-0.25, finished=True),
        tokens=rows,
        steps=tuple(map(_step, rows.target_out)),
        attentions=tuple(attentions),
        masks={
            name: MaskFacts(axes=("query", "key"), shape=array.shape, data=f"npz:masks/{name}")
            for name, array in codes.items()
        },
        checks=(),
    )
    return Trace(header, tensors)


SENTENCES = ["The cat sat on the mat.", "The cat chased the dog.", "I love you.", "Je t'aime.", "Le chien court vite."]
MakeTranslator = Callable[..., Translator]


@pytest.fixture(scope="session")
def make_translator() -> MakeTranslator:
    """Builds a translator that has learned nothing, but whose every part is real, and whose sentences end."""
    tokenizer = Tokenizer.train(SENTENCES, vocab_size=320)

    def make(
        *, dtype: torch.dtype = torch.float32, ending: float = 3.0, noise: float = 0.2, **changes: object
    ) -> Translator:
        small = {"model_dim": 16, "num_heads": 2, "feedforward_dim": 32, "encoder_layers": 2, "decoder_layers": 2}
        if changes.get("kind") == "recurrent":
            small.pop("feedforward_dim")
        settings = Settings(
            data=DataSettings(source_language="en", target_language="fr"),
            text=TextSettings(vocab_size=tokenizer.vocab_size),
            model=ModelSettings.model_validate(small | {"output_bias": True} | changes),
            decoding=DecodingSettings(beam_size=3, max_length=9),
        )
        torch.manual_seed(2)
        network = build_model(settings.model, tokenizer.vocab_size)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(torch.randn_like(parameter) * noise)
            network.output_bias[EOS] = ending
        return Translator(network.to(dtype).eval(), tokenizer, settings)

    return make
