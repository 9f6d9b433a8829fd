"""The sentences that a conversion is verified on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, final

from regard.corpus import read_lines, read_pairs
from regard.corpus.at_hand import pairs_at_hand
from regard.errors import InputError
from regard.translator import Translator

DEFAULT_SIZE: Final = 200
_MOST_TOKENS: Final = 200


@final
@dataclass(frozen=True)
class Sample:
    """Sentences to translate.

    Attributes:
        sentences: the sentences.
        references: their translations by people, if they are known.
        description: where they come from.
    """

    sentences: tuple[str, ...]
    references: tuple[str, ...] | None
    description: str

    @classmethod
    def at_hand(cls, translator: Translator, size: int = DEFAULT_SIZE) -> "Sample":
        """The first pairs the model was validated with, or trained; everyday ones where those cannot be read."""
        found = pairs_at_hand(translator.settings.data, size)
        sentences, references = tuple(pair.source for pair in found.pairs), tuple(pair.target for pair in found.pairs)
        known = found.are_own or {language[:2] for language in translator.languages} == {"en", "fr"}
        return cls(sentences, references if known else None, found.description)

    @classmethod
    def of_files(cls, source: Path, target: Path | None = None, size: int = DEFAULT_SIZE) -> "Sample":
        """The first sentences of a file, with their translations if a second one is given.

        Raises:
            CorpusError: a file cannot be read.
            InputError: there is no sentence in it.
        """
        if target is not None:
            pairs = list(islice(read_pairs(source, target), size))
            found = cls(tuple(pair.source for pair in pairs), tuple(pair.target for pair in pairs), str(source))
        else:
            lines = (text for text in read_lines(source) if text.strip())
            found = cls(tuple(islice(lines, size)), None, str(source))
        if not found.sentences:
            raise InputError(f"{source} has no sentences to verify the conversion on")
        return found

    def readable(self, translator: Translator) -> "Sample":
        """Those that the model reads whole, and that say something.

        Raises:
            InputError: there is none.
        """
        limits = [_MOST_TOKENS, translator.settings.decoding.max_source_tokens]
        if translator.model.max_positions is not None:
            limits.append(translator.model.max_positions // 2)
        ids = _ids(translator, self.sentences)
        kept = [number for number, each in enumerate(ids) if 0 < len(each) < min(limits)]
        if not kept:
            raise InputError(
                f"none of the sentences of {self.description} can be used to verify: they are empty, or have "
                f"{min(limits)} tokens and more; give others"
            )
        references = None if self.references is None else tuple(self.references[number] for number in kept)
        return Sample(tuple(self.sentences[number] for number in kept), references, self.description)

    def ids(self, translator: Translator) -> list[list[int]]:
        """The sentences as the model reads them, without control tokens."""
        return _ids(translator, self.sentences)


def _ids(translator: Translator, sentences: Sequence[str]) -> list[list[int]]:
    return translator.tokenizer.encode_batch([sentence.strip() for sentence in sentences])
