"""The transformers library: a folder that ``from_pretrained`` loads.

Post-norm models become Marian networks, pre-norm models Pegasus networks: of the library's translators and summarisers
these two compute exactly what ours compute, positions included, because their tables are read from the file.
"""

import json
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Final, final

import numpy as np
import torch

from regard.bundle import write_tensors
from regard.convert.format import Foreign, Format, obstacles_of_every_format
from regard.convert.hugging_face_library import Library
from regard.convert.hugging_face_names import layer_places
from regard.convert.hugging_face_text import fast_tokenizer, marian_tokenizer
from regard.convert.original import Array, Original
from regard.convert.readme import hugging_face_readme
from regard.convert.search import left_out
from regard.text.control import BOS, EOS, PAD, UNK

_ACTIVATIONS: Final = MappingProxyType({"relu": "relu", "gelu": "gelu", "swish": "swish"})
_CLASSES: Final = MappingProxyType({"marian": "MarianMTModel", "pegasus": "PegasusForConditionalGeneration"})


class _HuggingFaceFormat(Format):
    """What both ways of writing such a folder share."""

    packages = ("transformers",)
    tolerances: ClassVar[Mapping[str, float]] = MappingProxyType({"float32": 1e-4})

    def obstacles(self, original: Original) -> Iterator[str]:
        """Whatever neither network has."""
        found = list(obstacles_of_every_format(original))
        yield from found
        if original.network.kind != "transformer":
            return
        network = original.network
        if network.feedforward not in _ACTIVATIONS:
            yield (
                f"its feed-forward networks are {network.feedforward!r} (model.feedforward), and theirs can be "
                f"{', '.join(_ACTIVATIONS)}"
            )
        if network.positions == "rotary":
            yield "its positions are rotary (model.positions), and theirs are added to embeddings"
        if network.embedding_norm:
            yield "it normalises embeddings (model.embedding_norm), which they do not"
        if network.qk_norm:
            yield "it normalises queries and keys (model.qk_norm), which they do not"
        if not network.scale_scores:
            yield "it does not scale scores (model.scale_scores), which they do"
        if network.norm == "pre" and network.tied_embeddings != "all":
            yield (
                f"its embeddings are tied {network.tied_embeddings!r} (model.tied_embeddings), and their pre-norm "
                "network has one table for source, target and output"
            )

    def write(self, original: Original, folder: Path, *, quantization: str) -> None:
        """Weights, settings, the tokenizer and a README, without the library itself."""
        tensors = {name: torch.from_numpy(array) for name, array in _weights(original)}
        write_tensors(folder / "model.safetensors", tensors)
        _write_json(folder / "config.json", _config(original))
        _write_json(folder / "generation_config.json", _generation(original))
        self._write_tokenizer(original, folder)
        readme = hugging_face_readme(original, left_out(original.settings.decoding, Library.follows))
        (folder / "README.md").write_text(readme, encoding="utf-8")

    @abstractmethod
    def _write_tokenizer(self, original: Original, folder: Path) -> None:
        """Writes what the library's tokenizer reads."""

    def open(self, folder: Path, original: Original, *, quantization: str) -> Foreign:
        """The library's own network, on the CPU."""
        return Library(folder)


@final
class TransformersFormat(_HuggingFaceFormat):
    """A folder for ``AutoModelForSeq2SeqLM`` and ``AutoTokenizer``, pre-norm or post-norm."""

    name = "transformers"
    title = "transformers"

    def obstacles(self, original: Original) -> Iterator[str]:
        """Also vocabularies learned elsewhere, which are written as the files they came from."""
        yield from super().obstacles(original)
        if original.vocabulary.adopted is not None:
            yield "its vocabulary was learned elsewhere; --to marian writes the files that such a one is read from"

    def _write_tokenizer(self, original: Original, folder: Path) -> None:
        for name, content in fast_tokenizer(original.vocabulary, most_tokens=original.most_positions).items():
            _write_json(folder / name, content)


