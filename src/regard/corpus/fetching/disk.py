"""What the disk cannot do while a corpus is fetched, in our own words."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from regard.errors import DiskFullError, MachineError

_NO_SPACE: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Within the block, what the system says about ``path`` becomes an error of ours.

    Raises:
        DiskFullError: no space is left.
        MachineError: the disk cannot be read or written for another reason.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise DiskFullError(
                f"no space left on the disk for {path}; what has been fetched is kept, so free some and try again"
            ) from None
        raise MachineError(f"{error.filename or path} cannot be used ({error.strerror or error})") from None
