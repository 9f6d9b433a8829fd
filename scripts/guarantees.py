#!/usr/bin/env python3
"""Lists what Regard promises, from the tests that prove it: docs/guarantees.md.

A promise is a test marked with its sentence, and with the name of a test in the same file that shows the check fail
when the promise is broken:

    @pytest.mark.guarantee("Padding changes nothing", area="masks", control="test_without_the_mask_it_does")

``reported="toolkit #12"`` says where users met the fault elsewhere. Several tests may carry one sentence; one of them
names the control. With --write the page is written; a test compares it with the sources.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "guarantees.md"
AREAS = {
    "masks": "Masks and attention",
    "looking": "Looking inside",
    "data": "Data and text",
    "training": "Training",
    "models": "Saved models",
    "decoding": "Decoding",
    "serving": "Serving",
    "house": "The code itself",
}
OPENING = """\
# What Regard promises

Each line is a promise, the test that proves it, and the test that shows the same check fail once the promise is broken
(its control). The list is written from the tests by `scripts/guarantees.py --write`; a test fails when it is out of
date, or when a promise has no control. Numbers are threads of other projects in which their users met the fault.

A new promise comes here by its test, which says so itself:

```python
@pytest.mark.guarantee("Padding changes nothing", area="masks", control="test_without_the_mask_it_does")
def test_padding_changes_nothing() -> None: ...
```
"""


@dataclass(frozen=True)
class Proof:
    """One marked test."""

    path: str
    test: str
    sentence: str
    area: str
    control: str | None
    reported: str | None


class MarkError(ValueError):
    """A mark that cannot be read, or a promise without a control."""


def proofs(code: str, path: str) -> Iterator[Proof]:
    """The marked tests of one file.

    Raises:
        MarkError: a mark says something else than it should, or names a control that is not in the file.
    """
    functions = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)]
    names = {function.name for function in functions if function.name.startswith("test_")}
    for function in functions:
        for mark in function.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.guarantee":
                proof = _proof(mark, function.name, path)
                if proof.control is not None and proof.control not in names - {function.name}:
                    raise MarkError(f"{path}: {function.name} names the control {proof.control}, which is not here")
                yield proof


def _proof(mark: ast.Call, test: str, path: str) -> Proof:
    try:
        (sentence,) = map(ast.literal_eval, mark.args)
        details = {str(one.arg): ast.literal_eval(one.value) for one in mark.keywords}
        area, control, reported = (details.pop(name, None) for name in ("area", "control", "reported"))
    except ValueError as error:
        raise MarkError(f"{path}: the mark of {test} must be one sentence, area, control and reported") from error
    if details or area not in AREAS or not sentence or sentence.endswith("."):
        raise MarkError(
            f"{path}: the mark of {test} must be a sentence without a full stop, with an area among {', '.join(AREAS)}"
        )
    return Proof(path, test, sentence, area, control, reported)


def all_proofs(root: Path = ROOT) -> list[Proof]:
    """The marked tests of all files."""
    files = sorted((root / "tests").rglob("test_*.py"))
    named = [(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()) for path in files]
    return [proof for code, path in named if "guarantee" in code for proof in proofs(code, path)]


def page(found: list[Proof]) -> str:
    """The page.

    Raises:
        MarkError: a promise has no control, or stands in two areas.
    """
    parts = [OPENING]
    for area, title in AREAS.items():
        sentences = dict.fromkeys(proof.sentence for proof in found if proof.area == area)
        if sentences:
            parts.append(f"\n## {title}\n\n| promise | proven by | fails when it is broken | met elsewhere |\n")
            parts.append("|---|---|---|---|\n")
            parts += [_row([proof for proof in found if proof.sentence == sentence]) for sentence in sentences]
    return "".join(parts)


def _row(promise: list[Proof]) -> str:
    first = promise[0]
    if len({proof.area for proof in promise}) > 1:
        raise MarkError(f"{first.path}: {first.sentence!r} stands in two areas")
    controls = [(proof.path, proof.control) for proof in promise if proof.control is not None]
    if not controls:
        raise MarkError(f"{first.path}: {first.sentence!r} has no control: no test shows that its check can fail")
    columns = [
        first.sentence,
        "; ".join(_link(proof.path, proof.test) for proof in promise),
        "; ".join(dict.fromkeys(_link(path, control) for path, control in controls)),
        ", ".join(proof.reported for proof in promise if proof.reported),
    ]
    return "| " + " | ".join(column.replace("|", "\\|") for column in columns) + " |\n"


def _link(path: str, test: str) -> str:
    """A test's name as the sentence it is."""
    return f"[{test.removeprefix('test_').replace('_', ' ')}](../{path})"


def main() -> None:
    """Prints or writes the page."""
    text = page(all_proofs())
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
