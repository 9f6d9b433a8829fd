"""A model that is saved while the process is killed or the disk is full."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from regard.bundle import load_bundle


def test_killed_at_any_moment_a_model_is_there(pristine: Path, tmp_path: Path) -> None:
    script = Path(__file__).with_name("sweep_kills.py")
    shutil.copytree(pristine, tmp_path / "run" / "model")
    result = subprocess.run(
        [sys.executable, script, tmp_path / "run" / "model"], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    # Each kill leaves one line: at which event, and which version was found after it.
    lines = [line.split() for line in result.stdout.splitlines()]
    assert len(lines) > 15, "the sweep killed too few times to mean anything"
    found = [version for _, version in lines]
    assert set(found) == {"old", "previous", "new"}, "the sweep must reach every stage"
    assert load_bundle(tmp_path / "run").facts.num_steps == 8


def test_a_really_full_disk(tmp_path: Path, pristine: Path) -> None:
    enter = ["unshare", "--user", "--map-root-user", "--mount"]
    if not shutil.which("unshare") or subprocess.run([*enter, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a small disk needs `unshare` and the right to mount in a namespace of one's own")
    disk = tmp_path / "disk"
    disk.mkdir()
    size = sum(path.stat().st_size for path in pristine.iterdir())
    program = f"""
import shutil
from pathlib import Path
from regard.bundle import load_bundle, save_bundle
from regard.errors import DiskFullError
model = Path({str(disk)!r}) / "model"
shutil.copytree({str(pristine)!r}, model)
bundle = load_bundle(model)
try:
    save_bundle(model, settings=bundle.settings, tokenizer=bundle.tokenizer, weights=bundle.weights(),
                facts=bundle.facts, replace=True)
except DiskFullError as error:
    print("full:", error)
load_bundle(model).weights()
print("intact:", sorted(path.name for path in model.parent.iterdir()))
"""
    mount = f'mount -t tmpfs -o size={size + 16384} none "$0" && exec "$1" -c "$2"'
    command = [*enter, "sh", "-c", mount, str(disk), sys.executable, program]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "full: no space is left to write" in result.stdout, result.stderr
    assert "intact: ['model']" in result.stdout
