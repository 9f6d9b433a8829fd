"""The Transformer: parity with torch.nn on copied weights, no look into the future, padding that changes nothing."""

import pytest
import torch
from torch import Tensor, nn

from regard.attention import Causal, Everything, Padding
from regard.batches import rectangle
from regard.errors import ShapeError
from regard.layout import Layout
from regard.models import Noise, Transformer, build_model, load_weights, weights_of
from regard.models.multihead import CrossAttention, KeyValues, SelfAttention
from regard.models.stack import DecoderLayer, EncoderLayer
from regard.settings.model import ModelSettings

SMALL = {
    "model_dim": 16,
    "num_heads": 2,
    "feedforward_dim": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "dropout": 0.0,
}
SOURCE = [[5, 6, 7, 3], [8, 3]]
TARGET = [[2, 9, 10, 11], [2, 12]]


def model_of(**changes: object) -> Transformer:
    torch.manual_seed(0)
    return build_model(ModelSettings(**{**SMALL, **changes}), 20).double().eval()  # type: ignore[arg-type]


def scores(model: Transformer, source: list[list[int]], target: list[list[int]], **width: int) -> Tensor:
    return model.score(*rectangle(source, **width), *rectangle(target))


def copy(theirs: nn.Module, names: dict[str, Tensor]) -> None:
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            weight.copy_(names[name])


def attention_names(prefix: str, ours: SelfAttention | CrossAttention) -> dict[str, Tensor]:
    if isinstance(ours, SelfAttention):
        weight, bias = ours.project.weight, ours.project.bias
    else:
        parts = (ours.project_query, ours.project_memory)
        weight, bias = torch.cat([p.weight for p in parts]), torch.cat([p.bias for p in parts])
    return {
        f"{prefix}.in_proj_weight": weight,
        f"{prefix}.in_proj_bias": bias,
        f"{prefix}.out_proj.weight": ours.output.weight,
        f"{prefix}.out_proj.bias": ours.output.bias,
    }


def layer_names(ours: EncoderLayer | DecoderLayer) -> dict[str, Tensor]:
    assert ours.feedforward is not None
    assert ours.around_feedforward is not None
    norms = [ours.around_attention.norm]
    names = attention_names("self_attn", ours.attention)
    if isinstance(ours, DecoderLayer):
        names |= attention_names("multihead_attn", ours.cross)
        norms.append(ours.around_cross.norm)
    norms.append(ours.around_feedforward.norm)
    for number, norm in enumerate(norms, start=1):
        names |= {f"norm{number}.weight": norm.weight, f"norm{number}.bias": norm.bias}
    for number, linear in ((1, ours.feedforward.expand), (2, ours.feedforward.contract)):
        names |= {f"linear{number}.weight": linear.weight, f"linear{number}.bias": linear.bias}
    return names


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_layers_equal_those_of_torch_on_copied_weights(norm: str, activation: str) -> None:
    torch.manual_seed(1)
    settings = ModelSettings(**{**SMALL, "norm": norm, "feedforward": activation})  # type: ignore[arg-type]
    options = {"activation": activation, "batch_first": True, "norm_first": norm == "pre", "dropout": 0.0}
    source_layout, target_layout = Layout((5, 3), 5), Layout((4, 4), 4)
    source, target = torch.randn(2, 5, 16).double(), torch.randn(2, 4, 16).double()
    hidden = ~source_layout.real()

    encoder = EncoderLayer(settings, Noise(0)).double()
    theirs: nn.Module = nn.TransformerEncoderLayer(16, 2, 32, **options).double()
    copy(theirs, layer_names(encoder))
    found = encoder(source, Padding(source_layout).view(5, 5))
    torch.testing.assert_close(found[0], theirs(source, src_key_padding_mask=hidden)[0])
    torch.testing.assert_close(found[1, :3], theirs(source, src_key_padding_mask=hidden)[1, :3])

    decoder = DecoderLayer(settings, Noise(0)).double()
    theirs = nn.TransformerDecoderLayer(16, 2, 32, **options).double()
    copy(theirs, layer_names(decoder))
    future = nn.Transformer.generate_square_subsequent_mask(4, dtype=torch.float64)
    expected = theirs(target, source, tgt_mask=future, memory_mask=torch.zeros(4, 5).double())
    assert target_layout.is_full
    memory = decoder.cross.remember(source)
    context, _ = decoder(target, Causal().view(4, 4), memory, Everything().view(4, 5))
    torch.testing.assert_close(context, expected)


@pytest.mark.guarantee(
    "A cached step gives what the full pass gives, token by token",
    area="masks",
    control="test_a_cache_that_mixes_its_values_up_is_caught",
    reported="pytorch #108108, #144858",
)
@pytest.mark.parametrize("positions", ["sinusoidal", "sinusoidal-halves", "learned", "rotary", "none"])
@pytest.mark.parametrize("norm", ["pre", "post"])
def test_cached_steps_equal_the_full_pass(positions: str, norm: str) -> None:
    model = model_of(positions=positions, norm=norm)
    full = scores(model, SOURCE, [row + [13] * (4 - len(row)) for row in TARGET])
    target = torch.tensor([row + [13] * (4 - len(row)) for row in TARGET])
    state = model.start(model.encode(*rectangle(SOURCE)))
    for step in range(4):
        logits, state = model.step(state, target[:, step])
        torch.testing.assert_close(logits, full[:, step], atol=1e-12, rtol=0)


