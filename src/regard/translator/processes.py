"""Several processes that translate for one: a core each, the weights in memory once, lines in their order.

Two processes of one thread translate more than one process of two threads: nothing waits for anything but the end of a
block. They are forked when the weights are loaded, so the weights are shared as long as nobody writes to them, and
nobody does.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Final, final

from regard.errors import MachineError, RegardError, SettingsError
from regard.launch import num_cores
from regard.translator.facade import Translator
from regard.translator.forked import answer_until_closed
from regard.translator.lines import blocks
from regard.translator.translation import Translation

_LINES_EACH: Final = 1000
_CHARACTERS_EACH: Final = 400_000
_WORTH_IT: Final = 100
"""So many lines each make up for starting a process."""


def sensible_processes(translator: Translator, num_lines: int) -> int:
    """How many processes pay for so many lines: one per core of the CPU, one alone on a GPU or for few lines."""
    if next(translator.model.parameters()).device.type != "cpu" or not hasattr(os, "fork"):
        return 1
    return max(1, min(num_cores(), num_lines // _WORTH_IT))


@contextmanager
def line_translator(
    translator: Translator, processes: int | None, *, alignments: bool = False, **options: Any
) -> Iterator[Callable[[Sequence[str]], Iterator[Translation]]]:
    """A function that translates lists of lines, in as many processes as are given, or as pay for the lists that come.

    Processes are started when they are first needed, and gone when the block ends.
    """
    started: list[Workers] = []
    with ExitStack() as stack:

        def translate(lines: Sequence[str]) -> Iterator[Translation]:
            count = sensible_processes(translator, len(lines)) if processes is None else processes
            if count > 1 and not started:
                started.append(stack.enter_context(Workers(translator, count, alignments=alignments, **options)))
            if started:
                return started[0].translate_lines(lines)
            return translator.translate_lines(lines, alignments=alignments, **options)

        yield translate


@final
class Workers:
    """Processes that translate lines as ``translator.translate_lines`` does, with the options given here.

    To be used in a ``with`` statement, at whose end they are gone.

    Args:
        translator: what they translate with; on the CPU.
        count: how many.
        alignments: see ``Translator.translate_lines``.
        options: see ``SearchOptions``.

    Raises:
        SettingsError: ``count`` is not positive, or this system cannot fork.
    """

    def __init__(self, translator: Translator, count: int, *, alignments: bool = False, **options: Any) -> None:
        if count < 1:
            raise SettingsError(f"processes must be a whole number of at least 1, but is {count}")
        if not hasattr(os, "fork") or next(translator.model.parameters()).device.type != "cpu":
            raise SettingsError("several processes need the CPU of a system that can fork; leave processes at 1")
        self._translator = translator
        self._count = count
        self._alignments = alignments
        self._options = options
        self._pipes: list[Connection] = []
        self._processes: list[BaseProcess] = []

    def __enter__(self) -> "Workers":
        context = multiprocessing.get_context("fork")
        for _ in range(self._count):
            ours, theirs = context.Pipe()
            self._pipes.append(ours)
            process = context.Process(target=self._work, args=(theirs,), daemon=True)
            process.start()
            theirs.close()
            self._processes.append(process)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.terminate()
            process.join()

    def translate_lines(self, lines: Iterable[str]) -> Iterator[Translation]:
        """The translations of lines, in order, in memory that does not grow.

        Raises:
            MachineError: a process was ended from outside, for example because memory ran out.
            RegardError: what ``Translator.translate_lines`` raises.
        """
        most_lines, most_characters = self._count * _LINES_EACH, self._count * _CHARACTERS_EACH
        for _, block in blocks(lines, most_lines=most_lines, most_characters=most_characters):
            yield from self._block(block)

    def _block(self, lines: Sequence[str]) -> list[Translation]:
        """Deals the lines out by length, so that all have as much to do and batches of one length."""
        order = sorted(range(len(lines)), key=lambda line: -len(lines[line]))
        dealt = [order[worker :: self._count] for worker in range(self._count)]
        busy = [worker for worker, part in enumerate(dealt) if part]
        for worker in busy:
            self._give(worker, [lines[line] for line in dealt[worker]])
        found: dict[int, Translation] = {}
        for worker in busy:
            found |= zip(dealt[worker], self._take(worker), strict=True)
        return [found[line] for line in range(len(lines))]

    def _give(self, worker: int, lines: list[str]) -> None:
        try:
            self._pipes[worker].send(lines)
        except OSError:
            raise self._lost(worker) from None

    def _take(self, worker: int) -> list[Translation]:
        try:
            answer = self._pipes[worker].recv()
        except (EOFError, OSError):
            raise self._lost(worker) from None
        if isinstance(answer, RegardError):
            raise answer
        translations: list[Translation] = answer
        return translations

    def _lost(self, worker: int) -> MachineError:
        process = self._processes[worker]
        process.join(timeout=5)
        return MachineError(
            f"process {worker + 1} of {self._count} that translate ended with exit code {process.exitcode} (-9: it was "
            "killed, often because memory ran out); use fewer --processes, or a smaller decoding.batch_tokens"
        )

    def _work(self, pipe: Connection) -> None:
        answer_until_closed(pipe, self._answer, inherited=self._pipes)

    def _answer(self, lines: list[str]) -> list[Translation] | RegardError:
        try:
            return list(self._translator.translate_lines(lines, alignments=self._alignments, **self._options))
        except RegardError as error:
            return error
