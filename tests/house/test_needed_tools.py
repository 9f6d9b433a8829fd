"""System tools that tests need: skipped where they are missing, but never silently in CI; and all can be installed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MISSING = "a-tool-that-nobody-has"


def test_a_tool_that_is_there_is_found(needs_tool: Callable[[str], str]) -> None:
    assert Path(needs_tool("bash")).is_file()


def test_a_missing_tool_skips(needs_tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"{MISSING} is not installed; scripts/system-packages"):
        needs_tool(MISSING)


def test_a_missing_tool_fails_in_ci(needs_tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match=f"{MISSING} is not installed"):
        needs_tool(MISSING)


def test_every_needed_tool_can_be_installed() -> None:
    script = (ROOT / "scripts" / "system-packages").read_text(encoding="utf-8")
    cases = set(re.findall(r"[\w+-]+", " ".join(re.findall(r"^ +([\w+| -]+)\) echo", script, re.MULTILINE))))
    texts = [path.read_text(encoding="utf-8") for path in ROOT.glob("tests/**/*.py") if path != Path(__file__)]
    named = {name for text in texts for name in re.findall(r'needs_tool\("([^"]+)"\)', text)}
    assert "hunspell" in named
    assert named - cases == set()
