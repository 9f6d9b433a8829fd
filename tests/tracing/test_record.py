"""Looking never changes the answer, and what was seen is what happened."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import numpy as np
import pytest
import torch

from regard.attention import Reason
from regard.decoding import Hypothesis, search
from regard.models.witness import Attended
from regard.settings import DecodingSettings
from regard.text import EOS
from regard.tracing import record as recording
from regard.tracing.plan import Plan
from regard.tracing.record import Run, record
from regard.tracing.twin import twin_of
from regard.tracing.watch import AttentionWatch
from regard.translator import Translator

Make = Callable[..., Translator]

GREEDY = DecodingSettings(beam_size=1, max_length=9)
BEAM = DecodingSettings(beam_size=4, max_length=9)
SEARCHES = pytest.mark.parametrize("settings", [GREEDY, BEAM], ids=["greedy", "beam"])
TEXTS = ["The cat chased the dog.", "I love you."]
KINDS: list[dict[str, Any]] = [
    {},
    {"norm": "post", "positions": "learned", "num_heads": 4},
    {"positions": "rotary", "feedforward": "swiglu", "tied_embeddings": "target"},
    {"positions": "sinusoidal-halves", "norm": "post", "embedding_norm": True, "encoder_layers": 1},
    {"positions": "none", "feedforward": "none", "scale_scores": False},
    {"kind": "recurrent"},
    {"kind": "recurrent", "attention_score": "dot", "input_feeding": True},
]
EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=str)


def on_the_plain_path(translator: Translator) -> Translator:
    for core in translator.model.attentions().values():
        core.path = "plain"
    return translator


def hypothesis_of(translator: Translator, ids: list[int], settings: DecodingSettings) -> Hypothesis:
    return search(translator.model, [ids], settings)[0][0]


def recorded(translator: Translator, text: str, settings: DecodingSettings, **more: Any) -> Run:
    return record(translator.model, Plan(source=tuple(translator.tokenizer.encode(text)), search=settings, **more))


@pytest.mark.guarantee(
    "Asking for the weights does not change the result: a recorded translation equals one on the plain path bit by bit",
    area="looking",
    control="test_a_witness_that_touches_what_it_sees_is_noticed",
    reported="pytorch #160064, #152028",
)
@EVERY_KIND
@SEARCHES
def test_recording_is_bit_equal_on_the_plain_path(
    make_translator: Make, kind: dict[str, Any], settings: DecodingSettings
) -> None:
    """The same tokens, and every log-probability the same to the last bit."""
    translator = on_the_plain_path(make_translator(**kind))
    for text in TEXTS:
        found = recorded(translator, text, settings).hypothesis
        assert found == hypothesis_of(translator, translator.tokenizer.encode(text), settings)


def test_a_witness_that_touches_what_it_sees_is_noticed(make_translator: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: rounding one context up by a thousandth is seen by the comparison above."""
    saw = AttentionWatch.saw

    def touch(self: AttentionWatch, attended: Attended) -> None:
        saw(self, attended)
        attended.steps.context.mul_(1.001)

    monkeypatch.setattr(AttentionWatch, "saw", touch)
    with pytest.raises(AssertionError):
        test_recording_is_bit_equal_on_the_plain_path(make_translator, {}, GREEDY)


@SEARCHES
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16], ids=str)
def test_other_types_are_bit_equal_too(make_translator: Make, dtype: torch.dtype, settings: DecodingSettings) -> None:
    translator = on_the_plain_path(make_translator(dtype=dtype))
    for text in TEXTS:
        run = recorded(translator, text, settings)
        assert run.hypothesis == hypothesis_of(translator, translator.tokenizer.encode(text), settings)
        assert all(table.scores.dtype == np.float32 for table in run.tables.values())


@pytest.mark.guarantee(
    "Of a beam, the attention of the winning translation is recorded: its rows, whichever beam they stood in",
    area="looking",
    control="test_the_winner_is_followed_through_the_beams",
    reported="OpenNMT-py #903, CTranslate2 #313",
)
@EVERY_KIND
@SEARCHES
def test_word_by_word_as_in_one_pass(make_translator: Make, kind: dict[str, Any], settings: DecodingSettings) -> None:
    """The rows of the winner, whichever beams they stood in, are rows of one pass over its tokens."""
    translator = make_translator(**kind)
    for text in TEXTS:
        run = recorded(translator, text, settings)
        assert run.other_way is not None
        for key, table in run.tables.items():
            other = run.other_way[key]
            assert np.array_equal(table.codes, other.codes), key
            np.testing.assert_allclose(table.weights, other.weights, atol=2e-5, err_msg=key)
            np.testing.assert_allclose(table.context, other.context, atol=2e-4, err_msg=key)


