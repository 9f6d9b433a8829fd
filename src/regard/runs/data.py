"""The sentence pairs of a run: read, or built in; some held out for validation."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

from regard.corpus import Pair, Report, read_pairs
from regard.corpus.builtin import generate
from regard.errors import CorpusError
from regard.settings import DataSettings
from regard.text import normalise

BUILTIN_SIZE: Final = 20_000
BUILTIN_SEED: Final = 1
_BY_HAND: Final = frozenset({"everyday", "textbook"})
_BY_HAND_COPIES: Final = 4  # a few hundred idioms among thousands of pairs of a grammar: once each is too seldom
_LEAST_PAIRS: Final = 10
_LARGEST_VALID_SHARE: Final = 0.1


@final
@dataclass(frozen=True)
class RunData:
    """Training pairs, validation pairs, and sentences that say what was read and left out.

    ``test`` pairs are neither trained nor validated on; only the built-in corpus has some.
    """

    train: Sequence[Pair]
    valid: Sequence[Pair]
    notes: Sequence[str]
    test: Sequence[Pair] = ()


def read_data(settings: DataSettings) -> RunData:
    """Reads the pairs the settings name; without a source, the built-in corpus.

    Raises:
        CorpusError: a file cannot be read as pairs, or there are too few of them.
    """
    if settings.source is None:
        return _builtin(settings)
    report = Report()
    pairs = list(read_pairs(settings.source, settings.target, report=report))
    _require_enough(pairs, settings)
    notes = [f"{settings.source}: {line}" for line in report.lines()]
    if settings.valid_source is not None:
        valid = list(read_pairs(settings.valid_source, settings.valid_target))
        return RunData(pairs, valid, [*notes, f"{settings.valid_source}: {len(valid):,} pairs to validate on"])
    train, valid = held_out(pairs, settings.valid_size)
    return RunData(train, valid, [*notes, f"{len(valid):,} of them held out to validate on"])


def held_out(pairs: Sequence[Pair], size: int) -> tuple[list[Pair], list[Pair]]:
    """Splits off about ``size`` validation pairs, at most a tenth, so that no source sentence is on both sides.

    The choice depends on the pairs alone: the same corpus is always split the same way.
    """
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(normalise(pair.source).casefold(), []).append(pair)
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
    return RunData(
        train, valid, [f"the built-in corpus: {len(train):,} pairs, {len(valid):,} more to validate on"], test
    )


def _turned(pair: Pair) -> Pair:
    return Pair(pair.target, pair.source, pair.origin)


def _require_enough(pairs: Sequence[Pair], settings: DataSettings) -> None:
    if len(pairs) < _LEAST_PAIRS:
        raise CorpusError(
            f"{settings.source} has {len(pairs)} sentence pairs, but training needs {_LEAST_PAIRS} at the very least "
            "(500 to be of any use)"
        )