@final
class MarianFormat(_HuggingFaceFormat):
    """A folder for ``MarianMTModel`` and ``MarianTokenizer``."""

    name = "marian"
    title = "Marian (transformers)"

    def obstacles(self, original: Original) -> Iterator[str]:
        """Also pre-norm, which Marian's network in the library does not know."""
        yield from super().obstacles(original)
        if original.network.kind == "transformer" and original.network.norm == "pre":
            yield (
                "it is pre-norm (model.norm), and Marian's network there is post-norm; --to transformers holds "
                "pre-norm models, and regard train --preset marian trains post-norm ones"
            )

    def _write_tokenizer(self, original: Original, folder: Path) -> None:
        for name, content in marian_tokenizer(original).items():
            if isinstance(content, bytes):
                (folder / name).write_bytes(content)
            else:
                _write_json(folder / name, content)


def _weights(original: Original) -> Iterator[tuple[str, Array]]:
    weights = original.weights
    for place in layer_places(original.network):
        array = weights.array(place.ours)
        rows = len(array) // place.parts
        yield place.theirs, np.ascontiguousarray(array[place.part * rows : (place.part + 1) * rows])
    yield from _tables(original)
    bias = weights.array("output_bias") if original.network.output_bias else np.zeros(len(original.vocabulary))
    yield "final_logits_bias", bias.astype(np.float32)[None]
    yield "model.encoder.embed_positions.weight", original.position_table("source")
    yield "model.decoder.embed_positions.weight", original.position_table("target")


def _tables(original: Original) -> Iterator[tuple[str, Array]]:
    """Embeddings: one table for everything, or one for each side, or one for the output too."""
    tying, weights = original.network.tied_embeddings, original.weights
    target = weights.array(weights.table("target_embedding"))
    if tying == "all":
        yield "model.shared.weight", target
        return
    yield "model.encoder.embed_tokens.weight", weights.array(weights.table("source_embedding"))
    yield "model.decoder.embed_tokens.weight", target
    yield "lm_head.weight", weights.output


def _config(original: Original) -> dict[str, Any]:
    network = original.network
    kind = "marian" if network.norm == "post" else "pegasus"
    shape = {
        f"{stack}_{key}": value
        for stack, layers in (("encoder", network.encoder_layers), ("decoder", network.decoder_layers))
        for key, value in (
            ("layers", layers),
            ("attention_heads", network.num_heads),
            ("ffn_dim", network.feedforward_dim),
            ("layerdrop", 0.0),
        )
    }
    return {
        "model_type": kind,
        "architectures": [_CLASSES[kind]],
        "is_encoder_decoder": True,
        "vocab_size": len(original.vocabulary),
        "decoder_vocab_size": len(original.vocabulary),
        "d_model": network.model_dim,
        **shape,
        "activation_function": _ACTIVATIONS[network.feedforward],
        "dropout": network.dropout,
        "attention_dropout": network.attention_dropout,
        "activation_dropout": network.feedforward_dropout,
        "max_position_embeddings": original.most_positions,
        "scale_embedding": network.scale_embeddings,
        "share_encoder_decoder_embeddings": network.tied_embeddings == "all",
        "tie_word_embeddings": network.tied_embeddings != "none",
        **_CONTROLS,
        "forced_eos_token_id": None,
        "dtype": "float32",
    }


_CONTROLS: Final = MappingProxyType(
    {"pad_token_id": PAD, "bos_token_id": BOS, "eos_token_id": EOS, "decoder_start_token_id": BOS}
)


def _generation(original: Original) -> dict[str, Any]:
    search = original.settings.decoding
    return {
        **_CONTROLS,
        "num_beams": search.beam_size,
        "length_penalty": search.length_penalty,
        "no_repeat_ngram_size": search.no_repeat_ngram,
        "max_length": original.longest_translation + 1,  # the start is counted
        "suppress_tokens": [PAD, UNK, BOS],
    }


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
