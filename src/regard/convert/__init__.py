"""The convert room: models of ours in the formats of other toolkits, and theirs as ours, each verifying itself.

Enters: a model folder of ours, or of another toolkit. Leaves: a folder for the other, written only after both toolkits
have been seen to compute the same; and an ``Agreement`` that says how well. Must not know: the command line, how models
are trained. No other room knows another toolkit's names.

``convert`` leads out and ``adopt`` leads in; ``format`` says what a format must answer, and there is one file per
format; ``agreement`` compares two models.
"""

from regard.convert.adopt import ORIGINS, import_model
from regard.convert.agreement import Agreement, Translations
from regard.convert.convert import BLEU_TOLERANCE, FORMATS, convert_model
from regard.convert.sample import Sample

__all__ = [
    "BLEU_TOLERANCE",
    "FORMATS",
    "ORIGINS",
    "Agreement",
    "Sample",
    "Translations",
    "convert_model",
    "import_model",
]
