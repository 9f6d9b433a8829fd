"""Which source word a target word comes from, read from the decoder's attention to the source.

``words`` says which pieces make a word, ``cross`` reads the attention, ``reader`` turns it into links, ``choice`` finds
the heads that are worth reading.
"""

from regard.tracing.alignment.choice import Choice, association, choose_reader, mean_of
from regard.tracing.alignment.cross import cross_attention
from regard.tracing.alignment.reader import Alignment, AlignmentReader, Link, default_reader, words_between
from regard.tracing.alignment.words import spaced_words, visible_words, words_of_pieces

__all__ = [
    "Alignment",
    "AlignmentReader",
    "Choice",
    "Link",
    "association",
    "choose_reader",
    "cross_attention",
    "default_reader",
    "mean_of",
    "spaced_words",
    "visible_words",
    "words_between",
    "words_of_pieces",
]
