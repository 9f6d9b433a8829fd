"""The line that a command writes for a translation: plain text, or JSON."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from regard.translator import Translation


def as_json(source: str, translation: "Translation") -> str:
    """An object with the source, the translation, its score, its pieces and the other hypotheses.

    ``parts`` is how many parts a line was cut into because it was too long; usually 1.
    """
    record = {
        "source": source,
        "text": translation.text,
        "score": translation.score,
        "tokens": list(translation.tokens),
        "hypotheses": [{"text": one.text, "score": one.score} for one in translation.hypotheses],
        "parts": translation.num_parts,
    }
    return json.dumps(record, ensure_ascii=False)


def in_one_line(text: str) -> str:
    """A model may produce any character; a line break inside a translation would shift all later lines."""
    return text.replace("\n", " ")
