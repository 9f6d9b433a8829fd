"""CTranslate2: a C++ engine for Transformers. Its folder is written through its own Python specification classes.

What its network computes is set to ours: fused projections keep their order (queries, keys, values), positions are
given as a table unless they are rotary, and the end of the source is appended by the engine.
"""

from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, final

import numpy as np

from regard.convert.format import Foreign, Format, Ids, Measured, obstacles_of_every_format
from regard.convert.original import Array, Original, Product
from regard.convert.readme import ctranslate2_readme
from regard.convert.search import left_out
from regard.convert.sentencepiece_file import SENTENCEPIECE, piece_ids, write_pieces
from regard.settings import DecodingSettings, ModelSettings
from regard.text.control import BOS, EOS, PAD, UNK
from regard.text.vocabulary import CONTROL_PIECES

_ACTIVATIONS: Final = {"relu": "RELU", "gelu": "GELU", "swish": "SWISH", "swiglu": "SWISH"}
_TOLERANCES: Final = MappingProxyType(
    {"float32": 1e-3, "float16": 0.1, "bfloat16": 0.3, "int16": 0.3}
    | dict.fromkeys(("int8", "int8_float32", "int8_float16", "int8_bfloat16"), 1.0)
)
"""About ten times what a trained model showed (docs/convert.md)."""


@final
class CTranslate2Format(Format):
    """``model.bin``, ``config.json``, ``shared_vocabulary.json``, and the SentencePiece model to cut text with."""

    name = "ctranslate2"
    title = "CTranslate2"
    packages = ("ctranslate2",)
    tolerances = _TOLERANCES

    def obstacles(self, original: Original) -> Iterator[str]:
        """Another kind of network, experiments, and a layer without its feed-forward part."""
        yield from obstacles_of_every_format(original)
        if original.network.qk_norm:
            yield "it normalises queries and keys by their length (model.qk_norm), which CTranslate2 does otherwise"
        if original.network.kind == "transformer" and original.network.feedforward == "none":
            yield "its layers have no feed-forward network (model.feedforward), which CTranslate2's always have"

    def write(self, original: Original, folder: Path, *, quantization: str) -> None:
        """The specification is filled, checked, quantised and saved by CTranslate2 itself."""
        spec = _specification(original)
        spec.validate()
        spec.optimize(quantization=None if quantization == "float32" else quantization)
        spec.save(str(folder))
        write_pieces(folder, original)
        readme = ctranslate2_readme(original, quantization, left_out(original.settings.decoding, _Engine.follows))
        (folder / "README.md").write_text(readme, encoding="utf-8")

    def open(self, folder: Path, original: Original, *, quantization: str) -> Foreign:
        """The engine itself, on the CPU and one thread."""
        return _Engine(folder, original)


def _specification(original: Original) -> Any:
    from ctranslate2.specs import transformer_spec

    network = original.network
    shape = _shape(network)
    layers = network.encoder_layers, network.decoder_layers
    encoder = transformer_spec.TransformerEncoderSpec(layers[0], network.num_heads, **shape)
    decoder = transformer_spec.TransformerDecoderSpec(layers[1], network.num_heads, **shape)
    spec = transformer_spec.TransformerSpec(encoder, decoder)
    _fill_stack(encoder, original, "encoder", "source_embedding")
    _fill_stack(decoder, original, "decoder", "target_embedding")
    weights = original.weights
    encoder.embeddings[0].weight = weights.array(weights.table("source_embedding"))
    decoder.embeddings.weight = weights.array(weights.table("target_embedding"))
    decoder.projection.weight = weights.output
    if network.output_bias:
        decoder.projection.bias = weights.array("output_bias")
    _fill_words(spec, original)
    return spec


def _shape(network: ModelSettings) -> dict[str, Any]:
    """The arguments that both stacks share."""
    from ctranslate2.specs import common_spec

    return {
        "pre_norm": network.norm == "pre",
        "activation": common_spec.Activation[_ACTIVATIONS[network.feedforward]],
        "layernorm_embedding": network.embedding_norm,
        "ffn_glu": network.feedforward == "swiglu",
        "rotary_dim": network.head_dim if network.positions == "rotary" else None,
        "rotary_interleave": True,
    }


