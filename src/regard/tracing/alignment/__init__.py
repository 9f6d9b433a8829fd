"""Which source word a target word comes from, read from the decoder's attention to the source.

``words`` says which pieces make a word, ``cross`` reads the attention, ``reader`` turns it into links, ``choice`` finds
the heads that are worth reading, and ``mixture`` weights all of them, where links made by hand can teach it.
"""

from regard.tracing.alignment.choice import Choice, association, choose_reader, mean_of
from regard.tracing.alignment.cross import cross_attention
from regard.tracing.alignment.mixture import HeadMixture, fit_mixture
from regard.tracing.alignment.reader import Alignment, AlignmentReader, Link, default_reader, words_between
from regard.tracing.alignment.words import spaced_words, visible_words, words_of_pieces

__all__ = [
    "Alignment",
    "AlignmentReader",
    "Choice",
    "HeadMixture",
    "Link",
    "association",
    "choose_reader",
    "cross_attention",
    "default_reader",
    "fit_mixture",
    "mean_of",
    "spaced_words",
    "visible_words",
    "words_between",
    "words_of_pieces",
]
