"""``Translator.explain``: the translation of ``translate``, every attention of it, and clear refusals."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regard.attention import Reason
from regard.errors import RegardError, SettingsError, TextError, TokenLimitError
from regard.text import Tokenizer
from regard.tracing import CellName, HeadName, Trace
from regard.translator import Translator, load
from regard.translator.explain import Question, explain

Make = Callable[..., Translator]
TEXTS = ["The cat chased the dog.", "I love you.", "  The horse ran quickly. ", "été 😀 </s>"]


@pytest.mark.parametrize("options", [{}, {"beam_size": 1}, {"beam_size": 4, "max_length": 3}, {"length_penalty": 0.0}])
@pytest.mark.parametrize("text", TEXTS)
def test_it_translates_as_translate_does(translator: Translator, text: str, options: dict[str, Any]) -> None:
    trace, translation = translator.explain(text, **options), translator.translate(text, **options)
    assert trace.translation.text == translation.text == str(trace.translation)
    assert trace.translation.score == pytest.approx(translation.score, abs=1e-12)
    assert trace.translation.finished == translation.hypotheses[0].finished
    assert tuple(token.piece for token in trace.tokens.target_out if token.kind == "piece") == translation.tokens
    assert not trace.failed


@pytest.mark.parametrize("beam_size", [1, 3])
def test_padding_changes_nothing(translator: Translator, beam_size: int) -> None:
    alone = translator.explain(TEXTS[0], beam_size=beam_size)
    padded = translator.explain(TEXTS[0], beam_size=beam_size, pad_source_to=40)
    assert padded.translation.text == alone.translation.text
    assert padded.translation.score == pytest.approx(alone.translation.score, abs=1e-12)
    assert [token.kind for token in padded.tokens.source].count("pad") == 40 - len(alone.tokens.source)


def test_several_hypotheses_of_the_settings_do_not_stand_in_the_way(make_translator: Make) -> None:
    translator = make_translator(decoding={"beam_size": 4, "num_hypotheses": 3})
    for beam_size in (None, 1):
        expected = translator.translate(TEXTS[0], beam_size=beam_size, num_hypotheses=1)
        assert translator.explain(TEXTS[0], beam_size=beam_size).translation.text == expected.text


def test_the_header_says_what_was_asked(translator: Translator) -> None:
    trace = translator.explain(
        TEXTS[0], beam_size=1, prefix="Le", pad_source_to=30, layers=(0, 0), without_heads=["0.1"], positions=False
    )
    request = trace.header.request
    assert (request.text, request.decoding, request.beam_size) == (TEXTS[0], "greedy", 1)
    assert (request.prefix, request.pad_source_to, request.layers) == ("Le", 30, (0, 0))
    assert request.interventions.without_heads == (HeadName(layer=0, head=1),)
    assert not request.interventions.positions
    assert not request.interventions.is_none
    assert translator.explain("x").header.request.interventions.is_none
    assert translator.explain("x").header.request.decoding == "beam"


def test_the_header_says_which_model(model_folder: Path, translator: Translator) -> None:
    facts = load(model_folder).explain("x").header.model
    assert facts.name == "run"
    assert facts.sha256 is not None
    assert len(facts.sha256) == 64
    assert (facts.num_heads, facts.head_dim, facts.model_dim) == (2, 8, 16)
    assert (facts.dtype, facts.path, facts.positions, facts.norm) == ("float32", "plain", "sinusoidal", "pre")
    assert (facts.source_language, facts.target_language) == ("en", "fr")
    assert translator.explain("x").header.model.sha256 is None
    assert translator.explain("x").header.model.dtype == "float64"


@pytest.mark.parametrize(
    "own",
    [{"no_repeat_ngram": 1}, {"min_length_ratio": 1.0}, {"forbidden": ["FAVOURITE"]}],
    ids=lambda own: next(iter(own)),
)
def test_what_the_models_own_settings_forbid_is_forbidden_here_too(
    make_translator: Callable[..., Translator], own: dict[str, Any]
) -> None:
    favourite = make_translator().tokenizer.encode("chat")[0]
    liked = {"favourite": favourite} if "min_length_ratio" not in own else {}
    word = make_translator().tokenizer.decode([favourite])
    own = {name: [word] if value == ["FAVOURITE"] else value for name, value in own.items()}
    plain, strict = (make_translator(decoding=changed, **liked) for changed in ({}, own))
    translated = strict.translate(TEXTS[0]).text
    assert strict.explain(TEXTS[0]).translation.text == translated
    assert translated != plain.translate(TEXTS[0]).text


def test_what_is_no_single_search_is_left_out_and_said(
    make_translator: Callable[..., Translator], caplog: pytest.LogCaptureFixture
) -> None:
    drawing = make_translator(decoding={"samples": 3, "num_hypotheses": 1})
    assert drawing.explain(TEXTS[0]).translation.text == make_translator().translate(TEXTS[0]).text
    assert "an ordinary search, without the model's own samples, so translate may" in caplog.text


def test_a_prefix_is_how_the_translation_begins(translator: Translator) -> None:
    trace = translator.explain(TEXTS[0], prefix=" Je t'")
    assert trace.translation.text.startswith("Je t'")
    forced = [step.forced for step in trace.steps]
    given = len(translator.tokenizer.encode("Je t'"))
    assert forced == [True] * given + [False] * (len(forced) - given)


def test_a_target_is_all_of_the_translation(translator: Translator) -> None:
    trace = translator.explain(TEXTS[0], target="Le chien court.")
    assert trace.translation.text == "Le chien court."
    assert trace.header.request.decoding == "forced"
    assert all(step.forced and step.milliseconds is None for step in trace.steps)


def test_position_vectors_are_those_that_were_added(make_translator: Make) -> None:
    trace = make_translator().explain("x", pad_source_to=6)
    assert trace.header.position_vectors == {"source": "npz:positions/source", "target_in": "npz:positions/target_in"}
    assert trace.tensors["positions/source"].shape == (6, 16)
    assert trace.tensors["positions/source"][0].tolist() == pytest.approx([0.0, 1.0] * 8)
    assert trace.tensors["positions/target_in"].shape == (len(trace.steps), 16)
    for kind in ("rotary", "none"):
        assert make_translator(model={"positions": kind}).explain("x").header.position_vectors == {}


@pytest.mark.parametrize("text", ["", " \n "])
def test_nothing_to_translate(translator: Translator, text: str, tmp_path: Path) -> None:
    trace = translator.explain(text, pad_source_to=5)
    assert trace.translation.text == translator.translate(text).text == ""
    assert trace.attentions == trace.steps == trace.checks == trace.tokens.source == ()
    trace.save(tmp_path / "empty.trace.zip")
    assert Trace.load(tmp_path / "empty.trace.zip").header == trace.header


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "end-of-script": "</script>",
    "markup": "[bold]",
    "escape": "\x1b[31mred",
    "right-to-left": "\u202eשלום",
    "emoji": "👨‍👩‍👧",
    "long": "x" * 300,
    "nul": "\x00",
    "unknown": "北京",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_is_text(translator: Translator, text: str, tmp_path: Path) -> None:
    trace = translator.explain(text, beam_size=1)
    assert not trace.failed
    assert trace.translation.text == translator.translate(text, beam_size=1).text
    trace.save(tmp_path / "t.trace.zip")
    assert Trace.load(tmp_path / "t.trace.zip").header == trace.header
    shown = [token for token in trace.tokens.source if token.span is not None]
    assert {place for token in shown for place in range(*token.span)} == set(range(len(text)))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("0.1", HeadName(layer=0, head=1)),
        ("decoder.0.cross.1", HeadName(attention="decoder.cross", layer=0, head=1)),
        (("encoder.self", None, 1), HeadName(attention="encoder.self", head=1)),
        ([None, 0, None], HeadName(layer=0)),
        (HeadName(head=0), HeadName(head=0)),
    ],
)
def test_ways_to_name_a_head(translator: Translator, name: object, expected: HeadName) -> None:
    trace = translator.explain("x", without_heads=[name])
    assert trace.header.request.interventions.without_heads == (expected,)


def test_ways_to_name_cells_and_masks(translator: Translator) -> None:
    cell = ("decoder.cross", 0, None, None, 1)
    asked = translator.explain("x", without_cells=[cell], without_mask="padding").header.request.interventions
    assert asked.without_cells == (CellName(attention="decoder.cross", layer=0, key=1),)
    assert asked.without_masks == ("padding",)
    every = translator.explain("x", without_mask=True, target="x").header.request.interventions
    assert every.without_masks == ("padding", "future", "window", "prefix", "segment")
    two = translator.explain("x", without_mask=["future", "padding"], target="x").header.request.interventions
    assert two.without_masks == ("padding", "future")


@pytest.mark.parametrize("target", [None, "Le chat dort."], ids=["written", "given"])
@pytest.mark.parametrize("without_mask", [True, "future", ["padding", "future"], "padding"])
def test_a_mask_that_is_said_to_be_left_out_hides_nothing(
    translator: Translator, without_mask: Any, target: str | None
) -> None:
    trace = translator.explain(TEXTS[0], pad_source_to=40, target=target, without_mask=without_mask)
    left_out = trace.header.request.interventions.without_masks
    for reason in left_out:
        bit = int(Reason[reason.upper()])
        assert not any((trace.tensors[f"masks/{name}"] & bit).any() for name in trace.header.masks), reason
    assert ("future" in left_out) == (target is not None and without_mask != "padding")


def test_a_future_that_cannot_be_shown_is_said(translator: Translator, caplog: pytest.LogCaptureFixture) -> None:
    translator.explain(TEXTS[0], without_mask=True)
    translator.explain(TEXTS[0], without_mask="future", target="Le chat dort.")
    assert caplog.messages == []
    assert translator.explain(TEXTS[0], without_mask=["future"]).header.request.interventions.is_none
    assert caplog.messages == [
        "the future mask stays: while a word is chosen, later ones are not there; give a target to show them"
    ]


WRONG: dict[str, tuple[dict[str, Any], type[RegardError], str]] = {
    "beam": ({"beam_size": 0}, SettingsError, "beam_size"),
    "pad-short": ({"pad_source_to": 2}, SettingsError, r"pad_source_to is 2, but must be at least \d+ \(the sentence"),
    "pad-long": ({"pad_source_to": 2000}, SettingsError, "pad_source_to is 2000, but must .* and at most 1025"),
    "pad-negative": ({"pad_source_to": -1}, SettingsError, "pad_source_to must be a whole number"),
    "prefix-long": ({"prefix": "Je t'aime " * 3}, SettingsError, r"the prefix has \d+ tokens, but the transl.* have 8"),
    "surrogate": ({"prefix": "\ud800"}, TextError, "lone surrogate"),
    "both": ({"prefix": "a", "target": "b"}, SettingsError, "prefix and target are both given"),
    "layers": ({"layers": (0, 3)}, SettingsError, "layers is 0 to 3, but must lie between 0 and 0"),
    "layers-large": ({"layers": (0, 10**10)}, SettingsError, r"layers must be \(first, last\), counted from 0, but"),
    "layers-order": ({"layers": (1, 0)}, SettingsError, "layers is 1 to 0, but must lie"),
    "head": ({"without_heads": ["0.2"]}, SettingsError, "there is no every attention layer 0 head 2 to switch off"),
    "head-layer": ({"without_heads": [("encoder.self", 4, 0)]}, SettingsError, "there is no encoder.self layer 4 head"),
    "head-form": ({"without_heads": ["cross.1"]}, SettingsError, "a head is named .*; but 'cross.1' is given"),
    "head-stack": (
        {"without_heads": ["encoder.0.cross.1"]},
        SettingsError,
        "a head is named .*; but 'encoder.0.cross.1'",
    ),
    "head-family": ({"without_heads": [("cross", 0, 0)]}, SettingsError, r"a head is named .*; but \('cross', 0, 0\)"),
    "head-alone": (
        {"without_heads": "0.1"},
        SettingsError,
        r"without_heads takes a list, .*; put it into \[ \]: a head",
    ),
    "head-tuple": ({"without_heads": ("encoder.self", 0, 1)}, SettingsError, r"put it into \[ \]: a head is named"),
    "cell": ({"without_cells": [("encoder.self", 0, 0)]}, SettingsError, "a cell is named .* is given"),
    "mask": ({"without_mask": "causal"}, SettingsError, "names of them: padding, future, .*; but 'causal' is given"),
    "max-length": ({"max_length": 0}, SettingsError, "max_length"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_questions(translator: Translator, what: str) -> None:
    asked, error, message = WRONG[what]
    with pytest.raises(error, match=message):
        translator.explain(TEXTS[0], **asked)


# What only callers without a type checker can give.
WRONG_TYPES: dict[str, tuple[dict[str, Any], type[RegardError], str]] = {
    "pad-text": ({"pad_source_to": "9"}, SettingsError, "pad_source_to must be a whole number of tokens, but is '9'"),
    "prefix-type": ({"prefix": 3}, TextError, "prefix must be a string, but int 3 is given"),
    "target-type": ({"target": b"x"}, TextError, "target must be a string, but bytes b'x' is given"),
    "layers-form": ({"layers": 1}, SettingsError, r"layers must be \(first, last\), counted from 0, but is 1"),
    "head-number": ({"without_heads": 3}, SettingsError, "without_heads takes a list, but 3 is given; a head is named"),
    "mask-number": ({"without_mask": 1}, SettingsError, "without_mask is True for all masks, .*; but 1 is given"),
}
ORDINARY = {
    "pad_source_to": None,
    "prefix": None,
    "target": None,
    "layers": None,
    "without_heads": (),
    "without_cells": (),
    "without_mask": False,
    "positions": True,
}


@pytest.mark.parametrize("what", WRONG_TYPES)
def test_wrong_types(translator: Translator, what: str) -> None:
    asked, error, message = WRONG_TYPES[what]
    question = Question(**{"text": "x"} | ORDINARY | asked)
    with pytest.raises(error, match=message):
        explain(translator, question, [5], translator.settings.decoding)


def test_all_that_is_wrong_is_said_at_once(translator: Translator) -> None:
    with pytest.raises(SettingsError, match=r"pad_source_to is 1, .*; layers is 5 to 6, .*; there is no"):
        translator.explain(TEXTS[0], pad_source_to=1, layers=(5, 6), without_heads=["7.7"])


def test_texts_that_cannot_be_translated(make_translator: Make) -> None:
    translator = make_translator(decoding={"max_source_tokens": 3})
    with pytest.raises(TokenLimitError, match="at most 3 are allowed"):
        translator.explain(TEXTS[0])
    with pytest.raises(TextError, match="a string is expected, but int 3 is given"):
        translator._ids(3)


def test_a_learned_table_limits_padding_and_target(make_translator: Make, tokenizer: Tokenizer) -> None:
    translator = make_translator(model={"positions": "learned", "max_length": 12})
    with pytest.raises(SettingsError, match="and at most 12"):
        translator.explain("x", pad_source_to=13)
    with pytest.raises(SettingsError, match=r"the target has \d+ tokens, but the model has positions for 11"):
        translator.explain("x", target="Le chien court vite, très vite. Le chien court.")
