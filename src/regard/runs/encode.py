"""From pairs to ids: subwords are learned from the training pairs, then every pair is cut into them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, final

from regard.batches import EncodedPairs, Ragged
from regard.corpus import Pair
from regard.errors import CorpusError
from regard.launch import num_cores
from regard.runs.data import RunData
from regard.settings import Settings
from regard.text import Tokenizer

_PAIRS_WORTH_PROCESSES: Final = 100_000


@final
@dataclass(frozen=True)
class Encoded:
    """Pairs as ids; how many were too long to be used."""

    pairs: EncodedPairs
    num_too_long: int


def tokenizer_of(data: RunData, settings: Settings) -> Tokenizer:
    """Learned from the training pairs of a run."""
    if data.preparation is not None:
        return data.preparation.tokenizer(settings.text)
    return learn_tokenizer(data.train, settings)


def learn_tokenizer(pairs: Iterable[Pair], settings: Settings) -> Tokenizer:
    """One joint vocabulary of both languages."""
    both = (sentence for pair in pairs for sentence in (pair.source, pair.target))
    return Tokenizer.train(both, kind=settings.text.kind, vocab_size=settings.text.vocab_size)


def encode_data(data: RunData, tokenizer: Tokenizer, *, max_tokens: int) -> Encoded:
    """Cuts the training pairs of a run into ids, in memory or on disk.

    Raises:
        CorpusError: every pair is too long.
    """
    if data.preparation is not None:
        processes = num_cores() if len(data.train) >= _PAIRS_WORTH_PROCESSES else 1
        return Encoded(*data.preparation.encoded(tokenizer, max_tokens=max_tokens, processes=processes))
    return encode(list(data.train), tokenizer, max_tokens=max_tokens)


def encode(pairs: Sequence[Pair], tokenizer: Tokenizer, *, max_tokens: int, called: str = "pairs") -> Encoded:
    """Cuts pairs into ids; those with a longer side than ``max_tokens`` are left out and counted.

    Args:
        pairs: as text.
        tokenizer: what cuts them.
        max_tokens: of a side, at most.
        called: what a message calls them.

    Raises:
        CorpusError: every pair is too long.
    """
    sources = tokenizer.encode_batch([pair.source for pair in pairs])
    targets = tokenizer.encode_batch([pair.target for pair in pairs])
    short = [index for index in range(len(pairs)) if max(len(sources[index]), len(targets[index])) <= max_tokens]
    if not short:
        raise CorpusError(
            f"all {len(pairs):,} {called} are longer than data.max_tokens = {max_tokens}; raise it, or check the files"
        )
    encoded = EncodedPairs(Ragged.of(sources[i] for i in short), Ragged.of(targets[i] for i in short))
    return Encoded(encoded, len(pairs) - len(short))
