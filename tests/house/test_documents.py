"""What the documents say is so: versions agree, commands and links exist, examples run, the map is the contract."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import regard
from regard.cli.app import app
from regard.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(ROOT.glob("docs/*.md"))]
EXAMPLES = sorted(ROOT.glob("examples/*.py"))
ALONE = [path for path in EXAMPLES if "argparse" not in path.read_text(encoding="utf-8")]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def document_id(path: Path) -> str:
    return str(path.relative_to(ROOT))


def commands_in(text: str) -> list[list[str]]:
    """The words of every ``regard …`` command in the code blocks of a document; continued lines are joined."""
    blocks = "\n".join(re.findall(r"^```\w*\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE))
    lines = blocks.replace("\\\n", " ").splitlines()
    found = (re.search(r"(?:^\s*|\| )regard ([a-z-].*)", line) for line in lines)
    return [match[1].split("#")[0].split() for match in found if match]


def unknown_words(words: list[str], commands: dict[str, Any] | None = None) -> list[str]:
    """The command, if there is none of this name, and the options that it does not have."""
    commands = get_command(app).commands if commands is None else commands  # type: ignore[attr-defined]
    command = commands.get(words[0])
    if command is None:
        return [words[0]]
    if hasattr(command, "commands"):
        return unknown_words(words[1:], command.commands) if words[1:] else []
    known = {option for parameter in command.params for option in parameter.opts}
    return [word for word in words[1:] if word.startswith("-") and word not in known]


@pytest.mark.parametrize("path", DOCUMENTS, ids=document_id)
def test_commands_exist(path: Path) -> None:
    for words in commands_in(path.read_text(encoding="utf-8")):
        assert unknown_words(words) == [], " ".join(words)


def test_the_readme_shows_every_command_but_the_demo() -> None:
    shown = {words[0] for words in commands_in((ROOT / "README.md").read_text(encoding="utf-8"))}
    assert {"train", "translate", "evaluate"} <= shown


def test_commands_that_do_not_exist_are_seen() -> None:
    text = "```\nregard learn --source x\necho | regard train --sources \\\n  y --out z\n```"
    assert [unknown_words(words) for words in commands_in(text)] == [["learn"], ["--sources"]]


@pytest.mark.parametrize("path", DOCUMENTS, ids=document_id)
def test_links_lead_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:\s]+)\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=document_id)
def test_named_files_exist(path: Path) -> None:
    """``runs/train.py`` stands for src/regard/runs/train.py."""
    named = re.findall(r"`([\w./]+/[\w.]+\.py)`", path.read_text(encoding="utf-8"))
    places = (ROOT, ROOT / "src" / "regard", path.parent)
    assert [name for name in named if not any((place / name).exists() for place in places)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=document_id)
def test_named_settings_exist(path: Path) -> None:
    sections = {name: field.annotation for name, field in Settings.model_fields.items()}
    named = re.findall(rf"`({'|'.join(sections)})\.([a-z_]+)(?:=[^`]*)?`", path.read_text(encoding="utf-8"))
    unknown = [f"{section}.{key}" for section, key in named if key not in sections[section].model_fields]
    assert [name for name in unknown if name != "model.safetensors"] == []  # that is a file


def test_make_targets_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {word for path in DOCUMENTS for word in re.findall(r"\bmake ([a-z]+)\b(?! a)", path.read_text("utf-8"))}
    assert {"demo", "test"} <= named & targets


def test_ci_runs_the_commands_of_contributing() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    lines = [line for line in script.splitlines() if line.startswith("make ")]
    assert lines == ["make check", "make test"]


def test_versions_agree() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert version("regard") == regard.__version__
    assert "## [Unreleased]" in changelog or f"## [{regard.__version__}]" in changelog


def test_dependencies_are_pinned() -> None:
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE))
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [*PROJECT["project"]["dependencies"], *(one for extra in extras for one in extra)]
    names = {re.split(r"[\[><=]", requirement)[0] for requirement in wanted} - {"regard"}
    assert names - pinned == set()
    assert len(PROJECT["project"]["dependencies"]) <= 10


def test_the_map_is_the_contract() -> None:
    """Each floor of docs/architecture.md holds the rooms of the same layer of the import contract, in order."""
    contract = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    rows = re.findall(
        r"^\| \d+ \| ([^\n]*?) \|[^|\\]", (ROOT / "docs/architecture.md").read_text("utf-8"), re.MULTILINE
    )
    drawn = [re.sub(r"[`\\]", "", row) for row in rows]
    assert drawn == contract


@pytest.mark.parametrize("path", ALONE, ids=document_id)
def test_examples_run(path: Path) -> None:
    """Those that need a model are run by the tests of the translator."""
    result = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert result.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=document_id)
def test_examples_are_short(path: Path) -> None:
    assert 20 <= len(path.read_text(encoding="utf-8").splitlines()) <= 80
