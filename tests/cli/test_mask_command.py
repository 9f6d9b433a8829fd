"""``regard mask show``: the drawing, the picture, the sentence; and what it refuses."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Run = Callable[..., Any]


def test_the_future_mask_of_a_padded_sentence(regard: Run) -> None:
    done = regard("mask", "show", "causal & window(3,0)", "--length", 6, "--pad", 1)
    assert done.code == 0
    assert done.out.splitlines()[:8] == [
        "(causal & window(3,0)) & padding(1)",
        "",
        "query ↓ key → 0 1 2 3 4 5",
        "            0 1 × × × × ∅",
        "            1 1 1 × × × ∅",
        "            2 1 1 1 × × ∅",
        "            3 1 1 1 1 × ∅",
        "            4 ↔ 1 1 1 1 ∅",
    ]
    assert "\x1b" not in done.out


def test_why_is_one_line(regard: Run) -> None:
    done = regard("mask", "show", "causal", "--pad", 1, "--why", "2,7")
    assert done.out == "dark: position 7 is in the future and is padding\n"
    assert regard("mask", "show", "causal", "--why", "2, 2").out == "visible\n"


def test_why_is_answered_for_each_head_where_they_differ(regard: Run) -> None:
    done = regard("mask", "show", "off(head=1, key=2)", "--why", "0,2")
    assert done.out == "head 0: visible\nhead 1: dark: position 2 is switched off\n"


def test_a_picture_goes_into_a_file_that_is_new(regard: Run, tmp_path: Path) -> None:
    path = tmp_path / "mask.svg"
    assert regard("mask", "show", "causal", "--svg", path).out == f"written to {path}\n"
    assert "<desc" in path.read_text(encoding="utf-8")
    again = regard("mask", "show", "causal", "--svg", path)
    assert (again.code, again.messages) == (
        2,
        [f"regard: {path} exists already and is left as it is; give another --svg, or remove it"],
    )


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["causal &"], "cannot be read at character 9"),
        (["causal", "--pad", 9], "--pad 9: a sentence of --length 8 has at most 8 positions of padding"),
        (
            ["causal", "--why", "0,1", "--svg", "new.svg"],
            "--why and --svg: a cell is told in words, a mask is drawn; give one of them",
        ),
        (["causal", "--why", "2"], "--why takes two positions, QUERY,KEY, such as 2,5, but is '2'"),
        (["causal", "--why", "2,²"], "--why takes two positions"),
        (["causal", "--why", "2,8"], "positions are counted from 0, and the last of 8 is 7"),
    ],
)
def test_wrong_input_is_said(regard: Run, arguments: list[object], complaint: str) -> None:
    done = regard("mask", "show", *arguments)
    assert done.code == 2
    assert complaint in done.messages[0]
