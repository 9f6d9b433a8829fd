"""What a run kept of its beginning, and needs to go on besides a checkpoint: its subwords, and which pairs they are."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regard.corpus import Pair
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


def valid_facts(pairs: Sequence[Pair]) -> dict[str, Any]:
    """Which pairs a run is validated on."""
    texts = json.dumps([[pair.source, pair.target] for pair in pairs])
    return {"fingerprint": hashlib.sha256(texts.encode()).hexdigest(), "num_pairs": len(pairs)}


def refuse_changed_data(folder: RunFolder, now: dict[str, Any]) -> None:
    """Resuming on other pairs would be another run, and with other validation pairs its scores could not be compared.

    Args:
        folder: of the run.
        now: ``fingerprint`` and ``num_pairs`` of the pairs that its settings name now, and under ``valid`` the same of
            those to validate on, which runs of before there was that do not say.

    Raises:
        BundleError: the pairs are not those the run began with, or it cannot be read which those are.
    """
    try:
        before = json.loads(folder.data.read_text(encoding="utf-8"))
        num_pairs = int(before["num_pairs"])
        valid = before.pop("valid", now["valid"])
        num_valid = int(valid["num_pairs"])
    except (OSError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise _unusable(folder.data, error) from error
    if before != {name: fact for name, fact in now.items() if name != "valid"}:
        raise _changed(folder, f"began with {num_pairs:,} pairs", f"{now['num_pairs']:,} pairs")
    if valid != now["valid"]:
        many = f"{now['valid']['num_pairs']:,} validation pairs"
        raise _changed(folder, f"is validated on {num_valid:,} pairs", many)


def _changed(folder: RunFolder, before: str, now: str) -> BundleError:
    return BundleError(
        f"the run in {folder.root} {before}; what its settings name now are {now} with other content. "
        "Restore the files, or start a new run"
    )


def _unusable(path: Path, error: Exception) -> BundleError:
    reason = error.strerror if isinstance(error, OSError) else error
    return BundleError(
        f"{path} cannot be used ({reason}), and without it the run cannot go on; restore it, or start a new run"
    )
