"""The notation in which people write an aligned pair: chunks between slashes, ``^n`` where the order differs.

``I/love/you/.`` with ``Je/t'^3/aime^2/.``: the second French chunk translates the third English one. Without ``^`` a
chunk translates the one at its own place; ``^1,3`` names several. Every word of a chunk is linked to every word of its
counterpart.
"""

from regard.corpus.builtin.words import English, French, Phrase, split_english, split_french


def aligned(english: str, french: str) -> Phrase:
    """Reads a pair written in chunks."""
    chunks = [tuple(English(word) for word in split_english(chunk)) for chunk in english.split("/")]
    words: list[French] = []
    for place, chunk in enumerate(french.split("/"), start=1):
        text, _, numbers = chunk.partition("^")
        wanted = [int(number) for number in numbers.split(",")] if numbers else [place]
        link = tuple(word for number in wanted for word in chunks[number - 1])
        words.extend(French(word, link) for word in split_french(text))
    return Phrase(tuple(word for chunk in chunks for word in chunk), tuple(words))


def plain(chunked: str) -> str:
    """The chunks' text without the notation, for messages."""
    return "".join(chunk.partition("^")[0] + " " for chunk in chunked.split("/")).strip()
