"""From words to sentences: what neighbours do to each other, spaces, capitals, and the alignment's positions.

French: elision (*le ami* → *l'ami*), contraction (*de le* → *du*), forms before a vowel (*ce arbre* → *cet arbre*).
English: *a* or *an*. French ``?`` and ``!`` stand behind one plain space; the apostrophe is the straight one.
"""

from collections.abc import Sequence

from regard.corpus.builtin.words import English, French, Phrase

Alignment = tuple[tuple[int, int], ...]

_VOWELS = frozenset("aeiouàâäéèêëîïôöùûüœ")
_ASPIRATED = ("haricot", "hibou", "héros", "haut", "huit", "honte", "hache", "homard", "hamster", "hanche")
_NO_ELISION = frozenset({"onze", "onzième", "oui"})
_ELIDED = {
    "le": "l'",
    "la": "l'",
    "je": "j'",
    "me": "m'",
    "te": "t'",
    "se": "s'",
    "ne": "n'",
    "de": "d'",
    "que": "qu'",
}
_CONTRACTED = {("de", "le"): "du", ("de", "les"): "des", ("à", "le"): "au", ("à", "les"): "aux"}
_SPELLED_WITH_VOWEL_SOUNDED_WITHOUT = ("uni", "use", "usu", "euro", "one")
_SILENT_H = ("honest", "hour")


def sounds_vowel_french(word: str) -> bool:
    """Whether a French word begins with a vowel sound for its neighbour on the left (mute h does, aspirated not)."""
    lowered = word.lower()
    if lowered in _NO_ELISION or lowered.startswith(_ASPIRATED):
        return False
    return lowered[0] in _VOWELS or lowered[0] == "h" or lowered in {"y", "yeux"}


def sounds_vowel_english(word: str) -> bool:
    """Whether an English word takes *an*."""
    lowered = word.lower()
    if lowered.startswith(_SILENT_H):
        return True
    return lowered[0] in "aeiou" and not lowered.startswith(_SPELLED_WITH_VOWEL_SOUNDED_WITHOUT)


def contract(words: Sequence[French]) -> list[French]:
    """Merges *de* and *à* with a following article that is not about to be elided."""
    result: list[French] = []
    for index, word in enumerate(words):
        before = result[-1] if result else None
        merged = _CONTRACTED.get((before.text, word.text)) if before and word.article else None
        if before and merged and not (word.text == "le" and _vowel_follows(words, index)):
            result[-1] = French(merged, before.of + word.of)
        else:
            result.append(word)
    return result


def elide(words: Sequence[French]) -> list[French]:
    """Gives each word the form its right neighbour asks for."""
    result = []
    for index, word in enumerate(words):
        form = word.before_vowel or _ELIDED.get(word.text)
        if word.text == "si" and index + 1 < len(words) and words[index + 1].text in {"il", "ils"}:
            form = "s'"
            result.append(French(form, word.of))
        elif form and _vowel_follows(words, index):
            result.append(French(form, word.of))
        else:
            result.append(word)
    return result


def _vowel_follows(words: Sequence[French], index: int) -> bool:
    return index + 1 < len(words) and sounds_vowel_french(words[index + 1].text)


def english_sentence(words: Sequence[English]) -> str:
    """Joins English words; *a* becomes *an* before a vowel sound."""
    texts = [word.text for word in words]
    for index in range(len(texts) - 1):
        if texts[index] == "a" and sounds_vowel_english(texts[index + 1]):
            texts[index] = "an"
    pieces = [text if text in ",.?!" else " " + text for text in texts]
    return _capitalised("".join(pieces))


def french_sentence(words: Sequence[French]) -> str:
    """Joins finished French words: no space after an apostrophe, none before a comma or full stop."""
    pieces: list[str] = []
    for word in words:
        glued = word.text in ",." or (bool(pieces) and pieces[-1].endswith("'"))
        pieces.append(word.text if glued else " " + word.text)
    return _capitalised("".join(pieces))


def render(sentence: Phrase) -> tuple[str, str, Alignment]:
    """The English text, the French text and the links (English word, French word), counted from 0."""
    french = elide(contract(sentence.french))
    position = {id(word): index for index, word in enumerate(sentence.english)}
    links = {(position[id(source)], index) for index, word in enumerate(french) for source in word.of}
    return english_sentence(sentence.english), french_sentence(french), tuple(sorted(links))


def _capitalised(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:]
