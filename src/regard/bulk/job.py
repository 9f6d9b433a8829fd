"""A job: which shards are still to be translated, and who translates them, here or on many machines."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, final

from regard.bulk.shard import Translate, shard_files, translate_shard
from regard.bundle import load_bundle
from regard.disk import seal_of, write_text_aside
from regard.errors import CorpusError, InputError, OutputExistsError

Progress = Callable[[Path, int, int, int], None]
"""Told of each finished shard: which, how many texts it had, how many shards are finished, of how many."""

JOB: Final = ".job.json"
SOURCES: Final = ".sources"
"""Holds, by the name of each shard that was begun, the sha256 of what it was translated from."""


@final
@dataclass(frozen=True, slots=True)
class Job:
    """What to translate with, and how.

    Args:
        model: its folder; on every machine that takes part, under the same path.
        out: the folder of translated shards; the same holds for it and for the shards.
        column: in JSON lines and Parquet, what holds the text.
        search: options of ``Translator.translate`` that are not the model's own.
        dtype: type of the computation.
        device: ``auto``, ``cpu`` or ``cuda``.
        threads: of each worker.
    """

    model: Path
    out: Path
    column: str = "text"
    search: dict[str, Any] = field(default_factory=dict)
    dtype: str = "float32"
    device: str = "auto"
    threads: int | None = None

    def translation(self) -> Translate:
        """Loads the model."""
        from regard.translator import load

        translator = load(self.model, device=self.device, dtype=self.dtype, threads=self.threads)
        return lambda texts: (answer.text for answer in translator.translate_lines(texts, **self.search))

    def target(self, shard: Path) -> Path:
        """Where a shard's translation lies."""
        return self.out / shard.name

    def do(self, translate: Translate, shard: Path) -> int:
        """Translates one shard, and notes before that from what: whatever lies in its place has a note."""
        note = self._source_note(shard)
        note.parent.mkdir(exist_ok=True)
        write_text_aside(note, f"{_sha256(shard)}\n")
        return translate_shard(translate, shard, self.target(shard), column=self.column)

    def has(self, shard: Path) -> bool:
        """Whether the shard, as it is now, has been translated.

        Raises:
            OutputExistsError: something else lies in the place of its translation.
            CorpusError: the shard cannot be read.
        """
        if not self.target(shard).exists():
            return False
        note = self._source_note(shard)
        if not note.is_file() or note.read_text(encoding="utf-8").strip() != _sha256(shard):
            raise OutputExistsError(
                f"{self.target(shard)} is not the translation of {shard} as it is now; remove it to have it made "
                "anew, or name another folder"
            )
        return True

    def _source_note(self, shard: Path) -> Path:
        return self.out / SOURCES / shard.name

    def begin(self) -> None:
        """Makes the folder, or sees that what is in it was made by the same job.

        Raises:
            OutputExistsError: it holds something else.
            BundleError: the model cannot be read.
        """
        facts = {
            "model": load_bundle(self.model).manifest.digest,
            "column": self.column,
            "search": {name: str(value) for name, value in self.search.items()},
            "glossary": self._glossary_sha256(),
            "dtype": self.dtype,
        }
        note = self.out / JOB
        if note.is_file() and _holds(note, facts):
            return
        if self.out.exists() and (not self.out.is_dir() or any(not _is_ours(path) for path in self.out.iterdir())):
            raise OutputExistsError(
                f"{self.out} was begun with another model or other settings; name another folder, or go on with those"
                if note.is_file()
                else f"{self.out} is there already and is left as it is; name another folder"
            )
        self.out.mkdir(parents=True, exist_ok=True)
        write_text_aside(note, json.dumps(facts, indent=1))

    def _glossary_sha256(self) -> str | None:
        glossary = self.search.get("glossary")
        if not isinstance(glossary, str | Path) or not Path(glossary).is_file():
            return None
        return seal_of(Path(glossary)).sha256


def _holds(note: Path, facts: dict[str, Any]) -> bool:
    try:
        return bool(json.loads(note.read_text(encoding="utf-8")) == facts)
    except ValueError:
        return False


def _is_ours(path: Path) -> bool:
    """Whether something is only a note of a job, or what one that was killed had begun to write: no translation."""
    return path.name in (JOB, SOURCES) or (path.name.startswith(".") and path.suffix == ".writing")


def _sha256(shard: Path) -> str:
    try:
        return seal_of(shard).sha256
    except OSError as error:
        raise CorpusError(f"{shard} cannot be read: {error.strerror}") from None


def translate_shards(job: Job, source: Path, *, ray_workers: int | None = None, tell: Progress | None = None) -> int:
    """Translates every shard that is not translated yet.

    Args:
        job: with what, and where to.
        source: a folder of shards, a path with ``*``, or a file.
        ray_workers: so many processes, started by Ray, here or on the machines of a cluster; without it, this one.
        tell: told of each finished shard.

    Returns:
        How many texts were translated now.

    Raises:
        CorpusError: a shard cannot be read. Finished ones stay.
        OutputExistsError: the folder holds something else, or translations of what the shards were before.
        MissingExtraError: Ray is asked for and not installed.
    """
    shards = shard_files(source)
    if job.out.resolve() in {shard.parent.resolve() for shard in shards}:
        raise InputError(f"{job.out} holds the shards themselves; name another folder for their translations")
    job.begin()
    missing = [shard for shard in shards if not job.has(shard)]
    finished, total = len(shards) - len(missing), 0
    for shard, count in _translated(job, missing, ray_workers):
        finished, total = finished + 1, total + count
        if tell is not None:
            tell(shard, count, finished, len(shards))
    return total


def _translated(job: Job, shards: list[Path], ray_workers: int | None) -> Iterator[tuple[Path, int]]:
    if not shards:
        return
    if ray_workers is not None:
        from regard.bulk.with_ray import translated_by_ray

        yield from translated_by_ray(job, shards, workers=ray_workers)
        return
    translate = job.translation()
    for shard in shards:
        yield shard, job.do(translate, shard)
