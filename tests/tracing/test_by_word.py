import numpy as np
import pytest

from regard.tracing.by_word import RULE, words_by_word, words_of_tokens


@pytest.fixture
def trace(make_trace):
    return make_trace("the fluff¦y cat", "le chat du¦vet¦eux", pad=2)


def test_pieces_of_a_word_stand_together(trace):
    words = words_of_tokens(trace.tokens.source)
    assert [word.name for word in words] == ["the", "fluffy", "cat", "⟨end⟩", "∅", "∅"]
    assert [word.places for word in words] == [(0,), (1, 2), (3,), (4,), (5,), (6,)]
    assert [word.name for word in words_of_tokens(trace.tokens.target_in)] == ["⟨start⟩", "le", "chat", "duveteux"]


def test_keys_are_summed_and_queries_averaged(trace):
    head = trace["decoder.cross", 0, 0]
    words = head_words = words_by_word(head)
    assert words.rule == RULE
    expected = head.weights[[3, 4, 5]][:, [1, 2]].sum(axis=1).mean()
    assert words.weights[3, 1] == pytest.approx(expected, rel=1e-6)
    assert np.allclose(head_words.weights.sum(axis=1), 1, atol=1e-6)
    norms = np.linalg.norm(head.values, axis=-1)
    contribution = (head.weights * norms)[[3, 4, 5]][:, [1, 2]].sum(axis=1).mean()
    assert words.contributions[3, 1] == pytest.approx(contribution, rel=1e-5)


def test_a_word_is_dark_only_where_all_of_its_pieces_are(trace):
    words = words_by_word(trace["decoder.self", 0, 0])
    # The last word is three pieces; its last piece sees its first.
    assert words.codes[3, 3] == 0
    assert words.codes[1, 3] == 2
    assert words_by_word(trace["decoder.cross", 0, 0]).codes[0].tolist() == [0, 0, 0, 0, 1, 1]


def test_shared_reasons_stay(trace):
    head = trace["decoder.self", 0, 0]
    head.codes.flags.writeable = True
    head.codes[1, 3] |= 4
    assert words_by_word(head).codes[1, 3] == 2
    head.codes[1, 3:] = [4, 2, 2]
    assert words_by_word(head).codes[1, 3] == 4


def test_pieces_of_one_character_give_it_once(make_trace):
    tokens = list(make_trace("🐈¦x y", "z").tokens.source)
    first = tokens[0].model_copy(update={"piece": "<0xF0>"})
    second = tokens[0].model_copy(update={"piece": "<0x9F>", "i": 1})
    assert words_of_tokens([first, second, *tokens[1:]])[0].name == "🐈x"


def test_hostile_words_are_made_safe(make_trace, hostile):
    word = hostile.replace(" ", "\u00a0")
    for name in (word.name for word in words_of_tokens(make_trace(f"{word}¦{word}", "a").tokens.source)):
        assert "\x1b" not in name
        assert "\u202e" not in name


def test_nothing_but_the_end(make_trace):
    words = words_by_word(make_trace("", "")["decoder.cross", 0, 0])
    assert words.weights.tolist() == [[1.0]]
