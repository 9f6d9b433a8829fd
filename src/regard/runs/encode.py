"""From pairs to ids: subwords are learned from the training pairs, then every pair is cut into them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

from regard.batches import EncodedPairs, Ragged
from regard.corpus import Pair
from regard.errors import CorpusError
from regard.settings import Settings
from regard.text import Tokenizer


@final
@dataclass(frozen=True)
class Encoded:
    """Training pairs as ids, and the same as text; how many were too long to be used."""

    pairs: EncodedPairs
    texts: Sequence[Pair]
    num_too_long: int


def learn_tokenizer(pairs: Sequence[Pair], settings: Settings) -> Tokenizer:
    """One joint vocabulary of both languages."""
    both = (sentence for pair in pairs for sentence in (pair.source, pair.target))
    return Tokenizer.train(both, kind=settings.text.kind, vocab_size=settings.text.vocab_size)


def encode(pairs: Sequence[Pair], tokenizer: Tokenizer, *, max_tokens: int) -> Encoded:
    """Cuts pairs into ids; those with a longer side than ``max_tokens`` are left out and counted.

    Raises:
        CorpusError: every pair is too long.
    """
    sources = tokenizer.encode_batch([pair.source for pair in pairs])
    targets = tokenizer.encode_batch([pair.target for pair in pairs])
    short = [index for index in range(len(pairs)) if max(len(sources[index]), len(targets[index])) <= max_tokens]
    if not short:
        raise CorpusError(
            f"all {len(pairs):,} pairs are longer than data.max_tokens = {max_tokens}; raise it, or check the files"
        )
    encoded = EncodedPairs(Ragged.of(sources[i] for i in short), Ragged.of(targets[i] for i in short))
    return Encoded(encoded, [pairs[i] for i in short], len(pairs) - len(short))
