"""The tokenizer: strings to ids and back, with no loss and no way for text to become a control token."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Literal, NoReturn, final

import sentencepiece

from regard.errors import TextError, TokenLimitError
from regard.text.learn import learn_subwords
from regard.text.model_proto import model_proto
from regard.text.normal import escape, normalise, unescape
from regard.text.vocabulary import Vocabulary

_MOST_CHARACTERS_COMPOSED = 4  # characters that NFC can join into one, "ᾂ" for example


@final
class Tokenizer:
    """Cuts text into the pieces of a vocabulary; characters it never saw become their UTF-8 bytes."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    @classmethod
    def train(
        cls, sentences: Iterable[str], *, kind: Literal["bpe", "unigram"] = "bpe", vocab_size: int
    ) -> "Tokenizer":
        """Learns a tokenizer from sentences of both languages together.

        Where the sentences do not offer ``vocab_size`` pieces, ``vocab_size`` of the result is smaller than its
        ``requested_size``.

        Raises:
            TextError: there is nothing to learn from, ``vocab_size`` is too small, or a sentence is not text.
        """
        return cls(learn_subwords(sentences, kind=kind, vocab_size=vocab_size))

    @classmethod
    def from_bytes(cls, data: bytes) -> "Tokenizer":
        """Reads what ``to_bytes`` wrote.

        Raises:
            TextError: the bytes are damaged, or are no tokenizer of ours.
        """
        return cls(Vocabulary.from_bytes(data))

    def to_bytes(self) -> bytes:
        """The tokenizer as the contents of a file; equal tokenizers give equal bytes."""
        return self.vocabulary.to_bytes()

    @property
    def vocab_size(self) -> int:
        """How many ids there are: control tokens, bytes and learned pieces."""
        return len(self.vocabulary)

    @property
    def requested_size(self) -> int:
        """The ``vocab_size`` that was asked for in training."""
        return self.vocabulary.requested_size

    def encode(self, text: str, *, max_tokens: int | None = None) -> list[int]:
        """The ids of a text, without any control token.

        Raises:
            TextError: the text holds a lone surrogate.
            TokenLimitError: the text has more than ``max_tokens`` tokens. Found out in time proportional to the limit.
        """
        if max_tokens is not None:
            self._refuse_hopeless(text, max_tokens)
        ids: list[int] = self._processor.encode(escape(normalise(text)))
        if max_tokens is not None and len(ids) > max_tokens:
            _refuse(f"{len(ids)}", max_tokens)
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of several texts, as ``encode`` gives them.

        Raises:
            TextError: a text holds a lone surrogate.
        """
        prepared = [escape(normalise(text)) for text in texts]
        encoded: list[list[int]] = self._processor.encode(prepared, num_threads=1)
        return encoded

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids. Control tokens add nothing; bytes that are no character show as U+FFFD.

        Raises:
            TextError: there is no such id.
        """
        spelled = b"".join([self.surface(identifier) for identifier in ids]).decode("utf-8", "replace")
        return unescape(spelled.removeprefix(" "))

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """Each id as a piece that people can read, "▁" standing for the space.

        Raises:
            TextError: there is no such id.
        """
        names = self.vocabulary.names
        return [unescape(names[self._checked(identifier)]) for identifier in ids]

    def surface(self, identifier: int) -> bytes:
        """What one id contributes to the text, as UTF-8, perhaps only a part of a character.

        Raises:
            TextError: there is no such id.
        """
        return self.vocabulary.surfaces[self._checked(identifier)]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tokenizer) and self.vocabulary == other.vocabulary

    def __hash__(self) -> int:
        return hash(self.vocabulary)

    def __repr__(self) -> str:
        return f"Tokenizer(kind={self.vocabulary.kind!r}, vocab_size={self.vocab_size})"

    @cached_property
    def _processor(self) -> sentencepiece.SentencePieceProcessor:
        return sentencepiece.SentencePieceProcessor(model_proto=model_proto(self.vocabulary))

    def _checked(self, identifier: int) -> int:
        if not 0 <= identifier < len(self.vocabulary):
            raise TextError(f"ids lie between 0 and {len(self.vocabulary) - 1}, but {identifier} is given")
        return identifier

    def _refuse_hopeless(self, text: str, max_tokens: int) -> None:
        """Refuses what is too long however well it might be cut, before anything is done with it."""
        fewest = len(text) // (_MOST_CHARACTERS_COMPOSED * self.vocabulary.longest_piece)
        if fewest > max_tokens:
            _refuse(f"at least {fewest}", max_tokens)


def _refuse(count: str, max_tokens: int) -> NoReturn:
    raise TokenLimitError(
        f"the text has {count} tokens, but at most {max_tokens} are allowed; split it into sentences, or allow more"
    )
