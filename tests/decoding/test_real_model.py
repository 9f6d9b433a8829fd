"""Search over the Transformer itself: cached as uncached, batched as alone, in float64 exactly."""

from collections.abc import Callable

import pytest
import torch

from regard.batches import rectangle
from regard.decoding import Hypothesis, beam_search, greedy_search, score_ids, stream_ids, translate_ids
from regard.models import Transformer, build_model
from regard.settings import DecodingSettings, ModelSettings
from regard.text.control import BOS, EOS, PAD

VOCAB_SIZE = 40
SOURCES = [[7, 8, 9, 10, 11, 12, 30], [5], [21, 22], [13, 14, 15, 16]]
LIMIT = 8
GREEDY = DecodingSettings(beam_size=1, max_length=LIMIT)
BEAM = DecodingSettings(beam_size=3, num_hypotheses=3, max_length=LIMIT)

Make = Callable[..., Transformer]


@pytest.fixture(scope="module")
def make_model() -> Make:
    """A small untrained Transformer whose outputs vary, with sentences that end."""

    def make(*, dtype: torch.dtype = torch.float64, **changes: object) -> Transformer:
        torch.manual_seed(2)
        small = {"model_dim": 16, "num_heads": 2, "feedforward_dim": 32, "encoder_layers": 1, "decoder_layers": 2}
        model = build_model(ModelSettings.model_validate(small | {"output_bias": True} | changes), VOCAB_SIZE)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.3)
            assert model.output_bias is not None
            model.output_bias[EOS] = 3.0
        return model.to(dtype)

    return make


@torch.inference_mode()
def uncached_greedy(model: Transformer, source: list[int], limit: int) -> tuple[list[int], list[torch.Tensor]]:
    """The oracle: every step reads the whole prefix again, in one full pass under the causal mask."""
    model.eval()
    ids, layout = rectangle([[*source, EOS]])
    tokens, seen = [BOS], []
    while len(tokens) <= limit and (tokens[-1] != EOS or len(tokens) == 1):
        target, target_layout = rectangle([tokens])
        seen.append(model.score(ids, layout, target, target_layout)[0, -1])
        tokens.append(EOS + int(seen[-1][EOS:].argmax()))
    return tokens[1:], seen


@torch.inference_mode()
def cached_logits(model: Transformer, source: list[int], tokens: list[int]) -> list[torch.Tensor]:
    ids, layout = rectangle([[*source, EOS]])
    state, seen = model.start(model.encode(ids, layout)), []
    for token in [BOS, *tokens[:-1]]:
        logits, state = model.step(state, torch.tensor([token]))
        seen.append(logits[0])
    return seen


ALL_KINDS = [
    {},
    {"norm": "post", "positions": "learned"},
    {"positions": "rotary", "feedforward": "swiglu", "tied_embeddings": "target"},
    {"positions": "none", "feedforward": "none"},
]


@pytest.mark.guarantee(
    "A cached step gives what the full pass gives, token by token",
    area="masks",
)
@pytest.mark.parametrize("changes", ALL_KINDS, ids=str)
def test_cached_steps_are_rows_of_the_uncached_pass(make_model: Make, changes: dict[str, object]) -> None:
    model = make_model(**changes)
    for source in SOURCES:
        tokens, uncached = uncached_greedy(model, source, LIMIT)
        (found,) = greedy_search(model, [source], GREEDY)
        assert [*found.ids, EOS] == tokens if found.finished else list(found.ids) == tokens
        difference = torch.stack(cached_logits(model, source, tokens)) - torch.stack(uncached)
        assert difference.abs().max().item() <= 1e-10


@pytest.mark.guarantee(
    "Padding and neighbours in the batch change nothing: the same tokens and, in float64, the same scores",
    area="masks",
    control="test_without_the_padding_mask_neighbours_do_change_the_translation",
)
@pytest.mark.parametrize("search", [GREEDY, BEAM], ids=["greedy", "beam"])
@pytest.mark.parametrize("changes", ALL_KINDS, ids=str)
def test_in_a_batch_as_alone(make_model: Make, changes: dict[str, object], search: DecodingSettings) -> None:
    model = make_model(**changes)
    alone = [translate_ids(model, [source], search)[0] for source in SOURCES]
    together = translate_ids(model, SOURCES, search)
    backwards = translate_ids(model, SOURCES[::-1], search)[::-1]
    little_room = translate_ids(model, SOURCES, search.model_copy(update={"batch_tokens": 20}))
    for other in (together, backwards, little_room):
        assert_same(other, alone)
    assert len({each.ids for found in alone for each in found}) > 1, "the model must not say one thing"


