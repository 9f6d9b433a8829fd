"""Prepares a corpus on disk, step by step, each kept in the cache: which pairs, which subwords, which ids."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final, final

import numpy as np

from regard.batches import EncodedPairs, PairsWriter, Ragged, open_pairs
from regard.corpus import Origin, Pair, Rules
from regard.corpus.asked import reading_of
from regard.corpus.check import Checking
from regard.corpus.pairs import is_by_line
from regard.corpus.rules import UNUSUAL
from regard.corpus.shards import Shard, shards_of
from regard.errors import CorpusError
from regard.runs.cache import Cache, Facts, content_of
from regard.runs.files import notes_of, refuse_shifted
from regard.runs.stamped import Stamped, changed
from regard.runs.streamed import TRAINED_ON, StreamedPairs, count_seen, forget_keys, hold_out, look_over
from regard.runs.watching import Watch
from regard.settings import DataSettings, TextSettings
from regard.text import Tokenizer
from regard.text.cutting import FlatIds
from regard.text.workers import cut_portions
from regard.version import __version__

_VALID: Final = "valid.jsonl"
_TOKENIZER: Final = "tokenizer.model"
_PAIRS_AT_ONCE: Final = 10_000
LARGEST_VALID_SHARE: Final = 0.1


@final
@dataclass(frozen=True)
class Preparation:
    """A corpus that was looked over, and the cache in which what follows from it is kept.

    ``key`` stands for the contents of its files and the settings it was looked over with; ``files`` are those files as
    they were before, since they are read again for everything else.
    """

    cache: Cache
    key: str
    files: Stamped
    pairs: StreamedPairs
    valid: Sequence[Pair]
    facts: Facts
    watch: Watch

    def tokenizer(self, settings: TextSettings) -> Tokenizer:
        """The subwords learned from its training pairs.

        Raises:
            CorpusError: the files changed meanwhile.
        """

        def make(folder: Path) -> Facts:
            sentences = (text for pair in self._counted("reading for subwords") for text in (pair.source, pair.target))
            learned = Tokenizer.train(sentences, kind=settings.kind, vocab_size=settings.vocab_size)
            (folder / _TOKENIZER).write_bytes(learned.to_bytes())
            return {"vocab_size": learned.vocab_size}

        depends_on = {"corpus": self.key, "text": [settings.kind, settings.vocab_size], "regard": __version__}
        found = self.cache.get("subwords", depends_on, self.files.during(make))
        return Tokenizer.from_bytes((found.folder / _TOKENIZER).read_bytes())

    def encoded(self, tokenizer: Tokenizer, *, max_tokens: int, processes: int) -> tuple[EncodedPairs, int]:
        """Its training pairs as ids in mapped files, and how many were too long to be used.

        Raises:
            CorpusError: every pair is too long, or the files changed meanwhile.
        """

        def make(folder: Path) -> Facts:
            return self._encode(folder, tokenizer, max_tokens=max_tokens, processes=processes)

        subwords = tokenizer.to_bytes().hex()
        depends_on = {"corpus": self.key, "subwords": subwords, "max_tokens": max_tokens, "regard": __version__}
        found = self.cache.get("ids", depends_on, self.files.during(make))
        return open_pairs(found.folder, vocab_size=tokenizer.vocab_size), int(found.facts["num_too_long"])

    def _encode(self, folder: Path, tokenizer: Tokenizer, *, max_tokens: int, processes: int) -> Facts:
        num_pairs = 0
        with PairsWriter(folder, vocab_size=tokenizer.vocab_size) as writer:
            portions = _in_portions(self._counted("cutting into subwords"))
            for cut in cut_portions(tokenizer, portions, processes=processes, tell=self._tell):
                source, target = _short(cut, max_tokens)
                writer.add(source, target)
                num_pairs += len(source)
        if not num_pairs:
            raise CorpusError(
                f"all {len(self.pairs):,} pairs are longer than data.max_tokens = {max_tokens}; raise it, or check "
                "the files"
            )
        return {"num_pairs": num_pairs, "num_too_long": len(self.pairs) - num_pairs}

    def _tell(self, message: str) -> None:
        self.watch(message, 0, 0)

    def _counted(self, what: str) -> Iterator[Pair]:
        total = len(self.pairs)
        for count, pair in enumerate(self.pairs):
            if count % _PAIRS_AT_ONCE == 0:
                self.watch(what, count, total)
            yield pair
        self.watch(what, total, total)


def prepare_corpus(
    settings: DataSettings, source: Path, cache: Cache, *, valid: Sequence[Pair] | None, watch: Watch
) -> Preparation:
    """Looks a corpus over, unless that was done before.

    Args:
        settings: which corpus, and how it is looked over.
        source: the source side, as in the settings.
        cache: where that is kept.
        valid: pairs to validate on; without them, some are held out.
        watch: told how far it has come.

    Raises:
        CorpusError: the corpus cannot be read as pairs, its sides seem shifted, or its files changed meanwhile.
    """
    shards = shards_of(source, settings.target)
    files = Stamped.of(_files(shards))

    def make(folder: Path) -> Facts:
        checking = _checking(settings, source)
        if checking.shards != shards:
            raise changed(source)
        return _look_over(checking, settings, folder, valid=valid, watch=watch)

    found = cache.get("corpus", _depends_on(settings, shards, valid), files.during(make))
    chosen = np.memmap(found.folder / TRAINED_ON, dtype=np.uint8, mode="r")
    pairs = StreamedPairs(shards, chosen, found.facts["num_pairs"], reading=reading_of(settings))
    held = valid or _read_valid(found.folder / _VALID)
    return Preparation(cache, found.key, files, pairs, held, found.facts, watch)


def _files(shards: tuple[Shard, ...]) -> list[Path]:
    return [file for shard in shards for file in (shard.source, shard.target) if file is not None]


def _depends_on(settings: DataSettings, shards: tuple[Shard, ...], valid: Sequence[Pair] | None) -> dict[str, Any]:
    return {
        "files": [[file.suffixes[-2:], content_of(file)] for file in _files(shards)],
        "is_one_file": shards[0].target is None,
        "check": [settings.check_alignment, settings.clean],
        "valid": settings.valid_size if valid is None else [[pair.source, pair.target] for pair in valid],
        "regard": __version__,
        **_sides_asked_for(settings, shards),
    }


def _sides_asked_for(settings: DataSettings, shards: tuple[Shard, ...]) -> dict[str, Any]:
    """Which languages and columns are read, if a file leaves a choice: lines do only where columns are named."""
    has_columns = settings.source_column is not None or settings.target_column is not None
    leaves_choice = any(shard.target is None and (has_columns or not is_by_line(shard.source)) for shard in shards)
    return {"reading": asdict(reading_of(settings))} if leaves_choice else {}


def _checking(settings: DataSettings, source: Path) -> Checking:
    rules = Rules(check_alignment=settings.check_alignment)
    tolerates = () if settings.clean else UNUSUAL
    return Checking(source, settings.target, rules=rules, tolerates=tolerates, reading=reading_of(settings))


def _look_over(
    checking: Checking, settings: DataSettings, folder: Path, *, valid: Sequence[Pair] | None, watch: Watch
) -> Facts:
    found = look_over(checking, folder, tell=lambda done, total: watch("looking over the pairs", done, total))
    refuse_shifted(found.result)
    num_held = num_seen = 0
    if valid is None:
        wanted = min(settings.valid_size, max(1, int(found.num_sound * LARGEST_VALID_SHARE)))
        held = hold_out(folder, wanted)
        num_held = int(np.unpackbits(held).sum())
        pairs = StreamedPairs(checking.shards, held, num_held, reading=reading_of(settings))
        _write_valid(folder / _VALID, islice(pairs, wanted))
    else:
        num_seen = count_seen(folder, list(valid))
    forget_keys(folder)
    return {
        "num_read": found.num_read,
        "num_sound": found.num_sound,
        "num_pairs": found.num_sound - num_held,
        "num_seen": num_seen,
        "num_unusual": sum(found.result.report.kept_despite.values()),
        "notes": list(notes_of(found.result)),
    }


def _write_valid(path: Path, pairs: Iterable[Pair]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for pair in pairs:
            file.write(json.dumps([pair.source, pair.target, pair.origin.file, pair.origin.line]) + "\n")


def _read_valid(path: Path) -> list[Pair]:
    rows = (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [Pair(source, target, Origin(file, line)) for source, target, file, line in rows]


def _in_portions(pairs: Iterator[Pair]) -> Iterator[list[str]]:
    """All source sentences of some pairs, then their translations, again and again."""
    while portion := list(islice(pairs, _PAIRS_AT_ONCE)):
        yield [pair.source for pair in portion] + [pair.target for pair in portion]


def _short(cut: FlatIds, max_tokens: int) -> tuple[Ragged, Ragged]:
    """The pairs of a portion that are not too long."""
    lengths = np.diff(cut.offsets).reshape(2, -1)
    is_short = (lengths <= max_tokens).all(0)
    cells = np.repeat(np.concatenate([is_short, is_short]), lengths.ravel())
    split = int(cut.offsets[lengths.shape[1]])
    ids = cut.ids[:split][cells[:split]], cut.ids[split:][cells[split:]]
    offsets = (np.concatenate([[0], np.cumsum(side[is_short])]) for side in lengths)
    source, target = (Ragged(side, ends) for side, ends in zip(ids, offsets, strict=True))
    return source, target
