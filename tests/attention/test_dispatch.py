"""The dispatcher reads a table, answers for what it was not measured on, and is asked only by ``auto``."""

import pytest
import torch

import regard.attention.dispatch
from regard.attention import Causal, Everything, Mask, Padding, View, attend
from regard.attention.dispatch import Crossovers, Shape, choose_path, mask_kind, measured_crossovers, shape_of_work
from regard.layout import Layout

WRITTEN = {
    "measured": {"hardware": "made up"},
    "points": [
        {
            "device": "cpu",
            "dtype": "float64",
            "shape": "forward few",
            "mask": "causal",
            "from_keys": [[0, "plain"], [3, "fused"], [5, "flex"]],
        }
    ],
}
MASKED = Padding(Layout((2, 1), 2))


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regard.attention.dispatch, "measured_crossovers", lambda: Crossovers.of(WRITTEN))


def choose(num_keys: int, *, view: View, dtype: torch.dtype = torch.float64, device: str = "cpu", **facts: bool) -> str:
    return choose_path(
        device=torch.device(device),
        dtype=dtype,
        num_heads_of_all_rows=2,
        num_queries=num_keys,
        num_keys=num_keys,
        needs_grad=facts.get("needs_grad", False),
        has_dropout=facts.get("has_dropout", False),
        view=view,
    )


@pytest.mark.usefixtures("made_up")
def test_a_path_is_taken_from_its_crossover_point_on() -> None:
    found = [choose(keys, view=Causal().view(keys, keys)) for keys in range(1, 7)]
    assert found == ["plain", "plain", "fused", "fused", "flex", "flex"]


@pytest.mark.usefixtures("made_up")
def test_what_was_not_measured_is_plain_on_a_cpu_and_fused_elsewhere() -> None:
    causal = Causal().view(6, 6)
    for facts in ({"dtype": torch.float16}, {"needs_grad": True}, {"view": Everything().view(6, 6)}):
        assert choose(6, **{"view": causal, **facts}) == "plain"  # type: ignore[arg-type]
    assert choose(6, view=causal, device="cuda") == "fused"


@pytest.mark.usefixtures("made_up")
def test_dropout_needs_the_weights_and_so_the_plain_path() -> None:
    assert choose(4, view=Causal().view(4, 4), has_dropout=True) == "plain"
    assert choose(4, view=Causal().view(4, 4)) == "fused"


@pytest.mark.parametrize(
    ("mask", "kind"),
    [(Causal(), "causal"), (Everything(), "open"), (MASKED, "masked"), (Causal() & MASKED, "masked")],
    ids=["causal", "open", "padding", "both"],
)
def test_the_kind_of_a_mask(mask: Mask, kind: str) -> None:
    assert mask_kind(mask.view(2, 2)) == kind


@pytest.mark.parametrize(
    ("heads", "queries", "needs_grad", "shape"),
    [
        (4, 1, False, "step few"),
        (256, 1, False, "step many"),
        (4, 9, False, "forward few"),
        (64, 9, False, "forward many"),
        (4, 1, True, "training"),
    ],
)
def test_the_shape_of_work(heads: int, queries: int, needs_grad: bool, shape: Shape) -> None:
    assert shape_of_work(heads, queries, needs_grad=needs_grad) == shape


def test_only_auto_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fused(**facts: object) -> str:
        asked.append(facts)
        return "fused"

    monkeypatch.setattr("regard.attention.core.choose_path", fused)
    q = torch.randn(1, 2, 3, 4)
    for path in ("plain", "fused", "flex"):
        attend(q, q, q, Causal(), path=path)
    assert not asked
    attend(q, q.requires_grad_(), q, Causal(), path="auto")
    assert asked[0]["needs_grad"] is True
    assert asked[0]["num_heads_of_all_rows"] == 2


def test_the_table_that_comes_along_says_where_it_was_measured_and_never_takes_flex_for_a_gradient() -> None:
    table = measured_crossovers()
    assert {"hardware", "torch", "threads", "date"} <= table.measured.keys()
    for (device, _, shape, _), points in table.points.items():
        assert points[-1][0] == 0
        assert [keys for keys, _ in points] == sorted((keys for keys, _ in points), reverse=True)
        assert not (device == "cpu" and shape == "training" and any(path == "flex" for _, path in points))
