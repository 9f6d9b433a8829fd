"""Imports a Marian folder of the transformers library, such as OPUS-MT's: it becomes a model of ours like any other.

Its pieces get our ids: padding, unknown and end are moved to our places, the beginning of a translation becomes BOS,
and the 256 bytes that it has no pieces for get rows that nothing reads and a bias that nothing overcomes.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, final

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from regard.convert.hugging_face_library import NEVER
from regard.convert.hugging_face_names import layer_places
from regard.convert.marian_search import MarianSearch, read_search
from regard.convert.sentencepiece_read import PieceModel, read_piece_model
from regard.errors import BundleError, InputError, ShapeError
from regard.models import build_model, load_weights
from regard.positions import sinusoidal_halves
from regard.settings import ModelSettings, settings_from_json
from regard.text import Tokenizer
from regard.text.adopted import Adopted
from regard.text.control import BOS, EOS, PAD, UNK
from regard.text.vocabulary import FIRST_BYTE, FIRST_LEARNED, RESERVED, Vocabulary
from regard.translator import Translator

_ACTIVATIONS: Final = {"relu": "relu", "gelu": "gelu", "swish": "swish", "silu": "swish"}
_FORMS: Final = {"identity": "identity", "nmt_nfkc": "nmt_nfkc"}
_CONTROLS: Final = ("pad_token_id", "eos_token_id", "decoder_start_token_id")
_SIZES: Final = (
    *("vocab_size", "d_model", "encoder_attention_heads", "encoder_ffn_dim", "encoder_layers", "decoder_layers"),
    "max_position_embeddings",
)
_SPECIAL: Final = ("</s>", "<unk>", "<pad>")


@final
@dataclass(frozen=True, eq=False)
class Imported:
    """A model of others as one of ours.

    Attributes:
        translator: it, in memory.
        their_ids: by our id theirs; what they have no piece for has that of the unknown.
        left_out: what their search does and ours does not know, by their names.
    """

    translator: Translator
    their_ids: tuple[int, ...]
    left_out: tuple[str, ...]


def read_marian(folder: Path, *, languages: tuple[str, str] | None = None) -> Imported:
    """Reads a folder of ``config.json``, ``vocab.json``, ``source.spm`` and weights.

    Sources are cut as ``source.spm`` says. Pieces of ``target.spm`` are written, but text is never cut into them: a
    translation that is given, to be explained for example, is cut into the source's pieces.

    Args:
        folder: as ``save_pretrained`` writes it.
        languages: source and target; what the folder itself says if not given.

    Raises:
        BundleError: a file is missing or damaged.
        InputError: the model has something ours have not; the message gives every reason.
        SettingsError: a value of its search, or of its network, is none that ours could have.
    """
    config, pieces = _json(folder / "config.json"), _json(folder / "vocab.json")
    source = read_piece_model(folder / "source.spm")
    reasons = [*_obstacles_of_network(config), *_obstacles_of_text(pieces, source)]
    reasons += [] if reasons else _obstacles_of_ids(config, pieces)
    if reasons:
        raise InputError(f"{folder} cannot become a model of ours: {'; '.join(reasons)}")
    vocabulary, their_ids = _vocabulary(pieces, source, config)
    never = [their_ids[each] for each in (PAD, UNK, BOS)]
    search = read_search(folder, config, _generation(folder), never_chosen=never)
    tensors = _tensors(folder)
    sections = _sections(config, tensors, vocabulary, search, languages or _languages(folder))
    settings = settings_from_json(json.dumps(sections), where=str(folder / "config.json"))
    model = build_model(settings.model, len(vocabulary))
    try:
        load_weights(model, dict(_weights(settings.model, tensors, their_ids, config)))
    except (KeyError, ShapeError, IndexError, RuntimeError) as error:
        raise BundleError(f"the weights of {folder} are not those its config.json describes: {error}") from None
    model = model.eval().requires_grad_(False)
    return Imported(Translator(model, Tokenizer(vocabulary), settings, name=folder.name), their_ids, search.left_out)


def _obstacles_of_network(config: Mapping[str, Any]) -> Iterator[str]:
    """What its network has that ours have not."""
    if config.get("model_type") != "marian":
        yield f"its model_type is {config.get('model_type')!r}, and marian is expected"
        return
    for key in ("normalize_before", "normalize_embedding", "add_final_layer_norm"):
        if config.get(key):
            yield f"{key} is set, which Marian networks do not know"
    for key in ("attention_heads", "ffn_dim"):
        if config.get(f"encoder_{key}") != config.get(f"decoder_{key}"):
            yield f"{key} of encoder and decoder differ"
    if config.get("activation_function") not in tuple(_ACTIVATIONS):  # a list among JSON's values has no hash
        known = ", ".join(_ACTIVATIONS)
        yield f"its activation_function is {config.get('activation_function')!r}, and ours are {known}"
    if config.get("decoder_vocab_size", config.get("vocab_size")) != config.get("vocab_size"):
        yield "source and target have vocabularies of different sizes, and ours share one"


def _obstacles_of_text(pieces: Mapping[str, Any], source: PieceModel) -> Iterator[str]:
    """What its vocabulary has that ours have not."""
    missing = [name for name in _SPECIAL if name not in pieces]
    if missing:
        yield f"its vocab.json lacks {', '.join(missing)}"
    if any(name.startswith(">>") and name.endswith("<<") for name in pieces):
        yield "it translates into several languages, told by a piece such as >>fra<<, and ours into one"
    clashing = sorted(set(pieces) & RESERVED - set(_SPECIAL))
    if clashing:
        yield f"its pieces {', '.join(clashing[:3])} have the names of control tokens of ours"
    if source.kind is None:
        yield "its source.spm cuts text neither by unigram scores nor by merges"
    if source.normal_form not in _FORMS:
        yield f"its text is normalised by {source.normal_form!r}, and ours by {' or '.join(_FORMS)}"
    if not (source.leading_space and source.merges_spaces) or source.falls_back_to_bytes:
        yield "its source.spm treats spaces or unknown characters in a way that Marian's usually do not"


def _obstacles_of_ids(config: Mapping[str, Any], pieces: Mapping[str, Any]) -> Iterator[str]:
    """Numbers that are missing, or lead outside the vocabulary."""
    for key in _SIZES:
        if type(config.get(key)) is not int:
            yield f"{key} must be a whole number, but is {config.get(key)!r}"
            return
    size = config["vocab_size"]
    ids = {key: config.get(key) for key in _CONTROLS} | dict(pieces)
    wrong = [name for name, identifier in ids.items() if type(identifier) is not int or not 0 <= identifier < size]
    if wrong:
        yield f"the ids of {', '.join(wrong[:3])} are not among the {size} that there are"


def _vocabulary(
    pieces: Mapping[str, int], source: PieceModel, config: Mapping[str, Any]
) -> tuple[Vocabulary, tuple[int, ...]]:
    """The pieces in the order of their ids, and by our id theirs."""
    learned = sorted((name for name in pieces if name not in _SPECIAL), key=lambda name: pieces[name])
    lowest = min(source.scores.values())
    unused = tuple(place for place, name in enumerate(learned) if name not in source.scores)
    vocabulary = Vocabulary(
        kind=source.kind or "unigram",
        pieces=tuple(learned),
        scores=tuple(source.scores.get(name, lowest) for name in learned),
        requested_size=len(pieces),
        adopted=Adopted(_FORMS[source.normal_form], unused),  # type: ignore[arg-type]
    )
    controls = {PAD: config["pad_token_id"], UNK: pieces["<unk>"], EOS: config["eos_token_id"]}
    controls[BOS] = config["decoder_start_token_id"]
    ours = [controls[identifier] for identifier in range(FIRST_BYTE)]
    return vocabulary, (*ours, *[pieces["<unk>"]] * 256, *(pieces[name] for name in learned))


def _sections(
    config: Mapping[str, Any],
    tensors: Mapping[str, Tensor],
    vocabulary: Vocabulary,
    search: MarianSearch,
    languages: tuple[str, str],
) -> dict[str, dict[str, Any]]:
    """Settings of ours, by section."""
    tied = "all" if config.get("share_encoder_decoder_embeddings", True) else "target"
    network = {
        "model_dim": config["d_model"],
        "num_heads": config["encoder_attention_heads"],
        "feedforward_dim": config["encoder_ffn_dim"],
        "encoder_layers": config["encoder_layers"],
        "decoder_layers": config["decoder_layers"],
        "norm": "post",
        "feedforward": _ACTIVATIONS[config["activation_function"]],
        "positions": "learned" if _has_learned_positions(tensors, config) else "sinusoidal-halves",
        "max_length": config["max_position_embeddings"],
        "tied_embeddings": tied if config.get("tie_word_embeddings", True) else "none",
        "scale_embeddings": bool(config.get("scale_embedding", False)),
        "output_bias": True,
    }
    most = config["max_position_embeddings"] - 1
    return {
        "data": {"source_language": languages[0], "target_language": languages[1], "max_tokens": most},
        "text": {"kind": vocabulary.kind, "vocab_size": max(300, len(vocabulary))},
        "model": network,
        "decoding": {**search.settings, "max_source_tokens": most},
    }


def _has_learned_positions(tensors: Mapping[str, Tensor], config: Mapping[str, Any]) -> bool:
    """Whether a table of positions is stored that is not the formula's."""
    table = tensors.get("model.encoder.embed_positions.weight")
    if table is None:
        return False
    if table.shape[1:] != (config["d_model"],):
        raise BundleError(
            "the weights are not those its config.json describes: they have a table of positions of shape "
            f"{tuple(table.shape)}, and vectors of {config['d_model']} are expected; copy them again"
        )
    formula = sinusoidal_halves(len(table), config["d_model"])  # of an odd size it is one wider
    return table.shape != formula.shape or not torch.allclose(table.double(), formula, atol=1e-3)


