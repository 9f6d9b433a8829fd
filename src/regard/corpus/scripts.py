"""Which script a sentence is written in: Latin, Cyrillic, Arabic …"""

import re
import unicodedata
from collections import Counter
from functools import cache
from itertools import islice
from typing import Final

LATIN: Final = "LATIN"
_LATIN_LETTER: Final = re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_OTHER_LETTER: Final = re.compile("[^\\W\\d_A-Za-z\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u1e00-\u1eff]")
_JUDGED_LETTERS: Final = 200
_WRITTEN_TOGETHER: Final = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"})


def script_of(sentence: str) -> str | None:
    """The script of most letters, in the words of the Unicode standard ("LATIN", "GREEK"); ``None`` without letters.

    Chinese and Japanese, which mix their scripts, are both "CJK".
    """
    if not _OTHER_LETTER.search(sentence):
        return LATIN if _LATIN_LETTER.search(sentence) else None
    letters = islice(filter(str.isalpha, sentence), _JUDGED_LETTERS)
    scripts = Counter(map(_script_of_letter, letters)).most_common(1)
    return scripts[0][0] if scripts else None


@cache
def _script_of_letter(letter: str) -> str:
    first_word = unicodedata.name(letter, "UNKNOWN").split()[0]
    return "CJK" if first_word in _WRITTEN_TOGETHER else first_word
