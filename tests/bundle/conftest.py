"""A small whole model, made once, and ways to damage copies of it."""

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from regard.bundle import BundleFacts, ScoreFact, save_bundle
from regard.models import build_model
from regard.settings import ModelSettings, Settings
from regard.text import Tokenizer
from regard.text.shortlist import Shortlist

SHAPE = ModelSettings(model_dim=8, num_heads=2, feedforward_dim=8, encoder_layers=1, decoder_layers=1)


@dataclass(frozen=True)
class Parts:
    """Everything ``save_bundle`` asks for."""

    settings: Settings
    tokenizer: bytes
    weights: dict[str, Tensor]
    facts: BundleFacts

    def save(self, folder: Path, **more: Any) -> Path:
        parts: dict[str, Any] = vars(self) | more
        save_bundle(folder, **parts)
        return folder


@pytest.fixture(scope="session")
def parts() -> Parts:
    tokenizer = Tokenizer.train([f"the cat number {number} sat" for number in range(60)], vocab_size=300)
    torch.manual_seed(1)
    return Parts(
        settings=Settings(model=SHAPE),
        tokenizer=tokenizer.to_bytes(),
        weights=build_model(SHAPE, tokenizer.vocab_size).state_dict(),
        facts=BundleFacts(num_steps=7, scores=(ScoreFact(metric="bleu", value=12.5, signature="nrefs:1"),)),
    )


@pytest.fixture(scope="session")
def pristine(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return parts.save(tmp_path_factory.mktemp("pristine") / "model")


@pytest.fixture
def model(pristine: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(pristine, tmp_path / "model"))


@pytest.fixture
def listed(parts: Parts, tmp_path: Path) -> Path:
    """A model with a shortlist."""
    vocab_size = len(parts.weights["source_embedding.tokens.weight"])
    shortlist = Shortlist(np.array([5, 7]), np.arange(vocab_size + 1), np.arange(vocab_size))
    return parts.save(tmp_path / "listed", shortlist=shortlist)


def seal(folder: Path, change: Callable[[dict[str, Any]], None] | None = None) -> None:
    """Makes a manifest agree with the files as they are now: what a liar would do. ``change`` edits it before."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name, fact in manifest["files"].items():
        if (folder / name).is_file():
            data = (folder / name).read_bytes()
            fact.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
    if change is not None:
        change(manifest)
    manifest.pop("digest", None)
    canonical = json.dumps(manifest, sort_keys=True, separators=(",", ":"))
    manifest["digest"] = hashlib.sha256(canonical.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture(name="seal")
def seal_fixture() -> Callable[..., None]:
    return seal
