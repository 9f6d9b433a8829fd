"""What a model says about its own quality is a number, also if a validation gave none."""

import math

import pytest

from regard.runs.scores import score_facts
from regard.training import ValidReport


@pytest.mark.parametrize("broken", [math.nan, math.inf])
def test_a_score_that_is_not_finite_is_no_fact_and_the_others_are(broken: float) -> None:
    facts = score_facts(ValidReport(7, {"loss": broken, "bleu": 30.0}, {"bleu": "b|1"}), 12)
    assert [(fact.metric, fact.value, fact.signature) for fact in facts] == [("bleu", 30.0, "b|1")]
    assert facts[0].data == "12 validation sentences, greedy"
