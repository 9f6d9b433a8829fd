"""Checks hold on what was recorded, and each fails when its promise is broken."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from regard.settings import DecodingSettings
from regard.tracing.assemble import Table
from regard.tracing.checks import Recorded, checks_of, softmax_where
from regard.tracing.header import Check
from regard.tracing.plan import Plan
from regard.tracing.record import Run, record
from regard.translator import Translator

NAMES = ["scores", "rows", "masked", "weights", "context", "fused", "stepwise"]
WHERE = "decoder.1.cross"


@pytest.fixture(scope="module")
def run(make_translator: Callable[..., Translator]) -> Run:
    return run_of(make_translator(ending=-9.0))


def run_of(translator: Translator) -> Run:
    ids = tuple(translator.tokenizer.encode("The cat chased the dog."))
    search = DecodingSettings(beam_size=3, max_length=6)
    return record(translator.model, Plan(source=ids, search=search, source_width=len(ids) + 3))


def checks(run: Run, change: Callable[[Table], Table] = lambda table: table) -> dict[str, Check]:
    """All checks, after one table was changed."""
    recorded = [
        Recorded(key, run.cores[key], change(table) if key == WHERE else table) for key, table in run.tables.items()
    ]
    found = checks_of(recorded, dtype=torch.float32, other_way=run.other_way)
    return {check.name: check for check in found}


def test_all_hold(run: Run) -> None:
    found = checks(run)
    assert list(found) == NAMES
    for check in found.values():
        assert check.holds, check
        assert check.measured is not None
        assert 0 <= check.measured <= check.tolerance


def test_all_hold_where_queries_and_keys_are_normed(make_translator: Callable[..., Translator]) -> None:
    found = checks(run_of(make_translator(ending=-9.0, qk_norm=True)))
    assert list(found) == NAMES
    assert all(check.holds for check in found.values())


def broken(name: str, place: tuple[int, ...], value: float) -> Callable[[Table], Table]:
    def change(table: Table) -> Table:
        array = getattr(table, name).copy()
        array[place] += value
        return replace(table, **{name: array})

    return change


# What is broken, and the checks that must notice it. Padding stands in the last columns.
BROKEN: dict[str, tuple[Callable[[Table], Table], set[str]]] = {
    "a-score": (broken("scores", (1, 2, 3), 1e-3), {"scores", "weights"}),
    "a-hidden-score": (broken("scores", (1, 2, -1), 1e-3), {"scores"}),
    "a-weight": (broken("weights", (1, 2, 3), 1e-3), {"rows", "weights", "context", "stepwise"}),
    "a-hidden-weight": (broken("weights", (1, 2, -1), 1e-12), {"masked"}),
    "a-context": (broken("context", (1, 2, 0), 1e-2), {"context", "fused", "stepwise"}),
    "a-query": (broken("queries", (1, 2, 0), 0.1), {"scores", "fused"}),
    "a-value": (broken("values", (1, 2, 0), 0.5), {"context", "fused"}),
    "a-code": (broken("codes", (1, 2, 3), 1), {"masked", "weights", "fused"}),
}


@pytest.mark.parametrize("what", BROKEN)
def test_each_fails_when_its_promise_is_broken(run: Run, what: str) -> None:
    change, expected = BROKEN[what]
    found = checks(run, change)
    failed = {name for name, check in found.items() if not check.holds}
    assert failed == expected
    assert all(found[name].where is not None and found[name].where.startswith(WHERE) for name in failed)


def test_the_place_of_the_worst_is_named(run: Run) -> None:
    assert checks(run, broken("context", (1, 2, 0), 1.0))["context"].where == f"{WHERE} head 1 query 2"
    assert checks(run, broken("scores", (1, 2, 3), 1.0))["scores"].where == f"{WHERE} head 1 query 2 key 3"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_fails_without_a_number(run: Run, value: float) -> None:
    for name in ("context", "scores"):
        found = checks(run, broken(name, (0, 0, 0), value))[name]
        assert not found.holds
        assert found.measured is None


def test_without_a_second_way_that_check_is_left_out(run: Run) -> None:
    recorded = [Recorded(key, run.cores[key], table) for key, table in run.tables.items()]
    found = checks_of(recorded, dtype=torch.float32, other_way=None)
    assert [check.name for check in found] == NAMES[:-1]


def test_nothing_recorded_is_nothing_checked() -> None:
    assert checks_of([], dtype=torch.float32, other_way={}) == ()


def test_scores_of_a_small_network_are_not_checked_as_products(make_translator: Callable[..., Translator]) -> None:
    translator = make_translator(kind="recurrent")
    trace = translator.explain("I love you.")
    assert [attention.score for attention in trace.attentions] == ["additive"]
    assert [check.name for check in trace.checks] == ["rows", "masked", "weights", "context", "stepwise"]
    assert not trace.failed


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64], ids=str)
def test_tolerances_follow_the_type_of_the_run(make_translator: Callable[..., Translator], dtype: Any) -> None:
    trace = make_translator(dtype=dtype).explain("The cat chased the dog.")
    assert not trace.failed
    tolerance = {check.name: check.tolerance for check in trace.checks}
    assert (tolerance["weights"] > 1e-3) == (dtype == torch.bfloat16)
    assert trace.header.model.dtype == str(dtype).removeprefix("torch.")


def test_softmax_where() -> None:
    """Two equal scores share; a hidden one has nothing; a row without any is zero."""
    scores = np.array([[[0.0, 0.0, 5.0], [1.0, 2.0, 3.0]]])
    visible = np.array([[[True, True, False], [False, False, False]]])
    assert softmax_where(scores, visible).tolist() == [[[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]]
