"""The convert room: models of ours in the formats of other toolkits, each conversion verifying itself.

Enters: a model folder of ours. Leaves: a folder that another toolkit reads, written only after that toolkit has been
seen to compute what ours computes; and an ``Agreement`` that says how well. Must not know: the command line, how models
are trained. No other room knows another toolkit's names.

``convert`` is the way from one to the other; ``format`` says what a format must answer, and there is one file per
format; ``agreement`` compares two models.
"""

from regard.convert.agreement import Agreement, Translations
from regard.convert.convert import BLEU_TOLERANCE, FORMATS, convert_model
from regard.convert.sample import Sample

__all__ = ["BLEU_TOLERANCE", "FORMATS", "Agreement", "Sample", "Translations", "convert_model"]
