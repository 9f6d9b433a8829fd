"""Programs beside this one that cut sentences into ids, so that several cores work, or one works ahead."""

import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from types import TracebackType
from typing import Final, final

import numpy as np

from regard.text.cutting import Drawing, FlatIds, cut_best, receive, send
from regard.text.normal import normalise
from regard.text.tokenizer import Tokenizer

_PROGRAM: Final = "regard.text.cutting_program"


@final
class CuttingWorker:
    """One such program. What is asked of it is answered in the order of asking; ask once, then fetch once.

    A program of its own, not a copy of this one: it starts in a fraction of a second, holds no network, and ends with
    this process, however that ends, because nothing more comes to read. Should it be killed (for memory), what is asked
    of it is done here.

    Args:
        tokenizer: what cuts.
        tell: is told if the program has ended before its time.
    """

    def __init__(self, tokenizer: Tokenizer, *, tell: Callable[[str], None] = lambda _: None) -> None:
        self._tell = tell
        self._has_ended = False
        self._program = subprocess.Popen(
            [sys.executable, "-P", "-m", _PROGRAM],  # -P: what lies in the present folder is not looked at
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "OMP_NUM_THREADS": "1"},
        )
        self._send({}, np.frombuffer(tokenizer.to_bytes(), dtype=np.uint8))

    def __enter__(self) -> "CuttingWorker":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def ask_best(self, texts: Sequence[str]) -> None:
        """Begins to cut texts in the best way.

        Raises:
            TextError: a text holds a lone surrogate.
        """
        parts = [normalise(text).encode() for text in texts]
        ends = np.cumsum([len(part) for part in parts], dtype=np.int64)
        self._send({"do": "best"}, np.frombuffer(b"".join(parts), dtype=np.uint8), ends)

    def ask_anew(self, plain: FlatIds, sentences: Sequence[int], how: Drawing) -> None:
        """Begins to cut sentences anew."""
        self._send({"do": "anew", "how": asdict(how)}, plain.ids, plain.offsets, np.asarray(sentences, dtype=np.int64))

    def fetch(self, *, otherwise: Callable[[], FlatIds]) -> FlatIds:
        """What was asked for, once it is there; ``otherwise`` makes the same here, should the program have ended."""
        assert self._program.stdout is not None
        answer = None if self._has_ended else receive(self._program.stdout)
        if answer is None:
            self._note_end()
            return otherwise()
        ids, offsets = answer[1]
        return FlatIds(ids, offsets)

    def close(self) -> None:
        """Ends the program, whatever it is doing."""
        self._program.kill()
        self._program.wait()
        for pipe in (self._program.stdin, self._program.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue

    def _send(self, header: dict[str, object], *arrays: "np.ndarray[tuple[int], np.dtype[np.generic]]") -> None:
        assert self._program.stdin is not None
        try:
            if not self._has_ended:
                send(self._program.stdin, header, *arrays)
        except BrokenPipeError:
            self._note_end()

    def _note_end(self) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._tell(
                f"the program that cuts sentences beside this one ended unexpectedly (exit {self._program.wait()}), "
                "maybe for want of memory; they are cut here from now on, which takes longer"
            )


def cut_portions(
    tokenizer: Tokenizer,
    portions: Iterable[Sequence[str]],
    *,
    processes: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Iterator[FlatIds]:
    """Portions of texts cut in the best way, in their order, by so many programs side by side, or by this one alone.

    Raises:
        TextError: a text holds a lone surrogate.
    """
    if processes < 2:
        for texts in portions:
            yield cut_best(tokenizer, texts)
        return
    with ExitStack() as workers:
        idle = [workers.enter_context(CuttingWorker(tokenizer, tell=tell)) for _ in range(processes)]
        busy: deque[tuple[CuttingWorker, Sequence[str]]] = deque()
        for texts in portions:
            if not idle:
                worker, asked = busy.popleft()
                yield worker.fetch(otherwise=partial(cut_best, tokenizer, asked))
                idle.append(worker)
            busy.append((idle.pop(), texts))
            busy[-1][0].ask_best(texts)
        for worker, asked in busy:
            yield worker.fetch(otherwise=partial(cut_best, tokenizer, asked))
