"""A file of weights or settings is data, never code: nothing in the package unpickles or evaluates."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "regard"
FORBIDDEN_MODULES = {"pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
FORBIDDEN_BUILTINS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_ATTRIBUTES = {"torch.load", "torch.save", "np.load", "numpy.load", "yaml.load", "os.system", "os.popen"}


def offences(code: str) -> list[str]:
    """What a file does that it must not: the forbidden imports, calls and attributes, with their lines."""
    return [f"line {line}: {what}" for line, what in _offences(ast.parse(code))]


def _offences(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from ((node.lineno, a.name) for a in names if a.name.split(".")[0] in FORBIDDEN_MODULES)
            case ast.ImportFrom(module=str(module), names=names):
                found = [f"{module}.{a.name}" for a in names if f"{module}.{a.name}" in FORBIDDEN_ATTRIBUTES]
                found += [module] if module.split(".")[0] in FORBIDDEN_MODULES else []
                yield from ((node.lineno, name) for name in found)
            case ast.Name(id=name) if name in FORBIDDEN_BUILTINS:
                yield node.lineno, name
            case ast.Attribute() if ast.unparse(node) in FORBIDDEN_ATTRIBUTES:
                yield node.lineno, ast.unparse(node)
            case ast.keyword(arg="shell", value=ast.Constant(value=True)):
                yield node.value.lineno, "shell=True"


@pytest.mark.guarantee(
    "Nothing is unpickled or evaluated: weights, settings and masks are data",
    area="models",
    control="test_each_way_is_seen",
    reported="torch.load, also with weights_only",
)
@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_no_file_runs_data(path: Path) -> None:
    assert offences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "code",
    [
        "import pickle",
        "import pickle as p",
        "from pickle import loads",
        "import torch\ntorch.load('x')",
        "from torch import load",
        "loader = torch.load",
        "eval('1')",
        "run = exec",
        "__import__('os')",
        "import yaml",
        "subprocess.run('ls', shell=True)",
        "def f():\n    import dill",
    ],
)
def test_each_way_is_seen(code: str) -> None:
    assert offences(code) != []


@pytest.mark.parametrize("code", ["model.eval()", "text = 'eval(1)'  # pickle", "re.compile('x')", "bundle.load('x')"])
def test_innocent_code_is_left_alone(code: str) -> None:
    assert offences(code) == []
