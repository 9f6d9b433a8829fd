"""docs/doctor.md: it explains every check there is, and its code runs."""

import re
from pathlib import Path

import pytest
import torch

from regard.attention import doctor
from regard.doctor import Patient
from regard.doctor.examine import CHECKS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
MODEL, ANY = PAGE.split("## Attention of any make")


def explained(part: str) -> set[str]:
    """The checks in the first column of a table."""
    rows = re.findall(r"^\| ([^|`]+) \| [^|]+ \| [^|]+ \|$", part, flags=re.MULTILINE)
    return {name for row in rows for name in row.split(", ")} - {"check", "---"}


def test_every_check_of_a_model_is_explained_and_no_other(patient: Patient) -> None:
    assert explained(MODEL) == {check(patient).name for check in CHECKS.values()} == set(CHECKS)


def test_every_check_of_any_attention_is_explained_and_no_other() -> None:
    diagnosis = doctor(lambda inputs, allowed: inputs, model_dim=4)
    assert explained(ANY) == {finding.name for finding in diagnosis.findings}


@pytest.mark.filterwarnings("ignore:enable_nested_tensor:UserWarning")
def test_its_code_runs(capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE):
        exec(block, names)
    tables = capsys.readouterr().out
    assert tables.count("polarity") == 3
    assert "FAIL  future leak" not in tables
    assert "False pass" in tables