def _weights(
    network: ModelSettings, tensors: Mapping[str, Tensor], their_ids: tuple[int, ...], config: Mapping[str, Any]
) -> Iterator[tuple[str, Tensor]]:
    """Our weights by our names."""
    parts: dict[str, list[Tensor]] = {}
    for place in layer_places(network):
        parts.setdefault(place.ours, []).append(tensors[place.theirs])
    yield from ((name, torch.cat(each)) for name, each in parts.items())
    rows = torch.tensor(their_ids)
    shared = tensors.get("model.shared.weight")
    own = {side: tensors.get(f"model.{stack}.embed_tokens.weight", shared) for stack, side in _SIDES}
    if network.tied_embeddings == "all":
        yield "source_embedding.tokens.weight", _rows(own["source"], rows)
    else:
        yield from ((f"{side}_embedding.tokens.weight", _rows(table, rows)) for side, table in own.items())
    if network.tied_embeddings == "none":
        yield "output.weight", _rows(tensors["lm_head.weight"], rows)
    if network.positions == "learned":
        for stack, side in _SIDES:
            yield f"{side}_embedding.positions.table", tensors[f"model.{stack}.embed_positions.weight"]
    bias = tensors.get("final_logits_bias", torch.zeros(1, config["vocab_size"])).flatten()[rows].clone()
    bias[FIRST_BYTE:FIRST_LEARNED] = NEVER
    yield "output_bias", bias


