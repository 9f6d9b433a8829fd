"""The sentence pairs of a run: read, or built in; some held out for validation."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, final

from regard.corpus import Pair
from regard.corpus.builtin import generate
from regard.errors import CorpusError
from regard.runs.files import FilePairs, named, read_files
from regard.settings import DataSettings
from regard.text import normalise

BUILTIN_SIZE: Final = 20_000
BUILTIN_SEED: Final = 1
_BY_HAND: Final = frozenset({"everyday", "textbook"})
_BY_HAND_COPIES: Final = 4  # a few hundred idioms among thousands of pairs of a grammar: once each is too seldom
_LEAST_PAIRS: Final = 10
_LARGEST_VALID_SHARE: Final = 0.1
_UNUSUAL: Final = "such pairs can be left out of training with data.clean=true, or for good with regard corpus clean"


@final
@dataclass(frozen=True)
class RunData:
    """Training pairs, validation pairs, and sentences that say what was read and left out.

    ``test`` pairs are neither trained nor validated on; only the built-in corpus has some. ``num_read`` pairs were
    read to be trained on, those held out for validation included; that took ``seconds``.
    """

    train: Sequence[Pair]
    valid: Sequence[Pair]
    notes: Sequence[str]
    num_read: int
    test: Sequence[Pair] = ()
    seconds: float = 0.0


def read_data(settings: DataSettings) -> RunData:
    """Reads and checks the pairs the settings name, once; without a source, the built-in corpus.

    Raises:
        CorpusError: a file cannot be read as pairs, its sides seem shifted, or there are too few of them.
    """
    began = time.monotonic()
    data = _builtin(settings) if settings.source is None else _from_files(settings, settings.source)
    return replace(data, seconds=time.monotonic() - began)


def _from_files(settings: DataSettings, source: Path) -> RunData:
    read = read_files(source, settings.target, check_alignment=settings.check_alignment, clean=settings.clean)
    pairs = read.pairs
    _require_enough(pairs, source)
    told = [*read.notes, *([_UNUSUAL] if read.num_unusual else [])]
    if settings.valid_source is not None:
        valid = _validation_files(settings, settings.valid_source)
        told += [*valid.notes, f"{len(valid.pairs):,} pairs to validate on{_seen(valid.pairs, pairs)}"]
        return RunData(pairs, valid.pairs, told, len(pairs))
    train, held = held_out(pairs, settings.valid_size)
    return RunData(train, held, [*told, f"{len(held):,} of them held out to validate on"], len(pairs))


def _validation_files(settings: DataSettings, source: Path) -> FilePairs:
    """Only damaged pairs are left out here: a score should be about all the others."""
    found = read_files(source, settings.valid_target, check_alignment=settings.check_alignment)
    if not found.pairs:
        raise CorpusError(f"{named(source)} has no sentence pairs to validate on")
    return found


def _seen(valid: Sequence[Pair], train: Sequence[Pair]) -> str:
    """How many sentences to validate on are trained on, which flatters a model; nothing if there are none."""
    known = {_key(pair) for pair in train}
    seen = sum(_key(pair) in known for pair in valid)
    return f", {seen:,} of them with a source sentence that is trained on too" if seen else ""


def _key(pair: Pair) -> str:
    return normalise(pair.source).casefold()


def held_out(pairs: Sequence[Pair], size: int) -> tuple[list[Pair], list[Pair]]:
    """Splits off about ``size`` validation pairs, at most a tenth, so that no source sentence is on both sides.

    The choice depends on the pairs alone: the same corpus is always split the same way.
    """
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(_key(pair), []).append(pair)
    keys = sorted(groups)
    random.Random(len(pairs)).shuffle(keys)
    wanted, chosen = min(size, max(1, int(len(pairs) * _LARGEST_VALID_SHARE))), set[str]()
    count = 0
    for key in keys:
        if count >= wanted:
            break
        chosen.add(key)
        count += len(groups[key])
    train = [pair for key, group in groups.items() if key not in chosen for pair in group]
    return train, [pair for key in keys if key in chosen for pair in groups[key]]


def _builtin(settings: DataSettings) -> RunData:
    corpus = generate(size=BUILTIN_SIZE, seed=BUILTIN_SEED)
    by_hand = [pair for pair in corpus.train if pair.structure in _BY_HAND]
    seen = [*corpus.train, *by_hand * (_BY_HAND_COPIES - 1)]
    train = [pair.to_pair(line) for line, pair in enumerate(seen, start=1)]
    valid = [pair.to_pair(line) for line, pair in enumerate(corpus.valid[: settings.valid_size], start=1)]
    test = [pair.to_pair(line) for line, pair in enumerate(corpus.test, start=1)]
    if (settings.source_language, settings.target_language) == ("fr", "en"):
        train, valid, test = ([_turned(pair) for pair in split] for split in (train, valid, test))
    elif (settings.source_language, settings.target_language) != ("en", "fr"):
        raise CorpusError(
            f"the built-in corpus is English and French, but {settings.source_language} → "
            f"{settings.target_language} was asked for; give your own pairs with --source and --target"
        )
    notes = [f"the built-in corpus: {len(train):,} pairs, {len(valid):,} more to validate on"]
    return RunData(train, valid, notes, BUILTIN_SIZE, test)


def _turned(pair: Pair) -> Pair:
    return Pair(pair.target, pair.source, pair.origin)


def _require_enough(pairs: Sequence[Pair], source: Path) -> None:
    if len(pairs) < _LEAST_PAIRS:
        raise CorpusError(
            f"{named(source)} has {len(pairs)} sentence pairs, but training needs {_LEAST_PAIRS} at the very least "
            "(500 to be of any use)"
        )
