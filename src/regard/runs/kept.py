"""What a run kept of its beginning, and needs to go on besides a checkpoint: its subwords, and which pairs they are."""

import json
from pathlib import Path
from typing import Any

from regard.errors import BundleError, TextError
from regard.runs.folder import RunFolder
from regard.text import Tokenizer


def kept_tokenizer(folder: RunFolder) -> Tokenizer:
    """The subwords of a run.

    Raises:
        BundleError: their file is missing or damaged.
    """
    try:
        return Tokenizer.from_bytes(folder.tokenizer.read_bytes())
    except (OSError, TextError) as error:
        raise _unusable(folder.tokenizer, error) from error


def refuse_changed_data(folder: RunFolder, now: dict[str, Any]) -> None:
    """Resuming on other pairs would be another run.

    Args:
        folder: of the run.
        now: ``fingerprint`` and ``num_pairs`` of the pairs that its settings name now.

    Raises:
        BundleError: the pairs are not those the run began with, or it cannot be read which those are.
    """
    try:
        before = json.loads(folder.data.read_text(encoding="utf-8"))
        num_pairs = int(before["num_pairs"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise _unusable(folder.data, error) from error
    if before != now:
        raise BundleError(
            f"the run in {folder.root} began with {num_pairs:,} pairs; what its settings name now "
            f"are {now['num_pairs']:,} pairs with other content. Restore the files, or start a new run"
        )


def _unusable(path: Path, error: Exception) -> BundleError:
    reason = error.strerror if isinstance(error, OSError) else error
    return BundleError(
        f"{path} cannot be used ({reason}), and without it the run cannot go on; restore it, or start a new run"
    )
