"""Models know nothing of being looked at: delete the tracing room, and everything below it still works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "regard"
LOOKING = {"tracing", "lab", "server"}  # the lab measures what attention does, the server shows it
ROOMS = sorted(path.parent.name for path in SOURCE.glob("*/__init__.py") if path.parent.name not in LOOKING)
PROGRAM = """
import importlib, sys
from pathlib import Path
import regard
assert Path(regard.__file__).is_relative_to(sys.argv[1]), regard.__file__
for room in sys.argv[2:]:
    importlib.import_module(f"regard.{room}")
from regard.models import build_model
from regard.settings import Settings
from regard.text import Tokenizer
from regard.translator import Translator
settings = Settings(model={"model_dim": 16, "num_heads": 2, "encoder_layers": 1, "decoder_layers": 1})
tokenizer = Tokenizer.train(["the cat", "le chat"], vocab_size=300)
translator = Translator(build_model(settings.model, tokenizer.vocab_size), tokenizer, settings)
assert isinstance(translator.translate("the cat", max_length=3).text, str)
assert list(translator.stream("the cat", max_length=3)) is not None
try:
    translator.explain("the cat")
except ModuleNotFoundError as error:
    assert error.name == "regard.tracing"
    print("works without")
"""


@pytest.fixture(scope="module")
def package_without_tracing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("without")
    shutil.copytree(SOURCE, folder / "regard", ignore=shutil.ignore_patterns("tracing", "__pycache__"))
    return folder


def test_everything_else_works(package_without_tracing: Path) -> None:
    """Every room is imported, and a sentence translated; only explain is gone."""
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(package_without_tracing), *ROOMS],
        env=os.environ | {"PYTHONPATH": str(package_without_tracing)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.stdout == "works without\n", result.stderr
