import json

import pytest
from pydantic import ValidationError

from regard.bundle import AlignmentFact, BundleFacts

FACT = AlignmentFact(heads=((1, 2), (0, 3)), shift=0, least_share=0.2, cover_share=0.4, chosen_by="hand")


def test_what_nobody_chose_leaves_no_trace_in_the_hash():
    # A manifest from before alignments were known has this very text, and its hash must stay what it was.
    assert "alignment" not in BundleFacts().model_dump(mode="json")
    assert list(BundleFacts().model_dump(mode="json")) == [
        "training_data",
        "num_pairs",
        "num_steps",
        "scores",
        "created",
    ]


def test_a_choice_comes_back():
    facts = BundleFacts(alignment=FACT)
    assert BundleFacts.model_validate_json(json.dumps(facts.model_dump(mode="json"))) == facts


@pytest.mark.parametrize("wrong", [{"heads": ()}, {"shift": 2}, {"least_share": 1.5}, {"more": 1}], ids=str)
def test_a_choice_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValidationError):
        AlignmentFact.model_validate({**FACT.model_dump(), **wrong})
