"""What a word is, in any script: for phrases, for terms, and for what is repeated.

Letters and digits that stand together are a word, with the vowel signs and accents that Unicode writes behind them as
marks. Scripts that are written without spaces have no such rule: there each character counts by itself.
"""

import unicodedata
from typing import Final

_UNSPACED: Final = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")


def is_letter(character: str) -> bool:
    """Whether a character belongs to a word, so that another one beside it would be the same word."""
    if not (character.isalnum() or _is_mark(character)):
        return False
    return character.isascii() or not unicodedata.name(character, "").startswith(_UNSPACED)


def words_and_signs(text: str) -> list[str]:
    """The words of a text and its signs, in order, without spaces; marks stand with what they belong to."""
    found: list[str] = []
    before = ""  # what a mark would belong to
    for character in text:
        is_mark = _is_mark(character)
        if before and (is_mark or (_is_of_word(before) and _is_of_word(character))):
            found[-1] += character
        elif not character.isspace():
            found.append(character)
        if not is_mark:
            before = "" if character.isspace() else character
    return found


def _is_of_word(character: str) -> bool:
    return is_letter(character) or character == "_"  # as in the names of programs


def _is_mark(character: str) -> bool:
    return not character.isascii() and unicodedata.category(character).startswith("M")
