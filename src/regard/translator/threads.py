"""How many threads a translation is computed with: one, where its bits shall not depend on how many there are."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from regard.settings import DecodingSettings


@contextmanager
def sensible_threads(settings: DecodingSettings) -> Iterator[None]:
    """One thread of PyTorch's where the search is deterministic; else as many as there are.

    Several threads add up a product in another order than one. Whether several compute depends on how many lines there
    are: processes that share long files have one each.
    """
    before = torch.get_num_threads()
    if not settings.deterministic or before == 1:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
