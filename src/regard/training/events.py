"""TensorBoard events beside the log. What cannot be written ends them, not the run: the log holds the same numbers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, final

from regard.disk import machine_errors
from regard.errors import MachineError, MissingExtraError


@final
class Events:
    """Writes numbers over updates to a folder that TensorBoard reads, until that fails for the first time.

    Args:
        folder: of the events; made if it is not there.
        step: where the run goes on; what was written after it no longer counts.
        tell: is told what failed, once.

    Raises:
        MissingExtraError: TensorBoard is not installed.
    """

    def __init__(self, folder: Path, *, step: int, tell: Callable[[str], None]) -> None:
        self.folder = folder
        self._tell = tell
        make = _summary_writer()
        self._writer: Any = None
        self._writer = self._try(lambda: make(str(folder), purge_step=step + 1 if step else None))

    def add(self, name: str, value: float, step: int) -> None:
        """Writes one number."""
        if self._writer is not None:
            self._try(lambda: self._writer.add_scalar(name, value, step))

    def close(self) -> None:
        """Writes nothing more."""
        if self._writer is not None:
            self._try(lambda: self._writer.close())
            self._writer = None

    def _try(self, write: Callable[[], Any]) -> Any:
        try:
            with machine_errors(self.folder):
                return write()
        except MachineError as error:  # of the thread that writes: it has ended, and would raise the same again
            self._writer = None
            self._tell(f"{error}. Training goes on without TensorBoard events; the log has the same numbers")
            return None


def _summary_writer() -> Callable[..., Any]:
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise MissingExtraError(
            "training.tensorboard is on, but TensorBoard is not installed; install it with "
            "`pip install 'regard[logs]'`, or set training.tensorboard=false"
        ) from None
    return SummaryWriter
