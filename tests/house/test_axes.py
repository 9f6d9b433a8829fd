"""Every axis that a shape in the sources names is explained in axes.py."""

import ast
from pathlib import Path

import pytest

from regard.axes import AXES

SOURCE = Path(__file__).resolve().parents[2] / "src" / "regard"
DTYPES = {"Bool", "Float", "Float32", "Int", "Integer", "Num", "Shaped", "UInt8"}


def named_axes(code: str) -> set[str]:
    """The axis names in jaxtyping annotations such as ``Float[Tensor, "batch head"]``."""
    shapes = [
        node.slice.elts[1].value
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and node.value.id in DTYPES
        and isinstance(node.slice, ast.Tuple)
        and isinstance(node.slice.elts[1], ast.Constant)
    ]
    words = {word.lstrip("*#?_") for shape in shapes for word in str(shape).split()}
    return {word for word in words if word.isidentifier()}


@pytest.mark.parametrize("path", sorted(SOURCE.rglob("*.py")), ids=lambda path: str(path.relative_to(SOURCE)))
def test_every_axis_is_explained(path: Path) -> None:
    assert named_axes(path.read_text(encoding="utf-8")) - set(AXES) == set()


def test_axes_are_found_in_code() -> None:
    code = 'def f(x: Float[Tensor, "batch *rest 3"], y: Int[Tensor, " #row"]) -> None: ...'
    assert named_axes(code) == {"batch", "rest", "row"}


def test_every_axis_is_used() -> None:
    used = set().union(*(named_axes(path.read_text(encoding="utf-8")) for path in SOURCE.rglob("*.py")))
    assert set(AXES) - used == set()
