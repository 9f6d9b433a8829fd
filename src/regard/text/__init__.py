"""The text room: strings become ids and come back without loss.

Enters: strings (any Unicode scalar values). Leaves: lists of ids, readable pieces, strings, and
what in a string is not language (``Mark``).
Must not know: files of sentence pairs, tensors, which language a string is in.

``decode(encode(text)) == normalise(text)`` holds for every string, whatever the vocabulary was learned from: spaces,
line breaks, emoji, unseen scripts and control tokens typed by a user survive as the text they are.

``shortlist`` says which pieces may translate which; it computes with numpy, so it is imported from its own file.
"""

from regard.text.control import BOS, EOS, PAD, UNK
from regard.text.normal import normalise
from regard.text.placeholders import Mark, split_marks
from regard.text.sentences import split_sentences
from regard.text.stream import TextStream
from regard.text.tokenizer import Tokenizer

__all__ = [
    "BOS",
    "EOS",
    "PAD",
    "UNK",
    "Mark",
    "TextStream",
    "Tokenizer",
    "normalise",
    "split_marks",
    "split_sentences",
]
