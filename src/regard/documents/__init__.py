"""The documents room: a file in one language becomes the same file in another, with nothing lost on the way.

Enters: a ``Translator`` (or whatever else translates strings) and the path of a catalogue, a memory, a page …
Leaves: the file with translations in place, what happened to each sentence, and a list for whoever reviews it.
Must not know: how the model works, the command line, anything of a format but its ``Document``.

Placeholders and tags are tried in the sentence, then hidden behind words the model copies or is made to copy, then kept
out of its sight; what comes out is compared with what went in, and a sentence that fails keeps them and is flagged.
"""

from regard.documents.fill import Filled, Row, translate_document
from regard.documents.fragment import translate_html
from regard.documents.memory import Match, Memory
from regard.documents.opening import SUFFIXES, OpenedDocument, is_document, open_document
from regard.documents.outcome import Counts, Outcome
from regard.documents.protect import Protected, translate_protected
from regard.documents.review import review_form, write_review
from regard.documents.voice import Voice, voice_of

__all__ = [
    "SUFFIXES",
    "Counts",
    "Filled",
    "Match",
    "Memory",
    "OpenedDocument",
    "Outcome",
    "Protected",
    "Row",
    "Voice",
    "is_document",
    "open_document",
    "review_form",
    "translate_document",
    "translate_html",
    "translate_protected",
    "voice_of",
    "write_review",
]