def test_a_cache_that_mixes_its_values_up_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    append = KeyValues.append

    def mixed(self: KeyValues, other: KeyValues) -> KeyValues:
        known = append(self, other)
        return KeyValues(known.keys, known.values.roll(1, dims=2))

    monkeypatch.setattr(KeyValues, "append", mixed)
    with pytest.raises(AssertionError):
        test_cached_steps_equal_the_full_pass("sinusoidal", "pre")


@pytest.mark.guarantee(
    "Padding and neighbours in the batch change nothing: the same tokens and, in float64, the same scores",
    area="masks",
    control="test_without_the_padding_mask_padding_does_change_it",
    reported="fairseq #427, marian-dev #311, transformers #22707, OpenNMT-py #272",
)
@pytest.mark.parametrize("feedforward", ["relu", "swiglu", "none"])
def test_padding_changes_nothing(feedforward: str) -> None:
    model = model_of(feedforward=feedforward)
    together = scores(model, SOURCE, TARGET)
    wider = scores(model, SOURCE, TARGET, width=9)
    alone = scores(model, SOURCE[1:], TARGET[1:])
    torch.testing.assert_close(together[1, :2], alone[0], atol=1e-12, rtol=0)
    torch.testing.assert_close(together[0], wider[0], atol=1e-12, rtol=0)


def test_without_the_padding_mask_padding_does_change_it() -> None:
    model = model_of(padding_mask=False)
    assert (scores(model, SOURCE, TARGET)[1, :2] - scores(model, SOURCE[1:], TARGET[1:])[0]).abs().max() > 1e-3


def test_every_attention_leaves_the_path_to_the_dispatcher() -> None:
    attentions = model_of().attentions()
    assert len(attentions) == 6
    assert {core.path for core in attentions.values()} == {"auto"}


def gradient_by_target_position(model: Transformer, *, row: int) -> Tensor:
    """How much each target input position moves the prediction at position ``row``."""
    embedded: list[Tensor] = []

    def keep(module: nn.Module, inputs: object, output: Tensor) -> None:
        output.retain_grad()
        embedded.append(output)

    handle = model.target_embedding.register_forward_hook(keep)
    scores(model, SOURCE[:1], TARGET[:1])[0, row].square().sum().backward()
    handle.remove()
    assert embedded[0].grad is not None
    return embedded[0].grad[0].abs().sum(-1)


@pytest.mark.guarantee(
    "The derivative of an output with respect to later positions is exactly 0",
    area="masks",
    control="test_without_the_future_mask_it_does",
)
def test_no_prediction_depends_on_the_future() -> None:
    for row in range(4):
        moved = gradient_by_target_position(model_of(), row=row)
        assert bool((moved[row + 1 :] == 0).all())
        assert bool((moved[: row + 1] > 0).all())


def test_without_the_future_mask_it_does() -> None:
    assert gradient_by_target_position(model_of(future_mask=False), row=0)[3] > 0


def test_without_positions_the_encoder_only_permutes() -> None:
    for positions, same in (("none", True), ("sinusoidal", False)):
        model = model_of(positions=positions)
        chased, swapped = (model.encode(*rectangle([row])).vectors[0] for row in ([5, 6, 7, 3], [7, 6, 5, 3]))
        assert torch.allclose(chased, swapped[[2, 1, 0, 3]], atol=1e-12) is same


@pytest.mark.guarantee(
    "Training and translating compute the same where dropout is 0",
    area="masks",
    control="test_with_dropout_they_differ",
    reported="pytorch #97111, #86120",
)
def test_train_equals_eval_without_dropout() -> None:
    model = model_of()
    expected = scores(model, SOURCE, TARGET)
    assert torch.equal(scores(model.train(), SOURCE, TARGET), expected)


def test_with_dropout_they_differ() -> None:
    model = model_of(dropout=0.5)
    assert not torch.equal(scores(model.train(), SOURCE, TARGET), scores(model.eval(), SOURCE, TARGET))


def test_the_small_preset_has_the_size_it_is_known_for() -> None:
    model = build_model(ModelSettings(), 8000)
    assert sum(weight.numel() for weight in model.parameters()) == 7_578_624


def test_tied_weights_have_one_name() -> None:
    assert sum("tokens.weight" in name for name in weights_of(model_of())) == 1
    assert sum("tokens.weight" in name for name in weights_of(model_of(tied_embeddings="target"))) == 2


def test_weights_of_another_network_are_refused_and_change_nothing() -> None:
    model = model_of()
    before = {name: tensor.clone() for name, tensor in weights_of(model).items()}
    with pytest.raises(ShapeError, match=r"not of this network: .* is missing; .* is unknown"):
        load_weights(model, weights_of(model_of(norm="post", tied_embeddings="none")))
    assert all(torch.equal(tensor, before[name]) for name, tensor in weights_of(model).items())


def test_a_learned_table_says_where_it_ends() -> None:
    with pytest.raises(ShapeError, match=r"reaches position 4, but model.max_length .* only 3"):
        scores(model_of(positions="learned", max_length=3), SOURCE, TARGET)
