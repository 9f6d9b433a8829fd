"""Strings in, translations out."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.decoding import Hypothesis
from regard.errors import SettingsError, TextError, TokenLimitError
from regard.text.control import EOS
from regard.translator import Translation
from regard.translator.translation import translation_of

TEXTS = ["The cat sat on the mat.", "I love you.", "dog", "", "  ", "😀 新しい", "The horse ran. The cat sat."]
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def test_a_string_gives_a_translation_and_a_list_gives_a_list(translator) -> None:
    one = translator.translate("I love you.")
    assert isinstance(one, Translation)
    assert str(one) == one.text == one.hypotheses[0].text
    assert (one.score, one.tokens) == (one.hypotheses[0].score, one.hypotheses[0].tokens)
    assert translator.translate(["I love you."]) == [one]
    assert translator.translate(("I love you.",)) == [one]
    assert translator.translate([]) == []


def test_a_list_is_translated_as_its_strings_one_by_one(translator) -> None:
    together = translator.translate(TEXTS)
    for text, found in zip(TEXTS, together, strict=True):
        alone = translator.translate(text)
        assert found.text == alone.text
        assert found.score == pytest.approx(alone.score, abs=1e-10)


@pytest.mark.parametrize("text", ["", " ", "\t\r\n", "\u3000\u00a0"])
def test_empty_text_translates_to_empty_text(translator, text: str) -> None:
    found = translator.translate(text)
    assert (found.text, found.tokens, found.score) == ("", (), 0.0)
    assert list(translator.stream(text)) == []


def test_space_around_a_text_changes_nothing(translator) -> None:
    assert translator.translate("\tI love you. \n") == translator.translate("I love you.")


def test_the_tokens_spell_the_text(translator) -> None:
    found = translator.translate("The cat sat on the mat.")
    ids = {
        piece: number for number, piece in enumerate(translator.tokenizer.pieces(range(translator.model.vocab_size)))
    }
    assert translator.tokenizer.decode([ids[token] for token in found.tokens]) == found.text


def test_hypotheses_are_different_texts_best_first(make_translator) -> None:
    translator = make_translator(ending=1.0)
    for text in TEXTS:
        found = translator.translate(text, beam_size=6, num_hypotheses=4)
        texts = [each.text for each in found.hypotheses]
        scores = [each.score for each in found.hypotheses]
        assert 1 <= len(texts) <= 4
        assert len(set(texts)) == len(texts)
        assert scores == sorted(scores, reverse=True)
        assert found.text == translator.translate(text, beam_size=6).text


def test_two_ways_to_cut_one_text_are_one_hypothesis(translator) -> None:
    from regard.translator.translation import Alternative

    hypotheses = [
        Hypothesis.of([word, 3], [value, value], length_penalty=1.0) for word, value in ((9, -1.0), (8, -2.0))
    ]

    def spell(hypothesis: Hypothesis) -> Alternative:
        return Alternative("the same", hypothesis.score, ("x",), finished=True)

    assert [each.score for each in translation_of(hypotheses, spell, num_hypotheses=2).hypotheses] == [-1.0]


def test_options_change_one_call_and_the_model_s_settings_the_rest(make_translator) -> None:
    translator = make_translator(ending=-20.0)
    assert len(translator.translate("I love you.").tokens) == 8
    assert len(translator.translate("I love you.", max_length=3).tokens) == 3
    assert len(translator.translate("I love you.").tokens) == 8
    assert not translator.translate("I love you.").hypotheses[0].finished


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beam_size": 0}, r"decoding\.beam_size = 0; expected a"),
        ({"num_hypotheses": 3}, r"num_hypotheses must be at most beam_size, but 3 > 2"),
        ({"max_length": 0}, r"decoding\.max_length = 0; expected a"),
        ({"length_penalty": -1.0}, r"decoding\.length_penalty = -1\.0; expected a"),
    ],
)
def test_wrong_options_are_refused(translator, options, message) -> None:
    with pytest.raises(SettingsError, match=message):
        translator.translate("I love you.", **options)
    with pytest.raises(SettingsError, match=message):
        translator.translate_lines([], **options)


def test_what_is_not_text_is_refused(translator) -> None:
    with pytest.raises(TextError, match=r"takes a string, or a list or tuple of strings, but is given bytes b'x'"):
        translator.translate(b"x")
    with pytest.raises(TextError, match=r"text 2: a string is expected, but NoneType None is given"):
        translator.translate(["I love you.", None])


def test_a_lone_surrogate_is_refused_with_its_place(translator) -> None:
    with pytest.raises(TextError, match=r"^text 2: .*surrogate"):
        translator.translate(["I love you.", "\ud800"])


def test_a_long_text_is_refused_with_its_place_and_the_limit(make_translator) -> None:
    translator = make_translator(decoding={"max_source_tokens": 20})
    with pytest.raises(TokenLimitError, match=r"^text 2: the text has .* tokens, but at most 20 are allowed"):
        translator.translate(["I love you.", "dog " * 30])
    with pytest.raises(TokenLimitError, match=r"^the text has .* at most 20 are allowed.*decoding\.max_source_tokens"):
        translator.stream("dog " * 30)


def test_a_text_longer_than_the_learned_positions_is_refused_unless_it_is_cut(make_translator) -> None:
    translator = make_translator(model={"positions": "learned", "max_length": 16}, max_tokens=15)
    assert len(translator.tokenizer.encode("dog dog dog dog dog")) == 15
    assert translator.translate("dog " * 5).num_parts == 1
    expected = r"tokens, but at most 15 are allowed.*\(the positions that the model has learned\)"
    with pytest.raises(TokenLimitError, match=expected):
        translator.translate("dog " * 30)
    with pytest.raises(TokenLimitError, match=expected):
        translator.stream("dog " * 30)
    with pytest.raises(TokenLimitError, match=expected):
        translator.align(["dog"], ["dog " * 30])
    assert next(translator.translate_lines(["dog " * 30])).num_parts > 1


@given(text=any_text)
@settings(max_examples=25)
def test_the_stream_joined_is_the_greedy_translation(make_translator, text: str) -> None:
    translator = make_translator(ending=2.0)
    pieces = list(translator.stream(text))
    assert "".join(pieces) == translator.translate(text, beam_size=1).text
    assert "" not in pieces


def test_a_character_of_several_bytes_never_arrives_in_halves(make_translator, tokenizer) -> None:
    """The model writes the four bytes of an emoji, one token after the other."""
    translator = make_translator()
    emoji = tokenizer.encode("😀")[-4:]
    assert tokenizer.decode(emoji) == "😀"
    translator.model.logits = writing([*emoji, *emoji, EOS], translator.model.vocab_size)
    assert list(translator.stream("dog")) == ["😀", "😀"]


def writing(tokens: list[int], vocab_size: int):
    """An output layer that dictates one token after the other."""
    remaining = iter(tokens)

    def logits(vectors: torch.Tensor) -> torch.Tensor:
        scores = torch.zeros(*vectors.shape[:-1], vocab_size, dtype=vectors.dtype)
        scores[..., next(remaining)] = 50.0
        return scores

    return logits


def test_closing_the_stream_stops_the_model(make_translator) -> None:
    translator = make_translator(ending=-20.0)
    steps = []
    original = translator.model.step
    translator.model.step = lambda *arguments: steps.append(1) or original(*arguments)
    stream = translator.stream("I love you.")
    next(stream)
    computed = len(steps)
    stream.close()
    assert list(stream) == []
    assert len(steps) == computed < 8


def test_the_languages_and_settings_can_be_read(translator) -> None:
    assert translator.languages == ("en", "fr")
    assert translator.settings.decoding.beam_size == 2
    assert repr(translator).startswith("Translator(en → fr, ")
    assert "float64 on cpu" in repr(translator)
    assert translator.dtype == "float64"