def _fill_stack(stack: Any, original: Original, name: str, embedding: str) -> None:
    """What belongs to a whole stack (scale, positions, norms), then its layers."""
    network = original.network
    stack.scale_embeddings = network.scale_embeddings
    if network.positions == "rotary":
        stack.__dict__.pop("position_encodings", None)
    else:
        stack.position_encodings.encodings = original.position_table("source" if name == "encoder" else "target")
    if network.norm == "pre":
        _fill_norm(stack.layer_norm, original, f"{name}_norm")
    if network.embedding_norm:
        _fill_norm(stack.layernorm_embedding, original, f"{embedding}.norm")
    for number, layer in enumerate(stack.layer):
        _fill_layer(layer, original, f"{name}.{number}")
        if name == "decoder":
            _fill_cross(layer, original, f"{name}.{number}")


def _fill_layer(layer: Any, original: Original, name: str) -> None:
    weights, attention = original.weights, layer.self_attention
    _fill_norm(attention.layer_norm, original, f"{name}.around_attention.norm")
    _fill_product(attention.linear[0], weights.product(f"{name}.attention.project"))
    _fill_product(attention.linear[1], weights.product(f"{name}.attention.output"))
    _unscale(attention, original)
    _fill_norm(layer.ffn.layer_norm, original, f"{name}.around_feedforward.norm")
    _fill_product(layer.ffn.linear_0, weights.product(f"{name}.feedforward.expand"))
    _fill_product(layer.ffn.linear_1, weights.product(f"{name}.feedforward.contract"))
    if original.network.feedforward == "swiglu":
        _fill_product(layer.ffn.linear_0_noact, weights.product(f"{name}.feedforward.gate"))


def _fill_cross(layer: Any, original: Original, name: str) -> None:
    _fill_norm(layer.attention.layer_norm, original, f"{name}.around_cross.norm")
    for linear, part in zip(layer.attention.linear, ("project_query", "project_memory", "output"), strict=True):
        _fill_product(linear, original.weights.product(f"{name}.cross.{part}"))
    _unscale(layer.attention, original)


def _unscale(attention: Any, original: Original) -> None:
    if not original.network.scale_scores:
        attention.queries_scale = np.float32(1.0)


def _fill_product(linear: Any, product: Product) -> None:
    linear.weight, linear.bias = product.weight, product.bias


def _fill_norm(norm: Any, original: Original, name: str) -> None:
    norm.gamma, norm.beta = original.weights.array(f"{name}.weight"), original.weights.array(f"{name}.bias")


def _fill_words(spec: Any, original: Original) -> None:
    pieces = list(original.vocabulary.names)
    spec.register_source_vocabulary(pieces)
    spec.register_target_vocabulary(pieces)
    spec.config.unk_token, spec.config.bos_token = CONTROL_PIECES[UNK], CONTROL_PIECES[BOS]
    spec.config.eos_token = CONTROL_PIECES[EOS]
    spec.config.decoder_start_token = CONTROL_PIECES[BOS]
    spec.config.add_source_eos = True
    spec.config.layer_norm_epsilon = 1e-5


@final
class _Engine(Foreign):
    """The engine, spoken to in our ids."""

    measured: Measured = "log-probabilities of the tokens"
    follows: ClassVar[frozenset[str]] = frozenset({"beam_size", "length_penalty", "no_repeat_ngram", "max_length"})

    def __init__(self, folder: Path, original: Original) -> None:
        import ctranslate2

        self._folder = folder
        self._names = original.vocabulary.names
        self._ids = {name: identifier for identifier, name in enumerate(self._names)}
        self._translator = ctranslate2.Translator(str(folder), device="cpu", intra_threads=1)

    def encode(self, texts: list[str]) -> list[list[int]]:
        return piece_ids(self._folder / SENTENCEPIECE, texts)

    def scores(self, sources: Ids, targets: Ids) -> list[Array]:
        found = self._translator.score_batch(self._spelled(sources), self._spelled(targets))
        return [np.array(each.log_probs, np.float32) for each in found]

    def translate(self, sources: Ids, search: DecodingSettings) -> list[list[int]]:
        found = self._translator.translate_batch(
            self._spelled(sources),
            beam_size=search.beam_size,
            length_penalty=search.length_penalty,
            no_repeat_ngram_size=search.no_repeat_ngram,
            max_decoding_length=search.max_length,
            min_decoding_length=0,
            max_batch_size=32,
            disable_unk=True,
            suppress_sequences=[[CONTROL_PIECES[PAD]], [CONTROL_PIECES[BOS]]],
        )
        return [[self._ids[piece] for piece in each.hypotheses[0]] for each in found]

    def _spelled(self, sentences: Ids) -> list[list[str]]:
        return [[self._names[identifier] for identifier in ids] for ids in sentences]