def test_without_the_padding_mask_neighbours_do_change_the_translation(make_model: Make) -> None:
    """The negative control of the test above."""
    model = make_model(padding_mask=False)
    alone = [translate_ids(model, [source], GREEDY)[0] for source in SOURCES]
    with pytest.raises(AssertionError):
        assert_same(translate_ids(model, SOURCES, GREEDY), alone)


def assert_same(found: list[list[Hypothesis]], expected: list[list[Hypothesis]]) -> None:
    """The same tokens; log-probabilities to float64's precision."""
    assert [[each.ids for each in hypotheses] for hypotheses in found] == [
        [each.ids for each in hypotheses] for hypotheses in expected
    ]
    for one, other in zip(found, expected, strict=True):
        for each, same in zip(one, other, strict=True):
            assert each.token_log_probabilities == pytest.approx(same.token_log_probabilities, abs=1e-10)


def test_hypotheses_are_distinct_sorted_and_reproduced_by_forced_decoding(make_model: Make) -> None:
    model = make_model()
    for source, found in zip(SOURCES, beam_search(model, SOURCES, BEAM), strict=True):
        assert len({each.ids for each in found}) == len(found) == BEAM.num_hypotheses
        assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
        forced = score_ids(model, [source] * len(found), [each.ids for each in found], BEAM)
        for each, again in zip(found, forced, strict=True):
            scored = again.token_log_probabilities[: len(each.token_log_probabilities)]
            assert each.token_log_probabilities == pytest.approx(scored, abs=1e-10)
            assert not each.finished or each.score == pytest.approx(again.score, abs=1e-10)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16], ids=str)
def test_a_beam_of_one_and_a_stream_are_greedy_search(make_model: Make, dtype: torch.dtype) -> None:
    model = make_model(dtype=dtype)
    for source in SOURCES:
        (greedy,) = greedy_search(model, [source], GREEDY)
        assert beam_search(model, [source], GREEDY) == [[greedy]]
        streamed = list(stream_ids(model, source, GREEDY))
        assert tuple(step.id for step in streamed if not step.is_end) == greedy.ids
        assert tuple(step.log_probability for step in streamed) == greedy.token_log_probabilities


def test_a_wider_beam_finds_more_probable_translations(make_model: Make) -> None:
    model = make_model()
    means = []
    for beam_size in (1, 8):
        search = DecodingSettings(beam_size=beam_size, length_penalty=0.0, max_length=LIMIT)
        means.append(sum(found[0].log_probability for found in translate_ids(model, SOURCES, search)))
    assert means[1] > means[0]


def test_control_tokens_are_never_generated_even_if_the_model_wants_them(make_model: Make) -> None:
    model = make_model()
    with torch.no_grad():
        assert model.output_bias is not None
        model.output_bias[:EOS] = 50.0
    for search in (GREEDY, BEAM):
        for found in translate_ids(model, SOURCES, search):
            assert all(token > EOS for each in found for token in each.ids)
    assert PAD < EOS


def test_learned_positions_end_the_search_before_the_table_ends(make_model: Make) -> None:
    model = make_model(positions="learned", max_length=9)
    with torch.no_grad():
        assert model.output_bias is not None
        model.output_bias[EOS] = -50.0
    for beam_size in (1, 2):
        found = translate_ids(model, SOURCES, DecodingSettings(beam_size=beam_size))
        assert [len(hypotheses[0].ids) for hypotheses in found] == [9] * len(SOURCES)


@pytest.mark.guarantee(
    "Asked to be deterministic, a search gives the same bits whatever is translated beside it",
    area="decoding",
    control="test_without_being_asked_a_batch_changes_the_last_bits",
)
@pytest.mark.parametrize("search", [GREEDY, BEAM], ids=["greedy", "beam"])
def test_deterministic_search_gives_the_same_bits_in_any_company(make_model: Make, search: DecodingSettings) -> None:
    model, asked = make_model(dtype=torch.float32, model_dim=64), search.model_copy(update={"deterministic": True})
    alone = [translate_ids(model, [source], asked)[0] for source in SOURCES]
    assert translate_ids(model, SOURCES, asked) == alone
    assert translate_ids(model, SOURCES[::-1] * 3, asked) == alone[::-1] * 3


def test_without_being_asked_a_batch_changes_the_last_bits(make_model: Make) -> None:
    model = make_model(dtype=torch.float32, model_dim=64)
    alone = [translate_ids(model, [source], BEAM)[0] for source in SOURCES]
    assert translate_ids(model, SOURCES[::-1] * 3, BEAM) != alone[::-1] * 3
