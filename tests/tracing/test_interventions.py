"""What if: each change against another way to reach the same, and nothing changed where nothing was asked."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from regard.attention import Reason
from regard.settings import DecodingSettings
from regard.tracing.header import CellName, HeadName, Interventions
from regard.tracing.plan import Plan
from regard.tracing.record import Run, record
from regard.tracing.twin import twin_of
from regard.translator import Translator

Make = Callable[..., Translator]
GREEDY = DecodingSettings(beam_size=1, max_length=9)
TEXT = "The cat chased the dog."
KEYS = ["encoder.0.self", "decoder.0.self", "decoder.0.cross", "encoder.1.self", "decoder.1.self", "decoder.1.cross"]


def recorded(translator: Translator, text: str = TEXT, **more: Any) -> Run:
    changes = {name: more.pop(name) for name in tuple(more) if name in Interventions.model_fields}
    ids = tuple(translator.tokenizer.encode(text))
    more = {"search": GREEDY, "interventions": Interventions(**changes)} | more
    return record(translator.model, Plan(source=ids, **more))


@pytest.mark.parametrize("key", KEYS)
def test_a_head_switched_off_is_a_head_whose_output_is_cut(make_translator: Make, key: str) -> None:
    """The same tokens and scores as a network whose output projection ignores that head."""
    translator, head = make_translator(), 1
    side, layer, which = key.split(".")
    run = recorded(translator, without_heads=(HeadName(attention=f"{side}.{which}", layer=int(layer), head=head),))
    cut = make_translator()
    block = cut.model.get_submodule(f"{side}.{layer}.{'cross' if which == 'cross' else 'attention'}")
    with torch.no_grad():
        block.output.weight[:, 8 * head : 8 * (head + 1)] = 0
    without = recorded(cut)
    assert run.hypothesis.ids == without.hypothesis.ids
    assert run.hypothesis.token_log_probabilities == pytest.approx(without.hypothesis.token_log_probabilities, abs=1e-5)
    assert run.hypothesis.token_log_probabilities != recorded(translator).hypothesis.token_log_probabilities
    table = run.tables[key]
    assert (table.codes[head] & int(Reason.SWITCHED_OFF)).all()
    assert not table.weights[head].any()
    assert not table.context[head].any()
    assert table.weights[1 - head].any()


def test_none_means_all(make_translator: Make) -> None:
    run = recorded(make_translator(), without_heads=(HeadName(),))
    assert not any(table.weights.any() for table in run.tables.values())


def test_a_cell_is_hidden_from_one_query_only(make_translator: Make) -> None:
    cell = CellName(attention="decoder.cross", layer=1, head=0, query=1, key=2)
    table = recorded(make_translator(ending=-9.0), without_cells=(cell,)).tables["decoder.1.cross"]
    hidden = np.argwhere(table.codes == int(Reason.SWITCHED_OFF))
    assert hidden.tolist() == [[0, 1, 2]]
    assert table.weights[0, 1, 2] == 0
    assert table.weights[0, 1].sum() == pytest.approx(1, abs=1e-6)


def test_the_padding_mask_left_out_lets_padding_be_looked_at(make_translator: Make) -> None:
    translator = make_translator()
    width = len(translator.tokenizer.encode(TEXT)) + 4
    masked = recorded(translator, source_width=width)
    open_ = recorded(translator, source_width=width, without_masks=("padding",))
    for key in ("encoder.0.self", "decoder.0.cross"):
        assert not masked.tables[key].weights[..., -3:].any()
        assert (open_.tables[key].weights[..., -3:] > 0).all()
        assert not open_.tables[key].codes.any()
    assert open_.hypothesis.log_probability != masked.hypothesis.log_probability
    assert masked.hypothesis.log_probability == pytest.approx(recorded(translator).hypothesis.log_probability, abs=1e-5)


def test_the_padding_mask_is_left_out_word_by_word_as_in_one_pass(make_translator: Make) -> None:
    translator = make_translator()
    width = len(translator.tokenizer.encode(TEXT)) + 4
    live = recorded(translator, source_width=width, without_masks=("padding",))
    assert live.other_way is not None
    for key, table in live.tables.items():
        np.testing.assert_allclose(live.other_way[key].context, table.context, atol=1e-5, err_msg=key)


def test_without_the_future_mask_the_answer_is_seen(make_translator: Make) -> None:
    """Only where there is a future: in one pass over a given target. Word by word, nothing changes."""
    translator = make_translator()
    target = tuple(translator.tokenizer.encode("Le chat dort."))
    cheating = recorded(translator, target=target, without_masks=("future",))
    honest = recorded(translator, target=target)
    above = np.triu_indices(len(cheating.tokens), 1)
    assert (cheating.tables["decoder.0.self"].weights[:, above[0], above[1]] > 0).all()
    assert (honest.tables["decoder.0.self"].weights[:, above[0], above[1]] == 0).all()
    assert cheating.other_way is None
    live = recorded(translator, without_masks=("future",))
    assert live.hypothesis == recorded(translator).hypothesis
    assert (live.tables["decoder.0.self"].codes[:, 0, 1:] == int(Reason.FUTURE)).all()


@pytest.mark.parametrize("positions", ["sinusoidal", "sinusoidal-halves", "learned", "rotary"])
def test_without_positions_the_encoder_gives_each_word_the_same_vector_anywhere(
    make_translator: Make, positions: str
) -> None:
    translator = make_translator(positions=positions)
    ids = tuple(translator.tokenizer.encode(TEXT))
    order = np.random.default_rng(0).permutation(len(ids))
    swapped = tuple(ids[place] for place in order)

    def contexts(source: tuple[int, ...], **changes: Any) -> np.ndarray:
        plan = Plan(source=source, search=GREEDY, interventions=Interventions(**changes))
        context: np.ndarray = record(translator.model, plan).tables["encoder.1.self"].context[:, : len(ids)]
        return context

    np.testing.assert_allclose(contexts(swapped, positions=False), contexts(ids, positions=False)[:, order], atol=1e-5)
    assert np.abs(contexts(swapped) - contexts(ids)[:, order]).max() > 1e-2


def test_nothing_asked_is_nothing_done(make_translator: Make) -> None:
    """The view that enters an attention is the view that is attended with: the very same object."""
    translator = make_translator()
    twin = twin_of(translator.model)
    core = twin.attentions()["encoder.0.self"]
    seen: list[Any] = []

    class Spy:
        def admit(self, view: Any) -> Any:
            seen.append(view)
            return view

        def saw(self, attended: Any) -> None:
            assert attended.view is seen[-1]
            assert attended.steps.weights is not None

    core.path = "plain"
    core.witness = Spy()
    plain = recorded(translator)
    Translator(twin, translator.tokenizer, translator.settings).translate(TEXT)
    assert seen
    assert plain.hypothesis == recorded(translator, without_heads=()).hypothesis
