"""The facade: a trained model's folder, and strings in and out.

Enters: the folder of a bundle or of a run; strings. Leaves: ``Translation`` values, or pieces of text as they are
generated. Must not know: how the network works, how search works, files of sentences, the command line.
"""

from regard.translator.facade import Translator
from regard.translator.glossary import Glossary, Term
from regard.translator.loading import load
from regard.translator.options import SearchOptions
from regard.translator.translation import Alternative, Translation

__all__ = ["Alternative", "Glossary", "SearchOptions", "Term", "Translation", "Translator", "load"]
