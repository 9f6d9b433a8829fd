import math

import numpy as np
import pytest

from regard.errors import TraceError
from regard.tracing.cell import cell_card, hidden_because


@pytest.fixture
def trace(make_trace):
    return make_trace("The cat chased the dog", "Le chat a poursuivi le chien", pad=2)


def test_the_numbers_are_those_of_the_tensors(trace):
    head = trace["decoder.cross", 0, 1]
    for query in range(len(head.query_tokens)):
        visible = head.codes[query] == 0
        for key in range(len(head.key_tokens)):
            card = cell_card(head, query, key)
            assert card.score == pytest.approx(float(head.scores[query, key]))
            assert card.product * card.scale == pytest.approx(card.score, abs=1e-5)
            assert card.weight == float(head.weights[query, key])
            assert card.total == pytest.approx(float(np.exp(head.scores[query, visible]).sum()), rel=1e-5)
            assert card.contribution == pytest.approx(card.weight * float(np.linalg.norm(head.values[key])), rel=1e-5)
            if card.is_visible:
                assert card.exponential / card.total == pytest.approx(card.weight, abs=1e-6)
                assert card.weight_without_mask == pytest.approx(card.weight, abs=1e-6)


def test_the_shares_of_a_row_sum_to_one(trace):
    head = trace["decoder.cross", 0, 0]
    assert sum(cell_card(head, 2, key).share for key in range(len(head.key_tokens))) == pytest.approx(1)


def test_a_visible_cell_as_a_sentence(trace):
    head = trace["decoder.self", 0, 0]
    card = cell_card(head, "a", "chat")
    assert (card.query.i, card.key.i) == (3, 2)
    product, score, total, weight = (f"{number:.3g}" for number in (card.product, card.score, card.total, card.weight))
    assert (
        card.sentence
        == str(card)
        == (
            f'score("a"→"chat") = q·k/√8 = {product}/2.83 = {score} · visible · '
            f'weight e^{score}/{total} = {weight} · adds {weight} × v("chat")'
        )
    )


def test_a_future_word_says_what_it_would_take(trace):
    head = trace["decoder.self", 0, 0]
    card = cell_card(head, "chat", "chien")
    assert card.weight == 0
    assert card.contribution == 0
    assert not card.is_visible
    assert card.weight_without_mask == pytest.approx(float(head.unmasked_weights[2, 6]), abs=1e-6)
    assert card.sentence.endswith(
        f" · hidden: future word; without this mask it would take {card.weight_without_mask:.3g}"
    )


def test_padding_without_its_mask(trace):
    card = cell_card(trace["encoder.self", 0, 0], 1, 6)
    assert card.reason == "padding"
    assert "hidden: padding; without this mask it would take" in card.sentence


def test_several_reasons(trace):
    head = trace["decoder.self", 0, 0]
    head.codes.flags.writeable = True
    head.codes[1, 3:] |= 1
    card = cell_card(head, 1, 4)
    assert card.reason == "padding and future word"
    # The other reasons stay: position 2 is hidden by the future alone, which is lifted too; nothing else is hidden.
    assert card.weight_without_mask == pytest.approx(float(head.unmasked_weights[1, 4]), abs=1e-6)
    lighter = cell_card(head, 1, 2)
    visible = [0, 1, 2]
    expected = math.exp(head.scores[1, 2]) / np.exp(head.scores[1, visible].astype(float)).sum()
    assert lighter.weight_without_mask == pytest.approx(expected)


def test_reasons_in_words():
    assert hidden_because(0) == ""
    assert hidden_because(32 + 64) == "switched off and another hypothesis"


def test_scores_too_large_for_an_exponential(make_trace):
    card = cell_card(make_trace("one two", "un deux", sharpness=5000)["decoder.cross", 0, 0], 1, 0)
    assert card.exponent_shift != 0
    assert math.isfinite(card.total)
    assert card.exponential / card.total == pytest.approx(card.weight, abs=1e-6)
    assert " - " in card.sentence


