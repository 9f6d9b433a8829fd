"""A virtual environment for each peer, made once, from the package index."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TORCH = "torch==2.13.0"


@dataclass(frozen=True)
class Peer:
    """A system to compare with: what to install, and the loop that runs it there."""

    title: str
    package: str
    loop: str
    requirements: tuple[str, ...]
    note: str = ""


PEERS = {
    "torch": Peer("torch.nn.Transformer, batches by length", "torch", "plain_torch.py", (TORCH, "numpy")),
    "hugging-face": Peer(
        "Hugging Face Marian, plain loop", "transformers", "hugging_face.py", (TORCH, "transformers==5.23.0"),
        note="its norms come after the blocks, the others' before",
    ),
    "joeynmt": Peer(
        "JoeyNMT", "joeynmt", "joeynmt_loop.py", (TORCH, "joeynmt==2.3.0", "importlib_metadata"),
        note="its batches are not by length",
    ),
    "eole": Peer(
        "eole", "eole", "eole_loop.py", (TORCH, "eole==0.6.4"), note="its decoder has a bias on the output layer"
    ),
}  # fmt: skip


def python_of(name: str, folder: Path) -> Path:
    """The interpreter of a peer's environment; makes the environment if it is not there whole."""
    peer, root = PEERS[name], folder / name
    python, done = root / "bin" / "python", root / "installed.json"
    if not (done.exists() and json.loads(done.read_text()) == list(peer.requirements)):
        print(f"installing {peer.title} into {root}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(root)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *peer.requirements], check=True)
        done.write_text(json.dumps(peer.requirements))
    return python
