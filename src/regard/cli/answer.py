"""The line that a command writes for a translation: plain text, or JSON."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, final

if TYPE_CHECKING:
    from regard.translator import Alternative, Translation


@final
@dataclass(frozen=True)
class Form:
    """How a translation is written: as text or as JSON, with or without which word comes from which."""

    json: bool = False
    alignments: bool = False

    def written(self, source: str, translation: "Translation") -> str:
        """The line, without its end. As text, what is behind the last ``|||`` are links in the Pharaoh format."""
        if self.json:
            return as_json(source, translation)
        return f"{translation.text} ||| {translation.alignment}" if self.alignments else translation.text


def as_json(source: str, translation: "Translation") -> str:
    """An object with the source, the translation, its score and confidence, its pieces and the other hypotheses.

    ``flags`` say what a reader should know: cut, deadline, cancelled, unmet (a required phrase is missing), repetition.
    ``parts`` is how many parts a line was cut into because it was too long; usually 1. If alignments were asked for,
    ``alignment`` has the links (source word, target word), and both lists of words that it counts.
    """
    record: dict[str, Any] = {
        "source": source,
        "text": translation.text,
        "score": translation.score,
        "tokens": list(translation.tokens),
        "confidence": translation.confidence,
        "token_confidences": list(translation.token_confidences),
        "flags": list(translation.flags),
        "hypotheses": [_alternative(one) for one in translation.hypotheses],
        "parts": translation.num_parts,
    }
    if translation.alignment is not None:
        record["source_words"] = list(translation.alignment.source_words)
        record["target_words"] = list(translation.alignment.target_words)
        record["alignment"] = [list(link) for link in translation.alignment.links]
    return json.dumps(record, ensure_ascii=False)


def _alternative(one: "Alternative") -> dict[str, Any]:
    return {"text": one.text, "score": one.score, "confidence": one.confidence, "flags": list(one.flags)}


def in_one_line(text: str) -> str:
    """A model may produce any character; a line break inside a translation would shift all later lines."""
    return text.replace("\n", " ")