def test_a_query_that_may_look_at_nothing(make_trace):
    head = make_trace("", "un", pad=1)["decoder.cross", 0, 0]
    head.codes.flags.writeable = True
    head.codes[:] = 1
    head.weights[:] = 0
    card = cell_card(head, 0, 0)
    assert (card.total, card.weight, card.share) == (0, 0, 0)


def test_other_scales_and_other_scores(trace):
    from dataclasses import replace

    head = trace["decoder.cross", 0, 0]
    plain = replace(head, attention=head.attention.model_copy(update={"scale": 1.0}))
    assert "= q·k = " in cell_card(plain, 0, 0).sentence
    odd = replace(head, attention=head.attention.model_copy(update={"scale": 0.5}))
    assert "= q·k · 0.5 = " in cell_card(odd, 0, 0).sentence
    additive = replace(head, attention=head.attention.model_copy(update={"score": "additive"}))
    card = cell_card(additive, 0, 0)
    assert card.product is None
    assert card.sentence.startswith(f'score(⟨start⟩→"The") = {card.score:.3g} · visible')


def test_what_the_key_adds(trace):
    card = cell_card(trace["decoder.cross", 0, 0], "a", "cat")
    assert card.contribution_sentence.startswith(f"adds {card.weight:.3g} · ‖v‖ {card.value_norm:.3g} = ")
    assert f"{card.share:.0%}" in card.contribution_sentence


@pytest.mark.parametrize(
    ("query", "key", "message"),
    [
        ("a", "The", None),
        ("<start>", "<end>", None),
        ("3", "2", None),
        ("a", "<pad>", r"'<pad>' stands 2 times among the key tokens, at 6 ∅, 7 ∅; give one of these positions"),
        ("A", "CAT", None),
        ("a", "bird", r'no key token is \'bird\'; the key tokens are: 0 "The", 1 "cat"'),
        ("a", "9" * 5000, r"no key token is '9{70,}; the key tokens are: 0"),
        ("a", 8, r"the key positions are 0 to 7, but 8 is asked for"),
        (True, 0, r"the query positions are 0 to 6, but True is asked for"),
        (-1, 0, r"the query positions are 0 to 6, but -1 is asked for"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_tokens_are_found_or_named(trace, query, key, message):
    head = trace["decoder.cross", 0, 0]
    if message is None:
        cell_card(head, query, key)
    else:
        with pytest.raises(TraceError, match=message):
            cell_card(head, query, key)


def test_the_same_word_twice_is_not_guessed(make_trace):
    head = make_trace("the cat and the dog", "le chat")["encoder.self", 0, 0]
    with pytest.raises(TraceError, match=r"'the' stands 2 times among the key tokens, at 0 \"the\", 3 \"the\""):
        cell_card(head, "cat", "the")


def test_capitals_tell_two_words_apart(make_trace):
    head = make_trace("The cat and the dog", "le chat")["encoder.self", 0, 0]
    assert cell_card(head, "cat", "the").key.i == 3
    with pytest.raises(TraceError, match="'THE' stands 2 times"):
        cell_card(head, "cat", "THE")


def test_a_word_that_is_cut_says_into_what(make_trace):
    head = make_trace("a fluff¦y cat", "le chat")["encoder.self", 0, 0]
    with pytest.raises(
        TraceError, match=r"no key token is 'fluffy' as one piece; it is cut into 1 \"fluff\", 2 \"·y\""
    ):
        cell_card(head, "cat", "fluffy")


def test_hostile_tokens_are_data(make_trace, hostile):
    word = hostile.replace(" ", "\u00a0")
    head = make_trace(f"a {word}", word)["decoder.cross", 0, 0]
    card = cell_card(head, 1, 1)
    assert "\x1b" not in card.sentence
    assert "\u202e" not in card.sentence
    assert len(card.sentence.splitlines()) == 1
    assert len(card.sentence) < 400
    assert cell_card(head, word, word).sentence == card.sentence
