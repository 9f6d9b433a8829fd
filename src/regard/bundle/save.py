"""Saves a model folder: written aside, verified as a loader would, synced, and only then put in place."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from regard.bundle.facts import BundleFacts
from regard.bundle.load import verify
from regard.bundle.manifest import CONFIG, MANIFEST, SHORTLIST, TOKENIZER, WEIGHTS, make_manifest
from regard.bundle.tensors import write_tensors
from regard.disk import standing, written_aside
from regard.errors import BundleError, OutputExistsError
from regard.settings import Settings, settings_to_json
from regard.text.shortlist import Shortlist


def save_bundle(
    folder: Path,
    *,
    settings: Settings,
    tokenizer: bytes,
    weights: Mapping[str, Tensor],
    facts: BundleFacts,
    shortlist: Shortlist | None = None,
    replace: bool = False,
) -> None:
    """Writes a model folder that is complete or not there at all.

    Args:
        folder: where it shall stand.
        settings: everything the model was made from.
        tokenizer: what ``Tokenizer.to_bytes`` gives.
        weights: the network's ``state_dict``; tensors that share memory are stored once.
        facts: training data, scores and so on.
        shortlist: which pieces may translate which, if somebody learned that.
        replace: whether a model that stands there is replaced; anything else never is.

    Raises:
        OutputExistsError: something stands there and ``replace`` is not asked for, or it is not a model.
        BundleError: the weights, the settings and the tokenizer do not belong together.
        DiskFullError: no space is left; the model from before is intact.
        MachineError: the folder cannot be written.
    """
    if replace:
        _refuse_foreign(folder)
    with written_aside(folder, replace=replace) as aside:
        aliases = write_tensors(aside / WEIGHTS, weights)
        (aside / CONFIG).write_text(settings_to_json(settings), encoding="utf-8")
        (aside / TOKENIZER).write_bytes(tokenizer)
        if shortlist is not None:
            write_tensors(aside / SHORTLIST, {name: torch.from_numpy(ids) for name, ids in shortlist.arrays().items()})
        languages = (settings.data.source_language, settings.data.target_language)
        manifest = make_manifest(aside, aliases=aliases, languages=languages, facts=facts)
        (aside / MANIFEST).write_text(manifest.to_json(), encoding="utf-8")
        _read_back(aside)


def _read_back(aside: Path) -> None:
    """Verifies what was written. A disk that does not give it back has failed: that says nothing of the model.

    Raises:
        BundleError: its parts do not belong together.
        OSError: as the system says it.
    """
    try:
        verify(aside)
    except BundleError as error:
        raise (error.__cause__ if isinstance(error.__cause__, OSError) else error) from None


def _refuse_foreign(folder: Path) -> None:
    """Replacing must never remove a folder of something else because of a mistyped path."""
    stands = standing(folder)
    if stands is None or (stands / MANIFEST).exists():
        return
    if not stands.is_dir() or any(stands.iterdir()):
        raise OutputExistsError(f"{stands} is not a model, so it is not replaced; name another folder")
