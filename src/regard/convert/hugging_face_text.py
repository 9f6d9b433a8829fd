"""Our tokenizer for the transformers library: one file that is exact, or the files that Marian's tokenizer reads."""

from collections.abc import Iterator
from typing import Any, Final

from regard.convert.original import Original
from regard.text.control import BOS, EOS, PAD, UNK
from regard.text.model_proto import model_proto
from regard.text.normal import ESCAPE, MARK_ESCAPED, SPACE_MARK
from regard.text.vocabulary import CONTROL_PIECES, FIRST_LEARNED, Vocabulary

_NAMED: Final = (("pad_token", PAD), ("unk_token", UNK), ("bos_token", BOS), ("eos_token", EOS))


def fast_tokenizer(vocabulary: Vocabulary, *, most_tokens: int) -> dict[str, Any]:
    """``tokenizer.json`` and its settings: the same steps as ours, from normal form to bytes."""
    end = CONTROL_PIECES[EOS]
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_control(identifier) for identifier in range(len(CONTROL_PIECES))],
        "normalizer": {"type": "Sequence", "normalizers": list(_normalizers())},
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [_part("Sequence", "A"), _part("SpecialToken", end)],
            "pair": [_part("Sequence", "A"), _part("Sequence", "B"), _part("SpecialToken", end)],
            "special_tokens": {end: {"id": end, "ids": [EOS], "tokens": [end]}},
        },
        "decoder": {"type": "Sequence", "decoders": list(_decoders())},
        "model": _bpe(vocabulary) if vocabulary.kind == "bpe" else _unigram(vocabulary),
    }
    return {"tokenizer.json": content, "tokenizer_config.json": _config("PreTrainedTokenizerFast", most_tokens)}


def marian_tokenizer(original: Original) -> dict[str, Any]:
    """The SentencePiece model for either side, the ids of its pieces, and settings."""
    vocabulary, (source, target) = original.vocabulary, original.translator.languages
    languages = {"source_lang": source, "target_lang": target, "separate_vocabs": False}
    return {
        "source.spm": model_proto(vocabulary),
        "target.spm": model_proto(vocabulary),
        "vocab.json": {name: identifier for identifier, name in enumerate(vocabulary.names)},
        "tokenizer_config.json": _config("MarianTokenizer", original.most_positions) | languages,
    }


def _config(kind: str, most_tokens: int) -> dict[str, Any]:
    names = {name: CONTROL_PIECES[identifier] for name, identifier in _NAMED}
    return names | {
        "tokenizer_class": kind,
        "model_max_length": most_tokens,
        "model_input_names": ["input_ids", "attention_mask"],
        "clean_up_tokenization_spaces": False,
    }


def _control(identifier: int) -> dict[str, Any]:
    flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return {"id": identifier, "content": CONTROL_PIECES[identifier], **flags}


def _part(kind: str, name: str) -> dict[str, Any]:
    return {kind: {"id": name, "type_id": 0}}


def _normalizers() -> Iterator[dict[str, Any]]:
    yield {"type": "NFC"}
    yield _replaced(ESCAPE, ESCAPE + ESCAPE)
    yield _replaced(SPACE_MARK, ESCAPE + MARK_ESCAPED)
    yield {"type": "Prepend", "prepend": SPACE_MARK}
    yield _replaced(" ", SPACE_MARK)


def _decoders() -> Iterator[dict[str, Any]]:
    yield _replaced(SPACE_MARK, " ")
    yield {"type": "ByteFallback"}
    yield {"type": "Fuse"}
    yield {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    yield _replaced(ESCAPE + MARK_ESCAPED, SPACE_MARK)
    yield _replaced(ESCAPE + ESCAPE, ESCAPE)


def _replaced(old: str, new: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": {"String": old}, "content": new}


def _unigram(vocabulary: Vocabulary) -> dict[str, Any]:
    scores = [*[0.0] * FIRST_LEARNED, *vocabulary.scores]
    pairs = [[name, score] for name, score in zip(vocabulary.names, scores, strict=True)]
    return {"type": "Unigram", "unk_id": UNK, "vocab": pairs, "byte_fallback": True}


def _bpe(vocabulary: Vocabulary) -> dict[str, Any]:
    return {
        "type": "BPE",
        "dropout": None,
        "unk_token": CONTROL_PIECES[UNK],
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": True,
        "ignore_merges": False,
        "vocab": {name: identifier for identifier, name in enumerate(vocabulary.names)},
        "merges": list(_merges(vocabulary)),
    }


def _merges(vocabulary: Vocabulary) -> Iterator[list[str]]:
    """Every way to make a piece of two others, the piece that is merged first coming first."""
    known = set(vocabulary.pieces)
    for piece, _ in sorted(zip(vocabulary.pieces, vocabulary.scores, strict=True), key=lambda pair: -pair[1]):
        for cut in range(1, len(piece)):
            if piece[:cut] in known and piece[cut:] in known:
                yield [piece[:cut], piece[cut:]]
