"""A shortlist in a model's folder: there or not, checked like everything else."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from regard.bundle import load_bundle, write_tensors
from regard.errors import BundleError
from regard.text.shortlist import Shortlist

NAME = "shortlist.safetensors"


def test_a_shortlist_comes_back(listed: Path, pristine: Path) -> None:
    found = load_bundle(listed)
    assert found.shortlist is not None
    assert found.shortlist.frequent.tolist() == [5, 7]
    assert found.shortlist.translations[-1] == found.shortlist.vocab_size - 1
    assert NAME in found.manifest.files
    assert load_bundle(pristine).shortlist is None


def test_a_damaged_one_is_refused(listed: Path) -> None:
    data = bytearray((listed / NAME).read_bytes())
    data[-1] ^= 1
    (listed / NAME).write_bytes(bytes(data))
    with pytest.raises(BundleError, match=rf"{NAME} is damaged: its sha256 begins"):
        load_bundle(listed)


def test_one_that_the_manifest_does_not_name_is_refused(listed: Path, model: Path) -> None:
    (model / NAME).write_bytes((listed / NAME).read_bytes())
    with pytest.raises(BundleError, match=rf"holds '{NAME}', which its manifest.json does not name"):
        load_bundle(model)


def test_a_missing_one_is_refused(listed: Path) -> None:
    (listed / NAME).unlink()
    with pytest.raises(BundleError, match=rf"{NAME} cannot be read: No such file"):
        load_bundle(listed)


def test_one_of_another_vocabulary_is_refused(listed: Path, seal: Callable[[Path], None]) -> None:
    arrays = Shortlist(np.array([1]), np.zeros(4, np.int64), np.empty(0, np.int64)).arrays()
    write_tensors(listed / NAME, {name: torch.from_numpy(ids) for name, ids in arrays.items()})
    seal(listed)
    with pytest.raises(BundleError, match=rf"{NAME} cannot be used: the shortlist is for 3 pieces"):
        load_bundle(listed)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32, torch.int64, torch.bool], ids=str)
def test_one_of_other_numbers_is_refused(listed: Path, seal: Callable[[Path], None], dtype: torch.dtype) -> None:
    shortlist = load_bundle(listed).shortlist
    assert shortlist is not None
    tensors = {name: torch.from_numpy(ids) for name, ids in shortlist.arrays().items()}
    write_tensors(listed / NAME, tensors | {"frequent": tensors["frequent"].to(dtype)})
    seal(listed)
    with pytest.raises(BundleError, match=rf"{NAME} holds 'frequent' as {dtype}, but torch.int32 is expected; copy"):
        load_bundle(listed)


def test_what_is_no_file_of_tensors_is_refused(listed: Path, seal: Callable[[Path], None]) -> None:
    (listed / NAME).write_bytes(b"not tensors")
    seal(listed)
    with pytest.raises(BundleError, match=rf"{NAME} does not begin like a safetensors file"):
        load_bundle(listed)
