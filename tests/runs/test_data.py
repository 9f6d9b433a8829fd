"""The pairs of a run: what several processes cannot read."""

from pathlib import Path

import pytest

from regard.errors import InputError
from regard.runs.data import read_data
from regard.settings import DataSettings


@pytest.fixture
def one_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is what a launcher of two processes makes it."""
    given = {"RANK": "1", "WORLD_SIZE": "2", "LOCAL_RANK": "1", "MASTER_ADDR": "localhost", "MASTER_PORT": "1"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("one_of_two")
@pytest.mark.parametrize("name", ["source", "valid_source"])
def test_several_processes_do_not_tear_one_pipe_apart(tmp_path: Path, name: str) -> None:
    (tmp_path / "pairs.tsv").write_text("".join(f"one {n}\tun {n}\n" for n in range(20)), encoding="utf-8")
    files = {"source": tmp_path / "pairs.tsv", name: Path("-")}
    words = rf"data\.{name} is standard input \(-\), of which each of the 2 processes .* write the pairs to a file"
    with pytest.raises(InputError, match=words):
        read_data(DataSettings.model_validate(files))
