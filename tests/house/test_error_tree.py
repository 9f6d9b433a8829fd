"""The tree drawn at the top of errors.py is the tree of classes, with the exit codes commands end with."""

import inspect
import re

import regard.errors
from regard.errors import RegardError

LINE = re.compile(r"^(?P<branch>[│├└─ ]*)(?P<name>\w+Error)\s+(?P<code>\d+)?")


def drawn_tree(drawing: str) -> dict[str, tuple[str | None, int | None]]:
    """Each drawn name with its parent and its exit code; a code not written is the parent's."""
    tree: dict[str, tuple[str | None, int | None]] = {}
    path: list[str] = []
    for line in drawing.splitlines():
        if not (match := LINE.match(line)):
            continue
        depth = len(match["branch"]) // 4
        path = [*path[:depth], match["name"]]
        parent = path[-2] if depth else None
        code = int(match["code"]) if match["code"] else (tree[parent][1] if parent else None)
        tree[match["name"]] = (parent, code)
    return tree


def real_tree() -> dict[str, tuple[str | None, int | None]]:
    """The same from the classes. The root itself has no code in the drawing."""
    classes = [value for value in vars(regard.errors).values() if inspect.isclass(value)]
    return {
        one.__name__: (None, None) if one is RegardError else (one.__bases__[0].__name__, one.exit_code)
        for one in classes
        if issubclass(one, RegardError)
    }


def test_the_drawing_is_true() -> None:
    assert drawn_tree(regard.errors.__doc__ or "") == real_tree()


def test_the_drawing_is_read_line_by_line() -> None:
    drawing = "AError          exit code\n├── BError      2   text\n│   └── CError      text\n└── DError      3   text"
    assert drawn_tree(drawing) == {
        "AError": (None, None),
        "BError": ("AError", 2),
        "CError": ("BError", 2),
        "DError": ("AError", 3),
    }


def test_every_error_has_a_sentence() -> None:
    assert all((getattr(regard.errors, name).__doc__ or "").endswith(".") for name in real_tree())
