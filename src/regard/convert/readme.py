"""What stands in the README of a converted folder: what it is, how to call it, what to mind."""

from collections.abc import Sequence
from typing import Final

from regard.convert.original import Original

OPSET: Final = 17
"""The version of ONNX's operators that graphs are written in: the first that has layer norms."""

_TEXT: Final = """\
Text is brought to Unicode NFC first, as in training. A typed "▁" (U+2581), which SentencePiece uses for spaces, comes
back as a space."""

_CTRANSLATE2: Final = """\
# {source} → {target}, for CTranslate2

Converted by `regard convert`; weights as {quantization}. To translate:

```python
import unicodedata

import ctranslate2
import sentencepiece

cutter = sentencepiece.SentencePieceProcessor(model_file="FOLDER/sentencepiece.model")
translator = ctranslate2.Translator("FOLDER", device="cpu")

text = unicodedata.normalize("NFC", "TEXT")
found = translator.translate_batch(
    [cutter.encode(text, out_type=str)],
    beam_size={beam_size},
    length_penalty={length_penalty},
    no_repeat_ngram_size={no_repeat_ngram},
    max_input_length={max_input},
    max_decoding_length={max_output},
    disable_unk=True,
    min_decoding_length=0,
    suppress_sequences=[["<pad>"], ["<s>"]],
)
print(cutter.decode(found[0].hypotheses[0]))
```

The engine appends the end of the source. The model has {positions} positions: sources and translations of more pieces
are cut at the two lengths above.

{text}
{left_out}"""


_HUGGING_FACE: Final = """\
# {source} → {target}, for transformers

Converted by `regard convert`. To translate:

```python
import unicodedata

from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("FOLDER")
model = AutoModelForSeq2SeqLM.from_pretrained("FOLDER")

text = unicodedata.normalize("NFC", "TEXT")
found = model.generate(**tokenizer([text], return_tensors="pt"), num_beams={beam_size}, max_length={max_output})
print(tokenizer.decode(found[0], skip_special_tokens=True))
```

The network has {positions} positions, counted in pieces; texts have to be shorter.
{left_out}"""


def hugging_face_readme(original: Original, left_out: Sequence[str]) -> str:
    """How to call transformers; ``left_out`` are settings of the model's search that it does not follow."""
    source, target = original.translator.languages
    return _HUGGING_FACE.format(
        source=source,
        target=target,
        beam_size=original.settings.decoding.beam_size,
        max_output=original.longest_translation + 1,  # the start is counted
        positions=original.most_positions,
        left_out=_said_of(left_out),
    )


_ONNX: Final = """\
# {source} → {target}, as ONNX

Converted by `regard convert`: operators of version {opset}, weights as float32. `translate.py` is a whole translator
(greedy search) that needs `numpy`, `onnxruntime` and `sentencepiece`:

```
python translate.py < sentences.txt
```

| graph | takes | gives |
|---|---|---|
| `encoder.onnx` | `source`: ids (batch, source_position), each row ended by 3 and filled up with 0 | `memory` |
| `step.onnx` | `tokens`: the last id of each row, at first 2 (batch); `past`, `memory`, `source` | \
`logits` (batch, {pieces}); `present`: the next `past` |

`past`, `present` and `memory` are keys and values: ({layers} layers, 2, batch, {heads} heads, position, {features} \
features); the first `past` has no position. Rows can be left out, repeated and reordered along the batch.
{positions}
{text}
{left_out}"""


_LEARNED_POSITIONS: Final = """
The network has {0} positions, as `encoder.onnx` says itself (its property `positions`): a source has at most that many
ids, the 3 counted, and a translation that many steps. `translate.py` halves longer lines between words, and translates
the parts.
"""


def onnx_readme(original: Original, left_out: Sequence[str]) -> str:
    """How to call both graphs; ``left_out`` are settings of the model's search that the program does not follow."""
    network, (source, target) = original.network, original.translator.languages
    return _ONNX.format(
        source=source,
        target=target,
        opset=OPSET,
        pieces=len(original.vocabulary),
        layers=network.decoder_layers,
        heads=network.num_heads,
        features=network.head_dim,
        positions=_LEARNED_POSITIONS.format(network.max_length) if network.positions == "learned" else "",
        text=_TEXT,
        left_out=_said_of(left_out),
    )


def ctranslate2_readme(original: Original, quantization: str, left_out: Sequence[str]) -> str:
    """How to call CTranslate2; ``left_out`` are settings of the model's search that it does not follow."""
    source, target = original.translator.languages
    return _CTRANSLATE2.format(
        source=source,
        target=target,
        quantization=quantization,
        beam_size=original.settings.decoding.beam_size,
        length_penalty=original.settings.decoding.length_penalty,
        no_repeat_ngram=original.settings.decoding.no_repeat_ngram,
        text=_TEXT,
        max_input=original.most_positions // 2,
        max_output=original.longest_translation,
        positions=original.most_positions,
        left_out=_said_of(left_out),
    )


def _said_of(left_out: Sequence[str]) -> str:
    """The paragraph on what the model's own search does and the folder's does not; nothing for an ordinary one."""
    if not left_out:
        return ""
    names = ", ".join(f"`{name}`" for name in left_out)
    return f"\nThe model's own search settings {names} are left out here: `regard translate` may say something else.\n"
