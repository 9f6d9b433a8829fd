"""HTML that comes as a string, not as a file: a page, or a part of one."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from regard.corpus.formats.html import html_fragment
from regard.corpus.formats.reading import Reading
from regard.corpus.formats.unit import Segment
from regard.documents.protect import translate_protected
from regard.documents.segment import to_parts, to_segment
from regard.documents.verify import parts_of
from regard.documents.voice import Voice

_NAME: Final = Path("the text")
_AT_ONCE: Final = 32


def translate_html(
    voice: Voice, content: str, *, target_language: str, is_cancelled: Callable[[], bool] = lambda: False
) -> str:
    """HTML with its sentences translated; tags, attributes and everything else stay as they are.

    Args:
        voice: who translates.
        content: the HTML; without any text it comes back as it is.
        target_language: written into ``<html lang>``, if there is such an element.
        is_cancelled: asked between a few sentences and the next; once it is true, what is left stays untranslated.

    Raises:
        CorpusError: it is cut inside a tag, a comment or a script.
    """
    document = html_fragment(_NAME, content, Reading(target_language=target_language))
    sources = [parts_of(to_parts(unit.source)) for unit in document.units]
    targets: dict[int, Segment] = {}
    for start in range(0, len(sources), _AT_ONCE):
        if is_cancelled():
            break
        found = translate_protected(voice, sources[start : start + _AT_ONCE])
        targets |= {start + place: to_segment(each.parts) for place, each in enumerate(found)}
    return document.filled(targets)
