import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from regard.errors import InputError
from regard.tracing.alignment import Alignment, AlignmentReader, default_reader, words_between


def reader(**changes):
    return AlignmentReader(**{"heads": ((0, 0),), "least_share": 0.0, "cover_share": 1.0} | changes)


def test_each_target_word_is_linked_to_its_best_source_word():
    assert reader().links(np.array([[0.9, 0.1], [0.2, 0.8]], np.float32)) == ((0, 0), (1, 1))


def test_source_words_compete():
    # Both rows look most at the full stop (column 2), but it is the last row that it belongs to.
    strengths = np.array([[0.3, 0.1, 0.6], [0.1, 0.3, 0.6], [0.02, 0.02, 0.96]], np.float32)
    assert reader().links(strengths) == ((0, 0), (1, 1), (2, 2))


def test_a_share_that_is_too_small_links_nothing():
    strengths = np.array([[0.9, 0.1, 0.05], [0.3, 0.3, 0.3]], np.float32)
    assert 1 in {target for _, target in reader().links(strengths)}
    assert {target for _, target in reader(least_share=0.65).links(strengths)} == {0}


def test_a_source_word_that_is_left_over_goes_where_most_of_it_went():
    strengths = np.array([[0.6, 0.4, 0.0], [0.1, 0.05, 0.9]], np.float32)
    assert reader().links(strengths) == ((1, 0), (2, 1))
    assert reader(cover_share=0.5).links(strengths) == ((0, 0), (1, 0), (2, 1))
    assert reader(cover_share=0.95).links(strengths) == ((1, 0), (2, 1))


def test_a_source_word_nobody_looks_at_is_not_covered():
    assert reader(cover_share=0.0).links(np.array([[1.0, 0.0]], np.float32)) == ((0, 0),)


def test_nothing_to_link():
    assert reader().links(np.zeros((0, 3), np.float32)) == ()
    assert reader().links(np.zeros((3, 0), np.float32)) == ()
    assert reader().links(np.zeros((2, 2), np.float32)) == ()


@settings(max_examples=50)
@given(
    strengths=arrays(np.float32, st.tuples(st.integers(0, 5), st.integers(0, 5)), elements=st.floats(0, 4, width=32)),
    least=st.floats(0, 1),
    cover=st.floats(0, 1),
)
def test_links_are_sorted_and_within_the_table(strengths, least, cover):
    links = AlignmentReader(((0, 0),), 0, least, cover).links(strengths)
    assert list(links) == sorted(set(links))
    assert all(0 <= source < strengths.shape[1] and 0 <= target < strengths.shape[0] for source, target in links)


def test_rows_of_the_shift_and_the_mean_of_heads():
    cross = np.arange(2 * 2 * 3 * 2, dtype=np.float32).reshape(2, 2, 3, 2)
    assert np.array_equal(reader(heads=((1, 0),)).strengths(cross), cross[1, 0, :2])
    assert np.array_equal(reader(heads=((1, 0),), shift=1).strengths(cross), cross[1, 0, 1:])
    assert np.allclose(reader(heads=((0, 1), (1, 1))).strengths(cross), (cross[0, 1, :2] + cross[1, 1, :2]) / 2)


def test_pieces_are_summed_over_the_source_and_averaged_over_the_target():
    strengths = np.array([[0.1, 0.2, 0.3, 0.4], [0.5, 0.1, 0.1, 0.3], [9, 9, 9, 9]], np.float32)
    found = words_between(strengths, [0, 0], [1, 0, 0], shape=(1, 2))
    assert np.allclose(found, [[(0.5 + 0.2) / 2, (0.1 + 0.5) / 2]])
    assert np.array_equal(words_between(strengths, [None, None], [0, 0, 0], shape=(1, 1)), [[0]])


def test_the_pharaoh_format():
    assert str(Alignment(("I", "love"), ("J'", "aime"), ((0, 0), (1, 1)))) == "0-0 1-1"
    assert str(Alignment((), (), ())) == ""


@pytest.mark.parametrize(
    "wrong",
    [{"heads": ()}, {"shift": 2}, {"least_share": -0.1}, {"cover_share": 1.5}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_reader_that_makes_no_sense(wrong):
    with pytest.raises(
        InputError, match=r"at least one \(layer, head\), a shift of 0 or 1, and shares between 0 and 1"
    ):
        reader(**wrong)


def test_a_head_the_model_does_not_have():
    with pytest.raises(InputError, match="head 7 of layer 0 is to be read, but the model has the layers 0 to 0 with"):
        reader(heads=((0, 7),)).strengths(np.zeros((1, 2, 3, 3), np.float32))


def test_where_nobody_has_chosen():
    assert default_reader(3, 2).heads == ((2, 0), (2, 1))
