"""Who descends from whom, step by step, against the mask that says it all at once."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from regard.attention import Ancestry
from regard.attention.lineage import Lineage
from regard.errors import ShapeError


@given(st.data())
def test_the_newest_rows_of_ancestry(data: st.DataObject) -> None:
    sentences, beams = data.draw(st.integers(1, 3)), data.draw(st.integers(1, 4))
    step = st.lists(
        st.lists(st.integers(0, beams - 1), min_size=beams, max_size=beams), min_size=sentences, max_size=sentences
    )
    mask, lineage = Ancestry.at_start(sentences, beams), Lineage.at_start(sentences, beams).written()
    for parents in data.draw(st.lists(step, max_size=5)):
        mask, lineage = mask.then(parents), lineage.follow(torch.tensor(parents)).written()
    cells = mask.num_steps * beams
    expected = mask.view(beams, cells, first_query=cells - beams)
    assert torch.equal(lineage.view().allowed, expected.allowed)
    assert torch.equal(lineage.view().reasons(), expected.reasons())


def test_every_beam_sees_one_cell_of_each_step() -> None:
    lineage = Lineage.at_start(1, 3).written()
    for parents in ([[0, 0, 1]], [[2, 2, 2]]):
        lineage = lineage.follow(torch.tensor(parents)).written()
        assert lineage.allowed.view(3, -1, 3).sum(2).eq(1).all()
    assert lineage.allowed[0, 0].tolist() == [False, True, False, False, False, True, True, False, False]


def test_a_query_beyond_the_cells_is_refused() -> None:
    mask = Ancestry.at_start(1, 2)
    for ask in (lambda: mask.view(3, 2), lambda: mask.why(5, 0)):
        with pytest.raises(ShapeError, match="has 2 cells, 2 of each of 1 steps, but queries reach position"):
            ask()


def test_sentences_can_be_picked() -> None:
    lineage = Lineage.at_start(2, 2).written().follow(torch.tensor([[0, 1], [1, 1]])).written()
    assert torch.equal(lineage.select(torch.tensor([1])).allowed, lineage.allowed[1:])
