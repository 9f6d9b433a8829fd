"""docs/guarantees.md says what the tests say, and no promise stands there whose check cannot fail."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def script(load_program: Callable[[str], ModuleType]) -> ModuleType:
    return load_program("scripts/guarantees.py")


def marked(mark: str, *, control: str = "test_it_can_fail") -> str:
    return f"@pytest.mark.guarantee({mark})\ndef test_it():\n    pass\n\ndef {control}():\n    pass\n"


def test_the_page_is_what_the_tests_say(script: ModuleType) -> None:
    written = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    assert written == script.page(script.all_proofs()), "if this is meant: scripts/guarantees.py --write"


def test_every_area_that_users_stumbled_in_has_promises(script: ModuleType) -> None:
    assert {"masks", "data", "training", "models", "decoding"} <= {proof.area for proof in script.all_proofs()}


@pytest.mark.parametrize(
    "thread",
    ["#41508", "#160064", "#114083", "#108108", "#3575", "#101967", "#97111", "#427", "#19", "#2840", "#153799"],
)
def test_what_users_of_others_met_in_masks_is_answered(script: ModuleType, thread: str) -> None:
    """One thread for each fault of masks and attention that people have reported for years."""
    assert [proof for proof in script.all_proofs() if f"{thread}," in f"{proof.reported},"] != []


def test_a_promise_becomes_a_line(script: ModuleType) -> None:
    code = marked('"Padding " "changes | nothing", area="masks", control="test_it_can_fail", reported="fairseq #427"')
    line = script.page(list(script.proofs(code, "tests/a/test_b.py"))).splitlines()[-1]
    columns = [r"Padding changes \| nothing", "[it](../tests/a/test_b.py)", "[it can fail](../tests/a/test_b.py)"]
    assert line == f"| {' | '.join(columns)} | fairseq #427 |"


@pytest.mark.parametrize(
    ("mark", "complaint"),
    [
        ('"It holds", area="masks", control="test_elsewhere"', "names the control test_elsewhere, which is not here"),
        ('"It holds", area="masks", control="test_it"', "names the control test_it, which is not here"),
        ('"It holds.", area="masks"', "must be a sentence without a full stop, with an area among masks"),
        ('"It holds", area="mask"', "with an area among masks"),
        ('"It holds", area="masks", because="of that"', "with an area among masks"),
        ('SENTENCE, area="masks"', "must be one sentence, area, control and reported"),
        ('area="masks"', "must be one sentence, area, control and reported"),
        ('"It holds", area="masks"', "'It holds' has no control: no test shows that its check can fail"),
    ],
)
def test_a_wrong_mark_is_seen(script: ModuleType, mark: str, complaint: str) -> None:
    with pytest.raises(script.MarkError, match=complaint):
        script.page(list(script.proofs(marked(mark), "tests/a/test_b.py")))


def test_one_sentence_in_two_areas_is_seen(script: ModuleType) -> None:
    found = [
        *script.proofs(marked('"It holds", area="masks", control="test_it_can_fail"'), "tests/a/test_b.py"),
        *script.proofs(marked('"It holds", area="data"'), "tests/a/test_c.py"),
    ]
    with pytest.raises(script.MarkError, match="'It holds' stands in two areas"):
        script.page(found)
