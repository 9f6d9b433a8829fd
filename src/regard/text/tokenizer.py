"""The tokenizer: strings to ids and back, with no loss and no way for text to become a control token."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import NoReturn, final

from regard.errors import TextError, TokenLimitError
from regard.text.learn import learn_subwords
from regard.text.learn_words import learn_words
from regard.text.normal import escape, normalise, unescape
from regard.text.segment import Segmenter, segmenter_of
from regard.text.vocabulary import Kind, Vocabulary

_MOST_CHARACTERS_COMPOSED = 4  # characters that NFC can join into one, "ᾂ" for example


@final
class Tokenizer:
    """Cuts text into the pieces of a vocabulary; characters it never saw become their UTF-8 bytes."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary

    @classmethod
    def train(cls, sentences: Iterable[str], *, kind: Kind = "bpe", vocab_size: int) -> "Tokenizer":
        """Learns a tokenizer from sentences of both languages together.

        Where the sentences do not offer ``vocab_size`` pieces, ``vocab_size`` of the result is smaller than its
        ``requested_size``.

        Args:
            sentences: read once, from first to last.
            kind: "bpe" or "unigram" for subwords, to translate with; "word" or "character" to look at attention with.
            vocab_size: how many ids there shall be, control tokens and bytes included.

        Raises:
            TextError: there is nothing to learn from, ``vocab_size`` is too small, or a sentence is not text.
        """
        if kind == "word" or kind == "character":
            return cls(learn_words(sentences, kind=kind, vocab_size=vocab_size))
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
        ids = self._segmenter.segment([self._prepared(text)])[0]
        if max_tokens is not None and len(ids) > max_tokens:
            _refuse(f"{len(ids)}", max_tokens)
        return ids

    def encode_batch(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of several texts, as ``encode`` gives them.

        Raises:
            TextError: a text holds a lone surrogate.
        """
        return self._segmenter.segment([self._prepared(text) for text in texts])

    def sample(self, text: str, *, alpha: float = 0.1, seed: int, epoch: int, sentence: int) -> list[int]:
        """One of the many ways to cut a text into subwords, so that training sees words in ever new pieces.

        The same seed, epoch and sentence give the same ids, in any order of calls; ``decode`` gives the same text.

        Args:
            text: what to cut.
            alpha: for "bpe" the probability with which each merge is left out (BPE-dropout, Provilkov et al. 2020);
                for "unigram" the exponent on the probabilities of the ways to cut (Kudo 2018), where less is wilder.
            seed: of the run.
            epoch: the pass over the corpus.
            sentence: the number of the sentence in the corpus.

        Raises:
            TextError: the text holds a lone surrogate, ``alpha`` is not between 0 and 1, or the pieces are words,
                characters or learned elsewhere, and can be cut in one way only.
        """
        if self.vocabulary.adopted is not None:
            raise TextError("this vocabulary was learned elsewhere, so text is cut in one way only; set sampling to 0")
        if not 0 <= alpha <= 1:
            raise TextError(f"`alpha` must lie between 0 and 1, but is {alpha}")
        return self._segmenter.sample(self._prepared(text), alpha=alpha, key=(seed, epoch, sentence))

    def decode(self, ids: Iterable[int]) -> str:
        """The text of some ids. Control tokens add nothing; bytes that are no character show as U+FFFD.

        Raises:
            TextError: there is no such id.
        """
        listed, surfaces = list(ids), self.vocabulary.surfaces
        for extreme in (min(listed), max(listed)) if listed else ():
            self._checked(extreme)
        spelled = b"".join([surfaces[identifier] for identifier in listed]).decode("utf-8", "replace")
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

    def normalise(self, text: str) -> str:
        """The form of a text that its ids stand for: Unicode NFC, or what a vocabulary learned elsewhere asks for.

        Raises:
            TextError: the text holds a lone surrogate.
        """
        plain, adopted = normalise(text), self.vocabulary.adopted
        return plain if adopted is None else adopted.normalise(text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tokenizer) and self.vocabulary == other.vocabulary

    def __hash__(self) -> int:
        return hash(self.vocabulary)

    def __repr__(self) -> str:
        return f"Tokenizer(kind={self.vocabulary.kind!r}, vocab_size={self.vocab_size})"

    @cached_property
    def _segmenter(self) -> Segmenter:
        return segmenter_of(self.vocabulary)

    def _prepared(self, text: str) -> str:
        """A text as the segmenter wants it; what was learned elsewhere knows no escapes."""
        normal = self.normalise(text)
        return escape(normal) if self.vocabulary.adopted is None else normal

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