def test_the_winner_is_followed_through_the_beams(make_translator: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not always stand in the first row; and if it is looked for there all the same, that is noticed."""
    wandering: dict[str, Any] = {}
    run = recorded(make_translator(**wandering), TEXTS[0], BEAM)
    assert any(row > 0 for _, row in run.steps)
    test_word_by_word_as_in_one_pass(make_translator, wandering, BEAM)
    monkeypatch.setattr(recording, "ancestry", lambda steps, tokens: [0] * len(tokens))
    with pytest.raises(AssertionError):
        test_word_by_word_as_in_one_pass(make_translator, wandering, BEAM)


def test_a_target_is_read_in_one_pass_and_scored(make_translator: Make) -> None:
    translator = make_translator()
    free = recorded(translator, TEXTS[0], GREEDY)
    given = recorded(translator, TEXTS[0], GREEDY, target=free.hypothesis.ids)
    assert given.tokens == (*free.hypothesis.ids, EOS)
    values = free.hypothesis.token_log_probabilities
    assert given.hypothesis.token_log_probabilities[: len(values)] == pytest.approx(values, abs=1e-5)
    assert given.other_way is not None
    for key, table in given.tables.items():
        np.testing.assert_allclose(table.weights, given.other_way[key].weights, atol=2e-5)


@pytest.mark.parametrize("kind", [{}, {"kind": "recurrent", "attention_score": "dot"}], ids=str)
def test_padding_is_recorded_as_it_is(make_translator: Make, kind: dict[str, Any]) -> None:
    """Its keys and values are blanked before a search; what is shown of them is what the mask hides."""
    translator = make_translator(**kind)
    width = len(translator.tokenizer.encode(TEXTS[0])) + 3
    live = recorded(translator, TEXTS[0], BEAM, source_width=width)
    target = live.tokens[:-1] if live.hypothesis.finished else live.tokens
    given = recorded(translator, TEXTS[0], BEAM, source_width=width, target=target)
    for key, table in live.tables.items():
        length = table.scores.shape[1]
        np.testing.assert_allclose(table.keys, given.tables[key].keys[:, : table.keys.shape[1]], atol=1e-5)
        expected = given.tables[key].scores[:, :length, : table.scores.shape[2]]
        np.testing.assert_allclose(table.scores, expected, atol=1e-4)
        if not key.startswith("decoder") or key.endswith("cross"):
            assert (np.abs(table.keys[:, -2:]).sum(axis=-1) > 0).all()
            assert (np.abs(table.values[:, -2:]).sum(axis=-1) > 0).all()
            assert table.completed == Reason.PADDING
            assert not table.weights[..., -2:].any()


def test_the_network_itself_is_left_alone(make_translator: Make) -> None:
    translator = make_translator(positions="rotary")
    before = [(core.path, core.witness) for core in translator.model.attentions().values()]
    translator.explain("x", positions=False, without_heads=["0.0"])
    assert [(core.path, core.witness) for core in translator.model.attentions().values()] == before
    assert all(core.witness is None for core in translator.model.attentions().values())


def test_a_twin_has_the_same_weights_in_the_same_memory(make_translator: Make) -> None:
    model = make_translator().model
    twin = twin_of(model)
    own, others = dict(model.named_parameters()), dict(twin.named_parameters())
    assert own.keys() == others.keys()
    assert all(own[name] is others[name] for name in own)
    assert all(twin.attentions()[key] is not core for key, core in model.attentions().items())
    assert not twin.training


def test_others_may_translate_meanwhile(make_translator: Make) -> None:
    """Interventions in one thread are not felt in another."""
    translator = make_translator()
    expected = translator.translate(TEXTS)
    found: list[Any] = []
    worker = Thread(target=lambda: found.extend(translator.translate(TEXTS) for _ in range(3)))
    worker.start()
    changed = [translator.explain(TEXTS[0], without_heads=[(None, None, None)], positions=False) for _ in range(2)]
    worker.join()
    assert found == [expected] * 3
    assert changed[0].translation.score != pytest.approx(expected[0].score)


def test_only_the_winner_rows_steps_are_kept(make_translator: Make) -> None:
    """A beam goes on after the winner has ended; those steps are not part of the trace."""
    run = recorded(make_translator(), TEXTS[0], BEAM)
    assert len(run.steps) == len(run.tokens) == run.tables["decoder.0.self"].scores.shape[1]


def test_layers_are_narrowed_and_the_translation_stays(make_translator: Make) -> None:
    translator = make_translator()
    whole, narrow = recorded(translator, TEXTS[0], BEAM), recorded(translator, TEXTS[0], BEAM, layers=(1, 1))
    assert list(narrow.tables) == ["encoder.1.self", "decoder.1.self", "decoder.1.cross"]
    assert narrow.hypothesis == whole.hypothesis
    for key, table in narrow.tables.items():
        assert np.array_equal(table.scores, whole.tables[key].scores)
