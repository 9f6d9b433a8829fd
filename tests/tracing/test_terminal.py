"""A trace in a terminal: every surface names rows and columns, fits its width, and takes any text as data."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from regard.errors import TraceError
from regard.tracing import Check, HeadName, Interventions, Trace
from regard.tracing.legible import display_width
from regard.tracing.selection import Selection, family_of
from regard.tracing.terminal import cell_lines, follow_lines, heading_lines, position_lines, run_lines, word_lines
from regard.tracing.trace_record import trace_record

SOURCE, TARGET = "The cat sat .", "Le chat dort ."

SURFACES: dict[str, Callable[..., Iterator[str]]] = {
    "heading": lambda trace, **options: heading_lines(trace, **options),
    "run": lambda trace, **options: run_lines(trace, Selection(head=None), **options),
    "encoder": lambda trace, **options: run_lines(trace, Selection("encoder.self"), **options),
    "top": lambda trace, **options: run_lines(trace, Selection(top=2), **options),
    "follow": lambda trace, **options: follow_lines(trace, Selection(), **options),
    "cell": lambda trace, **options: cell_lines(trace, Selection(), "1,0", **options),
    "words": lambda trace, **options: word_lines(trace, Selection(), **options),
    "positions": lambda trace, **options: position_lines(trace, **options),
}


@pytest.fixture
def trace(make_trace) -> Trace:
    return make_trace(SOURCE, TARGET, layers=2, pad=2)


def with_header(trace: Trace, **changes: object) -> Trace:
    return replace(trace, header=trace.header.model_copy(update=changes))


def text_of(lines: Iterator[str]) -> str:
    return "\n".join(lines)


def test_the_four_steps_are_named_in_order_with_formula_rows_and_columns(trace: Trace) -> None:
    text = text_of(run_lines(trace, Selection()))
    places = [
        text.index(step) for step in ("① Scores = queries · keysᵀ / √8", "② Mask", "③ Weights = softmax", "④ Output")
    ]
    assert places == sorted(places)
    assert "Rows are queries (who looks), columns are keys (who is looked at)." in text
    assert text.count("query ↓ key →") == 4
    assert "∅ padding" in text


def test_decoder_rows_say_what_they_do(trace: Trace) -> None:
    text = text_of(run_lines(trace, Selection()))
    assert 'after "chat" → "dort"' in text
    assert 'after ⟨start⟩ → "Le"' in text
    assert "→ ⟨end⟩" in text


def test_the_shown_weights_are_those_of_the_trace(trace: Trace) -> None:
    lines = text_of(run_lines(trace, Selection("decoder.cross", (1, 1), 1))).splitlines()
    first = lines.index("③ Weights = softmax of the visible scores, row by row") + 2
    shown = [line.removeprefix('after "." → ⟨end⟩').split()[-8:] for line in lines[first : first + 5]]
    weights = trace["decoder.cross", 1, 1].weights
    for row, cells in zip(weights, shown, strict=True):
        assert [float(cell.rstrip("░▒▓█")) for cell in cells[:5]] == pytest.approx(row[:5], abs=0.00501)
        assert cells[5:7] == ["∅", "∅"]
        assert float(cells[7]) == pytest.approx(1, abs=0.00501)


def test_the_future_is_crossed_out(trace: Trace) -> None:
    text = text_of(run_lines(trace, Selection("decoder.self")))
    assert "× future" in text
    assert text.count("×") > 20


def test_weights_are_not_a_reason_and_it_is_said(trace: Trace) -> None:
    text = " ".join(text_of(run_lines(trace, Selection())).split())
    assert "Weights are not a reason: they say where a head looked, not why a word was chosen." in text
    assert "what each key adds, weight × ‖value‖" in text


def test_an_effect_stands_behind_its_head(trace: Trace) -> None:
    text = text_of(run_lines(trace, Selection(head=None), effect=lambda head: [f"effect of head {head.head}"]))
    assert text.index("head 0 of 2") < text.index("effect of head 0") < text.index("head 1 of 2")
    assert "effect of head 1" in text


def test_the_overview_leaves_padding_queries_out(trace: Trace) -> None:
    text = text_of(run_lines(trace, Selection()))
    row = next(line for line in text.splitlines() if line.startswith("encoder.0.self"))
    weights = trace["encoder.self", 0, 0].weights[:5].max(axis=-1).mean()
    assert row.split()[1].rstrip("░▒▓█") == f"{weights:.2f}"


def test_follow_has_a_block_per_word(make_trace) -> None:
    text = text_of(follow_lines(make_trace("The cat", "Le chat dor¦mait"), Selection()))
    blocks = text.strip().split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == ["“Le”", "“chat”", "“dormait”", "The end"]
    assert blocks[2].count("step ") == 2
    for step in ("① scores", "② mask", "③ weights", "④ adds"):
        assert blocks[2].count(step) == 2


def test_follow_is_about_the_decoder(trace: Trace) -> None:
    with pytest.raises(TraceError, match="the encoder reads all tokens at once and has no steps"):
        list(follow_lines(trace, Selection("encoder.self")))


def test_a_step_is_one_row(trace: Trace) -> None:
    text = text_of(run_lines(trace, Selection(step=1)))
    assert text.count('after "Le" → "chat"') == 5
    assert 'after "chat"' not in text


def test_by_word_sums_and_says_so(make_trace) -> None:
    trace = make_trace("The fluff¦y cat", "Le chat", pad=1)
    text = text_of(word_lines(trace, Selection()))
    head = trace["decoder.cross", 0, 0]
    row = next(line for line in text.splitlines() if line.startswith('after "Le"'))
    assert row.split()[3].rstrip("░▒▓█") == f"{head.weights[1, 1:3].sum():.2f}"
    assert "By word: weights are summed over the pieces of a key" in text
    assert "fluffy" in text


def test_a_cell_says_its_row_and_its_arithmetic(trace: Trace) -> None:
    text = text_of(cell_lines(trace, Selection(), "chat,cat"))
    assert 'query 2: after "chat" → "dort"' in text
    assert 'key 1: "cat"' in text
    assert "visible" in text
    assert text_of(cell_lines(trace, Selection(), "2,1")) == text
    assert "hidden: padding; without this mask it would take" in " ".join(
        text_of(cell_lines(trace, Selection(), "chat,5")).split()
    )


def test_a_cell_may_be_a_comma(make_trace) -> None:
    trace = make_trace("Yes , sir", "Oui , monsieur")
    assert 'key 1: ","' in text_of(cell_lines(trace, Selection(), ",,,"))


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("cat", "a cell is a query and a key with a comma between them, as in a,cat or 3,1; given is 'cat'"),
        ("dog,cat", "no query token is 'dog'"),
        ("chat,dog", "no key token is 'dog'"),
        ("99,1", "query positions are 0 to 4"),
    ],
)
def test_a_cell_that_is_not_there(trace: Trace, cell: str, message: str) -> None:
    with pytest.raises(TraceError, match=message):
        list(cell_lines(trace, Selection(), cell))


def test_positions(trace: Trace) -> None:
    vectors = np.random.default_rng(0).normal(size=(7, 16)).astype(np.float32)
    header = trace.header.model_copy(update={"position_vectors": {"source": "npz:positions/source"}})
    text = text_of(position_lines(Trace(header, {**trace.tensors, "positions/source": vectors})))
    assert "Position vectors of the source: 7 positions, 16 features" in text
    row = [line for line in text.splitlines() if line.startswith("1 cat")][1]
    assert row.split()[2].rstrip("░▒▓█") == f"{vectors[1] @ vectors[0]:.2f}"


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("rotary", "turns queries and keys"),
        ("none", "no positions"),
        ("learned", "in this run"),
    ],
)
def test_a_model_without_position_vectors(trace: Trace, kind: str, said: str) -> None:
    changed = with_header(trace, model=trace.header.model.model_copy(update={"positions": kind}))
    assert said in text_of(position_lines(changed))


def test_a_recurrent_model_reads_word_after_word(trace: Trace) -> None:
    recurrent = trace.header.model.model_copy(update={"kind": "recurrent", "positions": "none"})
    assert "reads word after word" in text_of(position_lines(with_header(trace, model=recurrent)))


def test_many_features_are_thinned_out_evenly(trace: Trace) -> None:
    vectors = np.ones((7, 256), np.float32)
    header = trace.header.model_copy(update={"position_vectors": {"source": "npz:positions/source"}})
    text = text_of(position_lines(Trace(header, {**trace.tensors, "positions/source": vectors})))
    assert "256 features, one of 5 shown" in text


def test_a_failed_check_is_shown(trace: Trace) -> None:
    check = Check(name="rows", what="rows sum to 1", measured=0.5, tolerance=1e-5, holds=False, where="decoder.0.cross")
    fine = check.model_copy(update={"holds": True})
    text = text_of(heading_lines(with_header(trace, checks=(check, fine))))
    assert "CHECK FAILED: rows: rows sum to 1" in text
    assert "measured 0.5, but at most 1e-05 is accepted, at decoder.0.cross" in text
    assert "All 1 checks of this trace hold." in text_of(heading_lines(with_header(trace, checks=(fine,))))
    unknown = check.model_copy(update={"measured": None, "where": None})
    assert "measured not a number" in text_of(heading_lines(with_header(trace, checks=(unknown,))))


def test_changes_are_said_and_compared(trace: Trace, make_trace) -> None:
    changes = Interventions(
        without_heads=(HeadName(attention="decoder.cross", layer=1), HeadName(head=0)),
        without_masks=("padding",),
        positions=False,
    )
    changed = with_header(trace, request=trace.header.request.model_copy(update={"interventions": changes}))
    text = " ".join(text_of(heading_lines(changed, ordinary=make_trace(SOURCE, "Le lion dort ."))).split())
    assert "without decoder.cross, layer 1, every head" in text
    assert "without every attention, every layer, head 0" in text
    assert "without the padding mask" in text
    assert "without positions" in text
    assert "with nothing changed: “Le lion dort .”, score -0.250" in text
    assert "of the gaze moved" in text
    assert "The future mask" not in text


@pytest.mark.parametrize(("decoding", "future"), [("greedy", ()), ("forced", ("future",))], ids=["written", "given"])
def test_why_only_the_mask_of_the_future_stays(trace: Trace, decoding: str, future: tuple[str, ...]) -> None:
    lifted = Interventions(without_masks=("padding", *future, "window", "prefix", "segment"))
    request = trace.header.request.model_copy(update={"decoding": decoding, "interventions": lifted})
    text = " ".join(text_of(heading_lines(with_header(trace, request=request), ordinary=trace)).split())
    assert "without any mask" in text
    assert ("without any mask but that of the future" in text) == (not future)
    assert ("The future mask changes nothing here" in text) == (not future)


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("width", [40, 80])
def test_hostile_text_on_every_surface(make_trace, hostile: str, surface: str, width: int) -> None:
    trace = make_trace(f"The {hostile} sat", f"Le {hostile}", pad=1)
    lines = list(SURFACES[surface](trace, width=width))
    assert lines
    assert max(map(display_width, lines)) <= width
    assert not set("\x1b\x07\n\u202e\u200d\ufe0f") & set("".join(lines))


def test_many_tokens_become_lists(make_trace) -> None:
    text = " ".join(f"word{number}" for number in range(40))
    lines = list(run_lines(make_trace(text, text), Selection(), width=80))
    assert any(line.startswith("query") and line.endswith("keys, largest first") for line in lines)
    assert any("sees 0-40" in line for line in lines)
    assert max(map(display_width, lines)) <= 80


def test_nothing_was_translated(trace: Trace) -> None:
    empty = {"source": (), "target_in": (), "target_out": ()}
    tokens = trace.tokens.model_copy(update=empty)
    nothing = with_header(
        trace, tokens=tokens, steps=(), attentions=(), request=trace.header.request.model_copy(update={"text": " "})
    )
    assert "The text is empty." in text_of(heading_lines(nothing))
    assert trace_record(nothing, Selection())["heads"] == []


def test_the_record_holds_every_number_exactly(trace: Trace) -> None:
    record = trace_record(trace, Selection("decoder.self", (0, 0), 1))
    (head,) = record["heads"]
    assert (head["attention"], head["head"]) == ("decoder.0.self", 1)
    for name in ("scores", "weights", "context"):
        assert np.array_equal(np.array(head[name], np.float32), getattr(trace["decoder.self", 0, 1], name))
    assert head["codes"] == trace["decoder.self", 0, 1].codes.tolist()
    assert record["trace"]["schema"] == "regard-trace/1"


def test_the_record_has_no_nan(trace: Trace) -> None:
    scores = np.full_like(trace.tensors["decoder.0.self/scores"], np.nan)
    broken = Trace(trace.header, {**trace.tensors, "decoder.0.self/scores": scores})
    assert trace_record(broken, Selection("decoder.self", (0, 0)))["heads"][0]["scores"][0][0] is None


@pytest.mark.parametrize(
    ("selection", "message"),
    [
        (Selection(layers=(2, 2)), "decoder.cross has the layers 0 to 1 in this trace, but 2 is asked for"),
        (Selection(layers=(0, 5)), "but 0 to 5 is asked for"),
        (Selection(layers=(1, 0)), "but 1 to 0 is asked for"),
        (Selection(head=7), "has the heads 0 to 1, but head 7 is asked for"),
        (Selection(step=50), "the translation has the steps 0 to 4, but step 50 is asked for"),
        (Selection("encoder.self", step=0), "the encoder reads all tokens at once"),
    ],
)
def test_what_is_not_in_the_trace(trace: Trace, selection: Selection, message: str) -> None:
    with pytest.raises(TraceError, match=message):
        list(run_lines(trace, selection))


def test_a_trace_without_cross_attention_says_what_it_has(trace: Trace) -> None:
    left = tuple(each for each in trace.attentions if each.attention == "encoder.self")
    with pytest.raises(TraceError, match=r"the trace has no decoder.cross; it has encoder.self"):
        list(run_lines(with_header(trace, attentions=left), Selection()))


def test_names_of_attentions() -> None:
    assert [family_of(name) for name in ("encoder", "decoder", "cross", "decoder.self")] == [
        "encoder.self",
        "decoder.self",
        "decoder.cross",
        "decoder.self",
    ]
    with pytest.raises(TraceError, match="must be one of encoder, decoder, cross, but is 'self'"):
        family_of("self")
