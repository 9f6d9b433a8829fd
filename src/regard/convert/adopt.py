"""A model of another toolkit becomes one of ours: read, compared with that toolkit, and only then put in place."""

from dataclasses import replace
from pathlib import Path
from typing import Final

from regard.bundle import BundleFacts, save_bundle
from regard.convert.agreement import Agreement, compare
from regard.convert.convert import BLEU_TOLERANCE
from regard.convert.format import require
from regard.convert.from_marian import read_marian
from regard.convert.hugging_face_library import Library
from regard.convert.original import Original
from regard.convert.sample import DEFAULT_SIZE, Sample
from regard.errors import InputError

ORIGINS: Final = ("marian",)
"""What models are imported from."""

_TOLERANCE: Final = 1e-3


def import_model(
    folder: Path,
    out: Path,
    *,
    origin: str = "marian",
    languages: tuple[str, str] | None = None,
    sample: Sample | None = None,
    num_sentences: int = DEFAULT_SIZE,
    tolerance: float | None = None,
    bleu_tolerance: float = BLEU_TOLERANCE,
) -> Agreement:
    """Makes a model of ours from a folder of another toolkit, after that toolkit has been seen to say the same.

    Args:
        folder: the folder of the other toolkit.
        out: the model folder to make; nothing is there afterwards if it fails.
        origin: one of ``ORIGINS``.
        languages: source and target; what the folder says if not given.
        sample: what to try it on; everyday sentences if not given.
        num_sentences: how many of these.
        tolerance: the largest difference of logits that may be.
        bleu_tolerance: BLEU that may be lost.

    Raises:
        InputError: there is no such origin, or the model has what ours have not; the message gives every reason.
        SettingsError: a value of its search, or of its network, is none that ours could have.
        BundleError: a file of the folder is missing or damaged.
        MissingExtraError: the other toolkit is not installed.
        OutputExistsError: something stands at ``out``.
        CheckError: both do not agree.
    """
    if origin not in ORIGINS:
        raise InputError(f"models are imported from {', '.join(ORIGINS)}, but {origin!r} is asked for")
    imported = read_marian(folder, languages=languages)
    require("importing from Marian", ("transformers",))
    original = Original(imported.translator)
    found = (sample or Sample.at_hand(original.translator, num_sentences)).readable(original.translator)
    agreement = compare(original, Library(folder, imported.their_ids), found, (1,))
    agreement = replace(agreement, left_out=imported.left_out)
    agreement.check(tolerance=_TOLERANCE if tolerance is None else tolerance, bleu_tolerance=bleu_tolerance)
    save_bundle(
        out,
        settings=original.settings,
        tokenizer=original.translator.tokenizer.to_bytes(),
        weights=original.translator.model.state_dict(),
        facts=BundleFacts(),
    )
    return agreement
