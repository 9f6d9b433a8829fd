"""The measurable part of the style: short functions, short files, few positional parameters, documented rooms."""

import ast
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "regard"
FILES = sorted(SOURCE.rglob("*.py"))
LONGEST_FUNCTION = 60
LONGEST_FILE = 400
LONGEST_MEDIAN = 10
MOST_POSITIONAL = 5


@dataclass(frozen=True)
class Function:
    """A function as it stands in a file; ``lines`` leaves its docstring out."""

    name: str
    lines: int
    num_positional: int


def functions_of(code: str) -> list[Function]:
    """Every function of a file, methods and inner ones too."""
    nodes = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [Function(node.name, _lines(node), _num_positional(node)) for node in nodes]


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    lines = node.end_lineno - node.lineno + 1
    if ast.get_docstring(node) is not None:
        first = node.body[0]
        assert first.end_lineno is not None
        lines -= first.end_lineno - first.lineno + 1
    return lines


def _num_positional(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [argument.arg for argument in node.args.posonlyargs + node.args.args]
    return len([name for name in names if name not in {"self", "cls"}])


def all_functions() -> list[Function]:
    return [function for path in FILES for function in functions_of(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_files_and_functions_are_short(path: Path) -> None:
    code = path.read_text(encoding="utf-8")
    assert len(code.splitlines()) <= LONGEST_FILE
    assert [function for function in functions_of(code) if function.lines > LONGEST_FUNCTION] == []
    public = [function for function in functions_of(code) if not function.name.startswith("_")]
    assert [function for function in public if function.num_positional > MOST_POSITIONAL] == []


def test_most_functions_are_very_short() -> None:
    lines = sorted(function.lines for function in all_functions())
    assert median(lines) <= LONGEST_MEDIAN
    assert lines[len(lines) * 9 // 10] <= 30


@pytest.mark.parametrize("path", sorted(SOURCE.glob("*/__init__.py")), ids=lambda path: path.parent.name)
def test_each_room_says_what_it_must_not_know(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    for word in ("Enters:", "Leaves:", "Must not know:"):
        assert word in docstring, (
            f"{path}: the docstring of a room says what enters, what leaves, what it must not know"
        )


def test_a_long_function_is_seen() -> None:
    body = "\n".join("    x = 1" for _ in range(LONGEST_FUNCTION))
    assert functions_of(f"def f(a, *, b):\n{body}\n") == [Function("f", LONGEST_FUNCTION + 1, 1)]


def test_a_docstring_does_not_make_a_function_long() -> None:
    assert functions_of(
        'class A:\n    def f(self, a):\n        """One.\n\n        Two.\n        """\n        return a'
    ) == [Function("f", 2, 1)]
