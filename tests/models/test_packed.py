"""Sentences packed in one row are computed exactly as in rows of their own."""

import numpy as np
import pytest
import torch
from torch import Tensor

from regard.batches import Batch, EncodedPairs, Ragged, make_batch, rectangle
from regard.errors import ShapeError
from regard.layout import Layout
from regard.models import AnyModel, build_model
from regard.settings.model import ModelSettings
from regard.training import batch_loss

POSITIONS = ["sinusoidal", "sinusoidal-halves", "learned", "rotary", "none"]
SOURCES = [[5, 6, 7], [8], [9, 10, 11, 12], [13, 14], [6, 5]]
TARGETS = [[15, 16], [17, 18, 19], [5], [7, 8, 9, 10], [11, 12]]
PAIRS = EncodedPairs(Ragged.of(SOURCES), Ragged.of(TARGETS))
EVERY = np.arange(len(SOURCES))


def model_of(**changes: object) -> AnyModel:
    torch.manual_seed(0)
    small = {"model_dim": 16, "num_heads": 2, "feedforward_dim": 32, "encoder_layers": 2, "decoder_layers": 2}
    settings = ModelSettings(**{**small, "dropout": 0.0, **changes})  # type: ignore[arg-type]
    return build_model(settings, 20).double()


def features(model: AnyModel, batch: Batch) -> Tensor:
    return model.features(batch.source, batch.source_layout, batch.target_in, batch.target_layout)


def by_sentence(vectors: Tensor, batch: Batch) -> dict[tuple[int, ...], Tensor]:
    """The vectors of each sentence, found by its target ids."""
    found = {}
    for row, length in enumerate(batch.target_layout.lengths):
        sentences = (batch.target_layout.segments or tuple((n,) for n in batch.target_layout.lengths))[row]
        parts = zip(vectors[row, :length].split(sentences), batch.target_in[row, :length].split(sentences), strict=True)
        found |= {tuple(ids.tolist()): part for part, ids in parts}
    return found


def gradients(model: AnyModel, batch: Batch) -> tuple[float, dict[str, Tensor]]:
    model.zero_grad()
    loss = batch_loss(model, batch, smoothing=0.1) / batch.num_target_tokens
    loss.backward()
    return float(loss.detach()), {
        name: weight.grad for name, weight in model.named_parameters() if weight.grad is not None
    }


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("width", [8, 40])
def test_packed_sentences_are_computed_as_if_alone(positions: str, width: int) -> None:
    model, packed = model_of(positions=positions), make_batch(PAIRS, EVERY, packed_width=width)
    assert packed.source_layout.num_rows < len(SOURCES)
    together = by_sentence(features(model, packed), packed)
    for index in EVERY.tolist():
        alone = make_batch(PAIRS, EVERY[index : index + 1])
        ((ids, expected),) = by_sentence(features(model, alone), alone).items()
        torch.testing.assert_close(together[ids], expected, atol=1e-10, rtol=0)


@pytest.mark.guarantee(
    "Sentences packed into one row train as in rows of their own: the same loss, the same gradients",
    area="masks",
    control="test_without_segments_at_all_neighbours_would_be_seen",
)
@pytest.mark.parametrize("positions", POSITIONS)
def test_loss_and_gradients_are_those_of_separate_rows(positions: str) -> None:
    model = model_of(positions=positions)
    loss, of_packed = gradients(model, make_batch(PAIRS, EVERY, packed_width=12))
    expected, of_separate = gradients(model, make_batch(PAIRS, EVERY))
    assert loss == pytest.approx(expected, abs=1e-10)
    assert of_packed.keys() == of_separate.keys()
    for name, gradient in of_separate.items():
        torch.testing.assert_close(of_packed[name], gradient, atol=1e-10, rtol=0)


@pytest.mark.parametrize("forgotten", ["source_layout", "target_layout"])
def test_without_segments_on_one_side_the_rows_do_not_fit(forgotten: str) -> None:
    batch = make_batch(PAIRS, EVERY, packed_width=40)
    layouts = {name: getattr(batch, name) for name in ("source_layout", "target_layout")}
    layouts[forgotten] = Layout(layouts[forgotten].lengths, layouts[forgotten].width)
    if forgotten == "target_layout":
        with pytest.raises(ShapeError, match="must hold equally many sentences"):
            model_of().features(batch.source, layouts["source_layout"], batch.target_in, layouts["target_layout"])
    else:
        wrong = model_of().features(batch.source, layouts["source_layout"], batch.target_in, layouts["target_layout"])
        assert not torch.allclose(wrong, features(model_of(), batch))


def test_without_segments_at_all_neighbours_would_be_seen() -> None:
    batch = make_batch(PAIRS, EVERY, packed_width=40)
    source, target = (Layout(one.lengths, one.width) for one in (batch.source_layout, batch.target_layout))
    wrong = model_of().features(batch.source, source, batch.target_in, target)
    assert (wrong - features(model_of(), batch)).abs().max() > 1e-3


def test_a_learned_table_is_as_long_as_the_longest_sentence_not_as_the_row() -> None:
    batch = make_batch(PAIRS, EVERY, packed_width=40)
    assert batch.source_layout.width > 5
    features(model_of(positions="learned", max_length=5), batch)
    with pytest.raises(ShapeError, match=r"reaches position 5, but model.max_length gave the learned positions only 4"):
        features(model_of(positions="learned", max_length=4), batch)


def test_decoding_from_packed_rows_is_refused() -> None:
    batch = make_batch(PAIRS, EVERY, packed_width=40)
    model = model_of()
    with pytest.raises(ShapeError, match=r"decoding reads one sentence per row, .* unpack them"):
        model.start(model.encode(batch.source, batch.source_layout))
    assert model.start(model.encode(*rectangle(SOURCES))) is not None


def test_a_recurrent_network_refuses_packed_rows() -> None:
    batch = make_batch(PAIRS, EVERY, packed_width=40)
    torch.manual_seed(0)
    model = build_model(ModelSettings(kind="recurrent", model_dim=16, encoder_layers=1, decoder_layers=1), 20)
    with pytest.raises(
        ShapeError, match=r"recurrent network reads one sentence per row, .* leave training.packed_width"
    ):
        features(model, batch)