_SIDES: Final = (("encoder", "source"), ("decoder", "target"))


def _rows(table: Tensor | None, rows: Tensor) -> Tensor:
    """A table in our order; bytes are zeros, so that their logits are their bias and nothing else."""
    if table is None:
        raise KeyError("model.shared.weight")
    ours = table[rows].clone()
    ours[FIRST_BYTE:FIRST_LEARNED] = 0.0
    return ours


def _tensors(folder: Path) -> dict[str, Tensor]:
    """The weights, from the safe format; an older one is code, and read in a way that runs none."""
    safe, older = folder / "model.safetensors", folder / "pytorch_model.bin"
    if safe.exists():
        try:
            return {name: tensor.float() for name, tensor in load_file(safe).items()}
        except (SafetensorError, OSError) as error:
            raise BundleError(f"{safe} cannot be read: {error}; copy it again") from None
    if older.exists():
        raise InputError(
            f"{older} holds weights in a format that can run programs, and is not read; write the model anew with "
            "the transformers library: MarianMTModel.from_pretrained(FOLDER).save_pretrained(FOLDER)"
        )
    raise BundleError(f"{folder} has no model.safetensors; name a folder that save_pretrained wrote")


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}; name the folder of a Marian model") from None
    except (ValueError, RecursionError):
        raise BundleError(f"{path} holds no JSON; copy it again") from None
    if not isinstance(content, dict):
        raise BundleError(f"{path} must hold a JSON object; copy it again")
    return content


def _generation(folder: Path) -> dict[str, Any]:
    path = folder / "generation_config.json"
    return _json(path) if path.exists() else {}


def _languages(folder: Path) -> tuple[str, str]:
    path = folder / "tokenizer_config.json"
    said = _json(path) if path.exists() else {}
    source, target = said.get("source_lang"), said.get("target_lang")
    if not (isinstance(source, str) and isinstance(target, str)):
        raise InputError(
            f"{folder} does not say which languages it translates; give --source-language and --target-language"
        )
    return source, target
