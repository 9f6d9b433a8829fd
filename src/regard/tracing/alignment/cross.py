"""Reads the decoder's attention to the source for sentence pairs that are given: all rows in one pass, no search.

It is the attention of the network that translates, in the same modules on the ``plain`` path; row t of the pass is step
t of a search that chose these tokens. What is read of a cell is what its key adds to the output: weight · ‖value‖
(Kobayashi et al. 2020), because a weight on a short value, as that of a full stop often is, moves little.
"""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from jaxtyping import Float
from torch import Tensor

from regard.batches.rectangle import rectangle
from regard.decoding.batched import plan_batches
from regard.decoding.opening import answering, device_of
from regard.errors import InputError, ShapeError
from regard.models import AnyModel
from regard.models.witness import Attended
from regard.text import BOS, EOS
from regard.tracing.twin import twin_of

Cross = Float[np.ndarray, "layer head query key"]


def cross_attention(
    model: AnyModel,
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    *,
    batch_tokens: int = 4096,
    by_value: bool = True,
) -> list[Cross]:
    """What every source position adds to every decoder row, in every layer and head.

    Args:
        model: any translation model whose decoder attends to the source.
        sources: ids, without EOS.
        targets: ids, without BOS and EOS.
        batch_tokens: cells of a batch, at most.
        by_value: weight · ‖value‖; else the weight alone.

    Returns:
        Per pair an array of one more row than target ids (the last row ends the sentence) and one more key than source
        ids (EOS). Pairs with an empty source have no layers.

    Raises:
        ShapeError: there are not as many targets as sources.
        InputError: the model's decoder does not attend to the source.
    """
    if len(sources) != len(targets):
        raise ShapeError(f"{len(sources)} sources and {len(targets)} targets are given; each source needs one target")
    found: list[Cross] = [np.zeros((0, 0, len(target) + 1, 1), np.float32) for target in targets]
    twin, watchers = _watched(model, by_value=by_value)
    lengths = [max(len(source), len(target)) if source else 0 for source, target in zip(sources, targets, strict=True)]
    for batch in plan_batches(lengths, batch_tokens):
        read = _read(twin, watchers, [sources[pair] for pair in batch], [targets[pair] for pair in batch])
        for pair, cells in zip(batch, read, strict=True):
            found[pair] = cells[:, :, : len(targets[pair]) + 1, : len(sources[pair]) + 1].copy()
    return found


@final
class _Watcher:
    """Stands beside the attention of one layer and adds up what its rows did."""

    def __init__(self, *, by_value: bool) -> None:
        self.rows: list[Tensor] = []
        self.by_value = by_value

    def admit(self, view: Any) -> Any:
        """The view as it is."""
        return view

    def saw(self, attended: Attended) -> None:
        """Keeps what each key added."""
        weights = attended.steps.weights
        assert weights is not None, "reading attention needs the plain path"
        lengths = attended.values.float().norm(dim=-1)[:, :, None] if self.by_value else 1
        self.rows.append(weights.float() * lengths)

    def taken(self) -> Float[np.ndarray, "batch head query key"]:
        """All rows so far, which are forgotten."""
        rows = np.concatenate([each.cpu().numpy() for each in self.rows], axis=2)
        self.rows.clear()
        return rows


def _watched(model: AnyModel, *, by_value: bool) -> tuple[AnyModel, list[_Watcher]]:
    twin = twin_of(model)
    watchers = []
    for name, core in twin.attentions().items():
        if name.endswith(".cross"):
            core.path, core.witness = "plain", (watcher := _Watcher(by_value=by_value))
            watchers.append(watcher)
    if not watchers:
        raise InputError("this model's decoder does not attend to the source, so there is no alignment to read")
    return twin, watchers


def _read(
    twin: AnyModel, watchers: Sequence[_Watcher], sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]
) -> Float[np.ndarray, "batch layer head query key"]:
    device = device_of(twin)
    source, source_layout = rectangle([[*ids, EOS] for ids in sources])
    inputs, layout = rectangle([[BOS, *ids] for ids in targets])
    with answering(twin):
        twin.features(source.to(device), source_layout, inputs.to(device), layout)
        return np.stack([watcher.taken() for watcher in watchers], axis=1)
