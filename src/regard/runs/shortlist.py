"""A shortlist for a model that is trained: learned from its training pairs, and put into its folder."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Final

from regard.bundle import load_bundle, save_bundle
from regard.corpus import Pair
from regard.disk import LOCK, held
from regard.errors import CorpusError
from regard.runs.data import read_data
from regard.runs.streamed import StreamedPairs
from regard.text import Tokenizer
from regard.text.shortlist import Shortlist, learn_shortlist

MOST_PAIRS: Final = 300_000
"""Of more, at most so many are used, evenly spread: what translates what is known long before."""


def add_shortlist(
    folder: Path, pairs: Sequence[Pair] | None = None, *, per_piece: int = 200, num_frequent: int = 300
) -> Shortlist:
    """Learns a shortlist and puts it into a model's folder; everything else there stays as it is.

    Args:
        folder: that of a model, or of a run that has ended.
        pairs: to learn from; those that the model's settings name if not given.
        per_piece: how many translations of each piece are kept.
        num_frequent: how many of the most frequent pieces any translation may hold.

    Raises:
        BundleError: there is no model, or it is damaged.
        CorpusError: the pairs cannot be read, or there are none.
        InUseError: another process works in the run.
        MachineError: the folder cannot be written; the model stands as before.
    """
    with _alone_in_run_of(folder):
        bundle = load_bundle(folder)
        tokenizer = Tokenizer.from_bytes(bundle.tokenizer)
        chosen = _spread(read_data(bundle.settings.data).train if pairs is None else pairs)
        sources = tokenizer.encode_batch([pair.source for pair in chosen])
        targets = tokenizer.encode_batch([pair.target for pair in chosen])
        most = bundle.settings.data.max_tokens
        ids = [each for each in zip(sources, targets, strict=True) if all(0 < len(side) <= most for side in each)]
        if not ids:
            raise CorpusError(
                f"none of the {len(chosen)} pairs has two sides of at most {most} tokens; name other pairs"
            )
        shortlist = learn_shortlist(ids, tokenizer.vocab_size, per_piece=per_piece, num_frequent=num_frequent)
        save_bundle(
            bundle.folder,
            settings=bundle.settings,
            tokenizer=bundle.tokenizer,
            weights=bundle.weights(),
            facts=bundle.facts,
            shortlist=shortlist,
            replace=True,
        )
        return shortlist


@contextmanager
def _alone_in_run_of(model: Path) -> Iterator[None]:
    """Keeps training out meanwhile, if the model is a run's: each would undo what the other writes."""
    model = model.resolve()
    run = next((folder for folder in (model, model.parent) if (folder / LOCK).exists()), None)
    with nullcontext() if run is None else held(run):
        yield


def _spread(pairs: Sequence[Pair] | StreamedPairs) -> list[Pair]:
    every = -(-len(pairs) // MOST_PAIRS)
    return list(islice(pairs, None, None, max(1, every)))
