"""Groups that avoid each other, one step at a time; whole searches stand in ``test_guided``."""

from dataclasses import replace

import torch

from regard.decoding.beam import open_beams
from regard.decoding.diverse import Groups

VOCAB_SIZE, NUM_SOURCES, NUM_GROUPS, BEAM_SIZE = 40, 9, 2, 2


def test_a_group_that_has_ended_is_no_group_to_avoid() -> None:
    """It keeps its rows until enough sentences are complete, which depends on what else is in the batch."""
    drawn = torch.Generator().manual_seed(0)
    beams = open_beams(NUM_SOURCES * NUM_GROUPS, BEAM_SIZE)
    beams = replace(beams, totals=torch.zeros_like(beams.totals))
    scores = torch.randn(len(beams.sentences) * BEAM_SIZE, VOCAB_SIZE, generator=drawn)
    staying = Groups(NUM_GROUPS, 5.0).select(beams.without([0]), scores)
    gone = Groups(NUM_GROUPS, 5.0).select(beams.select(range(1, len(beams.sentences))), scores[BEAM_SIZE:])
    assert staying.tokens[1:].tolist() == gone.tokens.tolist()
    assert staying.totals[1:].tolist() == gone.totals.tolist()


def test_one_that_goes_on_is() -> None:
    beams = open_beams(NUM_GROUPS, BEAM_SIZE)
    scores = torch.randn(VOCAB_SIZE, generator=torch.Generator().manual_seed(0)).expand(NUM_GROUPS * BEAM_SIZE, -1)
    first, second = Groups(NUM_GROUPS, 50.0).select(beams, scores.log_softmax(1)).tokens.tolist()
    assert not set(first[:BEAM_SIZE]) & set(second[:BEAM_SIZE])
