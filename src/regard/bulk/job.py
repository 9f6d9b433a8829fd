"""A job: which shards are still to be translated, and who translates them, here or on many machines."""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, final

import torch

from regard.bulk.shard import Translate, shard_files, translate_shard
from regard.bundle import load_bundle
from regard.disk import write_text_aside
from regard.errors import InputError, OutputExistsError

Progress = Callable[[Path, int, int, int], None]
"""Told of each finished shard: which, how many texts it had, how many shards are finished, of how many."""

JOB: Final = ".job.json"


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
        """Translates one shard."""
        return translate_shard(translate, shard, self.target(shard), column=self.column)

    def begin(self) -> None:
        """Makes the folder, or sees that what is in it was made by the same job.

        Raises:
            OutputExistsError: it holds something else.
            BundleError: the model cannot be read.
        """
        facts = {
            "model": self._fingerprint(),
            "column": self.column,
            "search": {name: str(value) for name, value in self.search.items()},
            "dtype": self.dtype,
        }
        note = self.out / JOB
        if note.is_file():
            if json.loads(note.read_text(encoding="utf-8")) != facts:
                raise OutputExistsError(
                    f"{self.out} was begun with another model or other settings; name another folder, or go on with "
                    "those"
                )
            return
        if self.out.exists() and (not self.out.is_dir() or any(self.out.iterdir())):
            raise OutputExistsError(f"{self.out} is there already and is left as it is; name another folder")
        self.out.mkdir(parents=True, exist_ok=True)
        write_text_aside(note, json.dumps(facts, indent=1))

    def _fingerprint(self) -> str:
        digest = hashlib.sha256()
        for name, tensor in sorted(load_bundle(self.model).weights().items()):
            digest.update(name.encode() + tensor.contiguous().view(-1).view(torch.uint8).numpy().tobytes())
        return digest.hexdigest()


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
        OutputExistsError: the folder holds something else.
        MissingExtraError: Ray is asked for and not installed.
    """
    shards = shard_files(source)
    if job.out.resolve() in {shard.parent.resolve() for shard in shards}:
        raise InputError(f"{job.out} holds the shards themselves; name another folder for their translations")
    job.begin()
    missing = [shard for shard in shards if not job.target(shard).exists()]
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
