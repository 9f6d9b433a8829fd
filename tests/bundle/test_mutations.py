"""Hundreds of damaged and lying folders: refused with our own error, or harmless; never anything else, never big.

``REGARD_MUTATIONS`` asks for more of each kind than the quick suite tries.
"""

import json
import os
import random
import resource
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regard.bundle import load_bundle
from regard.bundle.header import DTYPES
from regard.errors import BundleError
from regard.models import build_model
from regard.text import Tokenizer

NAMES = ("model.safetensors", "config.json", "tokenizer.model", "manifest.json")
COUNT = int(os.environ.get("REGARD_MUTATIONS", "300"))
Mutation = Callable[[Path, random.Random], None]

WORDS: list[Any] = [None, True, -1, 0, 1, 7, 10**6, 2**31, 10**40, 0.5, 1e308, "", "none", "x" * 2000, [], {}, [[]]]
WORDS += ["sinusoidal", "learned", "../../etc/passwd", "\ud800", "é"]


def flip(folder: Path, dice: random.Random) -> None:
    path = folder / dice.choice(NAMES)
    data = bytearray(path.read_bytes())
    for _ in range(dice.randint(1, 8)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    path.write_bytes(data)


def cut(folder: Path, dice: random.Random) -> None:
    path = folder / dice.choice(NAMES)
    data = path.read_bytes()
    path.write_bytes(data[: dice.randrange(len(data))])


def lengthen(folder: Path, dice: random.Random) -> None:
    with (folder / dice.choice(NAMES)).open("ab") as file:
        file.write(dice.randbytes(dice.randint(1, 100)))


def lose(folder: Path, dice: random.Random) -> None:
    (folder / dice.choice(NAMES)).unlink()


def exchange(folder: Path, dice: random.Random) -> None:
    one, other = (folder / name for name in dice.sample(NAMES, 2))
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)


def flip_header(name: str) -> Mutation:
    def _flip(folder: Path, dice: random.Random) -> None:
        path = folder / name
        data = bytearray(path.read_bytes())
        length = int.from_bytes(data[:8], "little")
        for _ in range(dice.randint(1, 3)):
            data[dice.randrange(8 + length)] = dice.choice(b'0123456789[]{},:"F ')
        path.write_bytes(data)

    return _flip


def empty_shortlist(folder: Path, dice: random.Random) -> None:
    """Lists without a number in them, of any type and shape."""
    shape = [0, *dice.choices([1, 7, 2**20, 2**47], k=dice.randrange(4))]
    entry = {"dtype": dice.choice(list(DTYPES)), "shape": shape, "data_offsets": [0, 0]}
    text = json.dumps(dict.fromkeys(("frequent", "first", "translations"), entry)).encode()
    (folder / "shortlist.safetensors").write_bytes(len(text).to_bytes(8, "little") + text)


def edit_json(name: str) -> Mutation:
    def _edit(folder: Path, dice: random.Random) -> None:
        content = json.loads((folder / name).read_text())
        for _ in range(dice.randint(1, 3)):
            _change_somewhere(content, dice)
        (folder / name).write_text(json.dumps(content))

    return _edit


def _change_somewhere(content: Any, dice: random.Random) -> None:
    while isinstance(content, dict) and content:
        key = dice.choice(list(content))
        if isinstance(content[key], dict) and content[key] and dice.random() < 0.9:
            content = content[key]
            continue
        if dice.random() < 0.2:
            del content[key]
        else:
            content[key] = dice.choice(WORDS)
        return


DAMAGE = (flip, cut, lengthen, lose, exchange, edit_json("config.json"), edit_json("manifest.json"))
LIES = (flip, cut, lengthen, flip_header("model.safetensors"), edit_json("config.json"))
LIES_OF_A_SHORTLIST = (flip_header("shortlist.safetensors"), empty_shortlist)


def is_refused(folder: Path) -> bool:
    """Whether the folder is refused with our own error; what is not refused must be a model that works."""
    try:
        bundle = load_bundle(folder)
        weights = bundle.weights()
    except BundleError:
        return True
    build_model(bundle.settings.model, Tokenizer.from_bytes(bundle.tokenizer).vocab_size).load_state_dict(weights)
    return False


def sweep(
    pristine: Path, folder: Path, mutations: tuple[Mutation, ...], seal: Callable[[Path], None] | None
) -> list[bool]:
    refused = []
    for seed in range(COUNT):
        dice = random.Random(seed)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(pristine, folder)
        dice.choice(mutations)(folder, dice)
        if seal is not None:
            _seal_if_possible(folder, seal)
        refused.append(is_refused(folder))
    return refused


def _seal_if_possible(folder: Path, seal: Callable[[Path], None]) -> None:
    try:
        seal(folder)
    except (ValueError, KeyError):  # the manifest itself was hit
        return


def peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.guarantee(
    "A damaged or lying model folder is refused, and never asks for big memory",
    area="models",
)
def test_damage_is_refused_without_big_memory(pristine: Path, tmp_path: Path) -> None:
    assert not is_refused(pristine)
    before = peak_kilobytes()
    refused = sweep(pristine, tmp_path / "model", DAMAGE, None)
    assert sum(refused) >= 0.96 * COUNT, "nearly every damage is noticed; what is not (white space in JSON) is harmless"
    assert peak_kilobytes() - before < 64 * 1024


@pytest.mark.guarantee(
    "A damaged or lying model folder is refused, and never asks for big memory",
    area="models",
    control="test_the_sweep_can_fail",
)
def test_lies_are_refused_or_harmless_without_big_memory(pristine: Path, tmp_path: Path, seal) -> None:
    assert not is_refused(pristine)
    before = peak_kilobytes()
    refused = sweep(pristine, tmp_path / "model", LIES, seal)
    assert COUNT / 3 <= sum(refused) < COUNT, "a liar may change a weight or a default, never the shape of anything"
    assert peak_kilobytes() - before < 64 * 1024


def test_lies_of_a_shortlist_are_refused_without_big_memory(listed: Path, tmp_path: Path, seal) -> None:
    assert not is_refused(listed)
    before = peak_kilobytes()
    refused = sweep(listed, tmp_path / "model", LIES_OF_A_SHORTLIST, seal)
    assert sum(refused) >= 0.9 * COUNT, "what is not is a character replaced by the same"
    assert peak_kilobytes() - before < 64 * 1024


def test_the_sweep_can_fail(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: without the comparison of weights and settings, a lying folder gets through and breaks."""
    monkeypatch.setattr("regard.bundle.load.check_fit", lambda *_: None)
    folder = Path(shutil.copytree(pristine, tmp_path / "model"))
    config = json.loads((folder / "config.json").read_text())
    config["model"]["encoder_layers"] = 2
    (folder / "config.json").write_text(json.dumps(config))
    from hashlib import sha256

    manifest = json.loads((folder / "manifest.json").read_text())
    data = (folder / "config.json").read_bytes()
    manifest["files"]["config.json"] = {"bytes": len(data), "sha256": sha256(data).hexdigest()}
    monkeypatch.setattr("regard.bundle.manifest.Manifest.computed_digest", lambda self: self.digest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(RuntimeError, match="Missing key"):
        is_refused(folder)
