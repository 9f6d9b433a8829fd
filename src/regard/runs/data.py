"""The sentence pairs of a run: read, or built in; some held out for validation."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, final

import numpy as np

from regard.corpus import STANDARD_INPUT, Pair, count_lines
from regard.corpus.asked import reading_of
from regard.corpus.builtin import generate
from regard.corpus.held_out import held_groups, require_different_sources
from regard.corpus.pairs import is_by_line
from regard.corpus.shards import shards_of
from regard.errors import CorpusError, InputError
from regard.launch import Launch
from regard.runs.cache import Cache, default_root
from regard.runs.files import FilePairs, named, read_files
from regard.runs.prepare import LARGEST_VALID_SHARE, Preparation, prepare_corpus
from regard.runs.streamed import StreamedPairs
from regard.runs.watching import Watch, unwatched
from regard.settings import DataSettings
from regard.text import normalise

BUILTIN_SIZE: Final = 20_000
BUILTIN_SEED: Final = 1
_BY_HAND: Final = frozenset({"everyday", "textbook"})
_BY_HAND_COPIES: Final = 4  # a few hundred idioms among thousands of pairs of a grammar: once each is too seldom
_LEAST_PAIRS: Final = 10
_UNUSUAL: Final = "such pairs can be left out of training with data.clean=true, or for good with regard corpus clean"


@final
@dataclass(frozen=True)
class RunData:
    """Training pairs, validation pairs, and sentences that say what was read and left out.

    ``test`` pairs are neither trained nor validated on; only the built-in corpus has some. ``num_read`` pairs were
    read to be trained on, those held out for validation included; that took ``seconds``. A corpus too large for memory
    has a ``preparation`` on disk.
    """

    train: Sequence[Pair] | StreamedPairs
    valid: Sequence[Pair]
    notes: Sequence[str]
    num_read: int
    test: Sequence[Pair] = ()
    seconds: float = 0.0
    preparation: Preparation | None = None


def read_data(settings: DataSettings, *, watch: Watch = unwatched) -> RunData:
    """Reads and checks the pairs the settings name, once; without a source, the built-in corpus.

    Args:
        settings: which pairs.
        watch: told how far it has come where that takes long.

    Raises:
        CorpusError: a file cannot be read as pairs, its sides seem shifted, or there are too few of them.
        InputError: several processes were to read standard input.
    """
    began = time.monotonic()
    _refuse_one_pipe_for_several(settings)
    if settings.source is None:
        data = _builtin(settings)
    elif _is_large(settings, settings.source):
        data = _prepared(settings, settings.source, watch)
    else:
        data = _from_files(settings, settings.source)
    return replace(data, seconds=time.monotonic() - began)


def _refuse_one_pipe_for_several(settings: DataSettings) -> None:
    processes = Launch.of().size
    given = {"data.source": settings.source, "data.valid_source": settings.valid_source}
    names = [name for name, path in given.items() if path == STANDARD_INPUT]
    if names and processes > 1:
        raise InputError(
            f"{names[0]} is standard input (-), of which each of the {processes} processes of this training would read "
            "another part; write the pairs to a file and give that, or train with one process"
        )


def _is_large(settings: DataSettings, source: Path) -> bool:
    """Whether there are more lines than pairs shall be in memory."""
    if source == STANDARD_INPUT:
        return False
    lines = 0
    for shard in shards_of(source, settings.target):
        lines += count_lines(shard.source) if is_by_line(shard.source, shard.target) else 0
        if lines > settings.in_memory_pairs:
            return True
    return False


def _prepared(settings: DataSettings, source: Path, watch: Watch) -> RunData:
    """A corpus that is not kept in memory."""
    cache = Cache(settings.cache or default_root(), note=lambda message: watch(message, 0, 0))
    valid = None if settings.valid_source is None else _validation_files(settings, settings.valid_source)
    found = prepare_corpus(settings, source, cache, valid=valid.pairs if valid else None, watch=watch)
    facts = found.facts
    _require_enough(facts["num_sound"], source)
    told = [*facts["notes"], *([_UNUSUAL] if facts["num_unusual"] else [])]
    if valid is None:
        told.append(f"{len(found.valid):,} of them held out to validate on")
    else:
        told += [*valid.notes, f"{len(valid.pairs):,} pairs to validate on{_seen(facts['num_seen'])}"]
    told.append(f"prepared in {cache.root}, which can be removed when no run needs it any more")
    return RunData(found.pairs, found.valid, told, facts["num_sound"], preparation=found)


def _from_files(settings: DataSettings, source: Path) -> RunData:
    read = read_files(
        source,
        settings.target,
        check_alignment=settings.check_alignment,
        clean=settings.clean,
        reading=reading_of(settings),
    )
    pairs = read.pairs
    _require_enough(len(pairs), source)
    told = [*read.notes, *([_UNUSUAL] if read.num_unusual else [])]
    if settings.valid_source is not None:
        valid = _validation_files(settings, settings.valid_source)
        told += [*valid.notes, f"{len(valid.pairs):,} pairs to validate on{_seen(_num_seen(valid.pairs, pairs))}"]
        return RunData(pairs, valid.pairs, told, len(pairs))
    train, held = held_out(pairs, settings.valid_size)
    return RunData(train, held, [*told, f"{len(held):,} of them held out to validate on"], len(pairs))


def _validation_files(settings: DataSettings, source: Path) -> FilePairs:
    """Only damaged pairs are left out here: a score should be about all the others."""
    found = read_files(
        source, settings.valid_target, check_alignment=settings.check_alignment, reading=reading_of(settings)
    )
    if not found.pairs:
        raise CorpusError(f"{named(source)} has no sentence pairs to validate on")
    return found


def _num_seen(valid: Sequence[Pair], train: Sequence[Pair]) -> int:
    known = {_key(pair) for pair in train}
    return sum(_key(pair) in known for pair in valid)


def _seen(count: int) -> str:
    """How many sentences to validate on are trained on, which flatters a model; nothing if there are none."""
    return f", {count:,} of them with a source sentence that is trained on too" if count else ""


def _key(pair: Pair) -> str:
    return normalise(pair.source).casefold()


def held_out(pairs: Sequence[Pair], size: int) -> tuple[list[Pair], list[Pair]]:
    """Splits off about ``size`` validation pairs, or a tenth if that is less; no source sentence is on both sides.

    The choice depends on the pairs alone: the same corpus is always split the same way.

    Args:
        pairs: all of them.
        size: how many to split off. Never more than half as many again, unless every source is more frequent.

    Raises:
        CorpusError: all pairs have the same source sentence.
    """
    groups: dict[str, list[Pair]] = {}
    for pair in pairs:
        groups.setdefault(_key(pair), []).append(pair)
    keys = sorted(groups)
    random.Random(len(pairs)).shuffle(keys)
    require_different_sources(len(keys), len(pairs))
    wanted = min(size, max(1, int(len(pairs) * LARGEST_VALID_SHARE)))
    sizes = np.array([len(groups[key]) for key in keys], dtype=np.int64)
    chosen = {keys[place] for place in held_groups(sizes, wanted, least=1)}
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


def _require_enough(count: int, source: Path) -> None:
    if count < _LEAST_PAIRS:
        raise CorpusError(
            f"{named(source)} has {count} sentence pairs, but training needs {_LEAST_PAIRS} at the very least "
            "(500 to be of any use)"
        )
