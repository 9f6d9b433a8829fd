"""Ranking by coverage, by another length formula, by least risk; each against its formula."""

import math

import numpy as np
import pytest
import sacrebleu
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.decoding import Hypothesis
from regard.evaluation.similarity import chrf_between
from regard.models import build_model
from regard.settings import DecodingSettings, ModelSettings
from regard.tracing.alignment import cross_attention
from regard.translator import Translator
from regard.translator.loading import together
from regard.translator.ranking import by_least_risk, log_coverage, ranked
from regard.translator.repetition import is_repetitive, most_repeats

TEXT = "The cat sat on the mat."


def hypothesis(*values: float, ids: tuple[int, ...] = (5,)) -> Hypothesis:
    return Hypothesis(ids, values, sum(values), sum(values), finished=True)


def test_coverage_is_worked_out_by_hand() -> None:
    weights = np.array([[0.5, 0.25, 0.25], [0.75, 0.0, 0.25]])  # two target tokens; two source tokens and EOS
    assert log_coverage(weights) == pytest.approx(math.log(1.0) + math.log(0.25))


def test_a_token_that_nobody_looks_at_is_not_infinitely_bad() -> None:
    assert math.isfinite(log_coverage(np.zeros((3, 4))))


def test_the_formula_of_wu(translator) -> None:
    how = DecodingSettings(length_formula="wu", length_penalty=0.6)
    ((found,),) = ranked(translator.model, [[5]], [[hypothesis(-1.0, -2.0, -3.0)]], how)
    assert found.score == pytest.approx(-6.0 / (8 / 6) ** 0.6)


@pytest.mark.parametrize("kind", ["transformer", "recurrent"])
def test_scores_with_coverage_are_equation_14(make_translator, kind: str) -> None:
    translator = make_translator() if kind == "transformer" else recurrent(make_translator)
    plain = translator.translate(TEXT, beam_size=4, num_hypotheses=4)
    found = translator.translate(TEXT, beam_size=4, num_hypotheses=4, coverage_penalty=0.3)
    source = translator.tokenizer.encode(TEXT)
    scores = {each.text: each.score for each in plain.hypotheses}
    for each in found.hypotheses:
        ids = [translator.tokenizer.vocabulary.names.index(piece) for piece in each.tokens]
        (cells,) = cross_attention(translator.model, [source], [ids], by_value=False)
        assert cells.sum(-1) == pytest.approx(np.ones(cells.shape[:-1]), abs=1e-5)
        assert each.score == pytest.approx(scores[each.text] + 0.3 * log_coverage(cells[-1].mean(0)), abs=1e-9)
    assert [each.score for each in found.hypotheses] == sorted((e.score for e in found.hypotheses), reverse=True)


def test_asked_to_be_deterministic_coverage_is_the_same_in_any_company(make_translator) -> None:
    translator = make_translator(model={"model_dim": 64}, decoding={"deterministic": True, "coverage_penalty": 0.3})
    translator.model.float()
    texts = [TEXT, "I love you.", "Le chien court vite, très vite."]
    alone = [translator.translate(text).score for text in texts]
    assert [each.score for each in translator.translate(texts)] == alone
    assert [each.score for each in translator.translate_lines(texts, alignments=True)] == alone


def recurrent(make_translator):
    """The translator of the fixture with a recurrent network in place of its Transformer."""
    base = make_translator()
    torch.manual_seed(4)
    shape = {"kind": "recurrent", "model_dim": 16, "num_heads": 2, "encoder_layers": 1, "decoder_layers": 1}
    network = build_model(ModelSettings.model_validate({**shape, "state_dim": 16}), base.tokenizer.vocab_size)
    return Translator(network.double().eval(), base.tokenizer, base.settings)


def test_the_coverage_of_several_models_is_that_of_their_mean_weights(make_translator) -> None:
    """Also where it is the first model that asks for it."""
    members = [make_translator(decoding={"coverage_penalty": 0.3}), recurrent(make_translator)]
    both = together(members)
    found = both.translate(TEXT)
    plain = {each.text: each.score for each in both.translate(TEXT, coverage_penalty=0, num_hypotheses=2).hypotheses}
    source, ids = both.tokenizer.encode(TEXT), [both.tokenizer.vocabulary.names.index(each) for each in found.tokens]
    read = [cross_attention(each.model, [source], [ids], by_value=False)[0][-1].mean(0) for each in members]
    assert found.score == pytest.approx(plain[found.text] + 0.3 * log_coverage((read[0] + read[1]) / 2), abs=1e-6)


sentences = st.lists(st.text(st.sampled_from("abc é."), max_size=12), min_size=1, max_size=5)


@given(texts=sentences)
@settings(max_examples=40)
def test_likeness_is_sacrebleu_s_sentence_chrf(texts: list[str]) -> None:
    found = chrf_between(texts)
    for row, one in enumerate(texts):
        for column, other in enumerate(texts):
            if one.strip() and other.strip():
                assert found[row, column] == pytest.approx(sacrebleu.sentence_chrf(one, [other]).score, abs=1e-9)


def test_the_sample_that_is_like_the_others_comes_first() -> None:
    texts = ["the cat sat", "a dog ran off", "the cat sat", "the cat sits"]
    samples = [hypothesis(-float(number), ids=(number,)) for number in range(4)]
    assert [each.ids[0] for each in by_least_risk(samples, texts)] == [0, 2, 3, 1]


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("no", 1),
        ("no no no no", 4),
        ("No, no - NO! no …", 4),
        ("le chat dort le chat dort le chat dort le chat dort", 4),
        ("a b a b c a b a b", 2),
        ("", 1),
        ("我不知道" * 6, 6),
        ("我不知道，" * 6, 6),
        ("แมว" * 5, 5),
        ("… … … … …", 1),
        ("की कु के का", 1),  # words of one consonant and different vowel signs
    ],
)
def test_repeats_are_counted(text: str, times: int) -> None:
    assert most_repeats(text) == times


def test_what_the_source_repeats_is_no_loop() -> None:
    assert is_repetitive("non non non non", "I say no")
    assert is_repetitive("我不知道" * 6, "I do not know.")
    assert not is_repetitive("non non non non", "no no no no")
    assert not is_repetitive("très très très bien", "very good")
