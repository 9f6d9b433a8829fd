"""Search over the recurrent network: batched as alone, padded as not, in float64; broken, when padding is looked at."""

import pytest
import torch

from regard.batches import rectangle
from regard.decoding import Hypothesis, beam_search, score_ids, translate_ids
from regard.layout import Layout
from regard.models import AnyModel, build_model
from regard.settings import DecodingSettings, ModelSettings
from regard.text.control import BOS, EOS

SOURCES = [[7, 8, 9, 10, 11, 12, 30], [5], [21, 22], [13, 14, 15, 16]]
GREEDY = DecodingSettings(beam_size=1, max_length=8)
BEAM = DecodingSettings(beam_size=5, num_hypotheses=5, max_length=8)
KINDS = [
    {"cell": "gru", "attention_score": "general"},
    {"cell": "gru", "attention_score": "additive", "input_feeding": True},
    {"cell": "lstm", "attention_score": "dot"},
]


def model_of(**changes: object) -> AnyModel:
    torch.manual_seed(2)
    small = {"kind": "recurrent", "model_dim": 12, "state_dim": 16, "num_heads": 2, "decoder_layers": 2}
    model = build_model(ModelSettings.model_validate(small | {"output_bias": True, "dropout": 0.0} | changes), 40)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.3)
        model.get_parameter("output_bias")[EOS] = 3.0
    return model.double().eval()


def ids_and_scores(found: list[list[Hypothesis]]) -> list[list[tuple[tuple[int, ...], float]]]:
    return [[(one.ids, one.log_probability) for one in hypotheses] for hypotheses in found]


def largest_difference(model: AnyModel, search: DecodingSettings) -> float:
    """Between translations of all sentences at once and of each alone; infinite where other tokens were chosen."""
    together = ids_and_scores(translate_ids(model, SOURCES, search))
    alone = ids_and_scores([translate_ids(model, [source], search)[0] for source in SOURCES])
    pairs = [
        (one, other) for many, few in zip(together, alone, strict=True) for one, other in zip(many, few, strict=True)
    ]
    if any(one[0] != other[0] for one, other in pairs):
        return float("inf")
    return max(abs(one[1] - other[1]) for one, other in pairs)


@pytest.mark.parametrize("search", [GREEDY, BEAM], ids=["greedy", "beam"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind.values())))
def test_a_sentence_is_translated_in_a_batch_as_alone(kind: dict[str, object], search: DecodingSettings) -> None:
    assert largest_difference(model_of(**kind), search) < 1e-12


def test_the_comparison_fails_when_padding_is_looked_at() -> None:
    assert largest_difference(model_of(padding_mask=False), BEAM) > 1e-3


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind.values())))
def test_more_padding_changes_no_step(kind: dict[str, object]) -> None:
    model = model_of(**kind)
    with torch.inference_mode():
        for width in (5, 9, 40):
            ids, layout = rectangle([[*SOURCES[3], EOS]], width=width)
            assert torch.equal(torch.as_tensor(layout.lengths), torch.tensor([5]))
            logits, _ = model.step(model.start(model.encode(ids, layout)), torch.tensor([BOS]))
            narrow, _ = model.step(model.start(model.encode(*rectangle([[*SOURCES[3], EOS]]))), torch.tensor([BOS]))
            torch.testing.assert_close(logits, narrow, atol=1e-12, rtol=0)


def test_what_lies_in_the_padding_does_not_matter() -> None:
    model = model_of()
    with torch.inference_mode():
        found = [
            model.step(
                model.start(model.encode(torch.tensor([[5, 6, EOS, *rest]]), Layout.of([3], width=5))),
                torch.tensor([BOS]),
            )[0]
            for rest in ([0, 0], [17, 38])
        ]
    assert torch.equal(*found)


def test_beams_score_what_they_chose() -> None:
    """The scores of a search, steps and reordered states behind it, are those of one pass over its translations."""
    model = model_of(input_feeding=True)
    found = beam_search(model, SOURCES, BEAM)
    pairs = [(source, one) for source, many in zip(SOURCES, found, strict=True) for one in many if one.finished]
    assert len(pairs) > len(SOURCES)
    again = score_ids(model, [source for source, _ in pairs], [list(one.ids) for _, one in pairs], BEAM)
    for (_, one), other in zip(pairs, again, strict=True):
        assert one.log_probability == pytest.approx(other.log_probability, abs=1e-10)
