"""A network that trains by compiled kernels learns what it learns without them."""

import copy

import pytest
import torch
from torch import Tensor

from regard.attention import Causal
from regard.attention import dispatch as dispatch_module
from regard.attention.core import attend
from regard.batches import rectangle
from regard.kernels import Kernels
from regard.kernels.check import farthest
from regard.kernels.twins import plain_factors
from regard.models import AnyModel, build_model
from regard.models.heads import split_heads
from regard.models.kernels import use_kernels
from regard.models.layers import Embedding, Linear
from regard.models.noise import Dropout, Noise
from regard.settings.model import ModelSettings
from regard.training.loss import smoothed_cross_entropy

SMALL = {"model_dim": 64, "num_heads": 2, "feedforward_dim": 96, "encoder_layers": 2, "decoder_layers": 2}
VARIANTS: list[dict[str, object]] = [
    {},
    {"norm": "post", "positions": "rotary", "qk_norm": True},
    {"num_heads": 8, "positions": "learned", "tied_embeddings": "none"},
    {"model_dim": 40, "num_heads": 5, "embedding_norm": True},
]


def network_of(dtype: torch.dtype = torch.float32, **changes: object) -> AnyModel:
    settings = ModelSettings.model_validate({**SMALL, "dropout": 0.0, **changes})
    model = build_model(settings, 100, seed=3).train()
    model.compute_dtype = dtype
    return model


def learned(model: AnyModel) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of one batch with padding on both sides, and the gradient of every weight."""
    model.zero_grad()
    source, source_layout = rectangle([[5, 9, 3, 2], [7, 2], [8, 8, 8, 2]])
    target, target_layout = rectangle([[1, 30, 31], [1, 40, 41, 42, 43], [1]])
    logits = model.score(source, source_layout, target, target_layout)[target_layout.real()]
    targets = torch.arange(len(logits)) + 50
    loss = smoothed_cross_entropy(logits, targets, smoothing=0.1, weight=0.1, kernels=model.kernels)
    loss.backward()  # type: ignore[no-untyped-call]
    return loss.detach(), {name: one.grad for name, one in model.named_parameters() if one.grad is not None}


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the kernels that are called."""
    names: list[str] = []
    call = Kernels.call

    def noted(self: Kernels, name: str, *arguments: object) -> object:
        names.append(name)
        return call(self, name, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Kernels, "call", noted)
    return names


@pytest.mark.parametrize("changes", VARIANTS, ids=["plain", "post rotary", "untied", "odd sizes"])
def test_loss_and_every_gradient_are_those_without_kernels(
    kernels: Kernels, taken: list[str], changes: dict[str, object]
) -> None:
    model = network_of(**changes)
    loss, gradients = learned(model)
    assert not taken
    use_kernels(model, kernels)
    found_loss, found = learned(model)
    assert "loss" in taken
    fits = model.settings.model_dim % 16 == 0  # type: ignore[union-attr]
    assert ("normalise_back" in taken) == fits
    assert "rectify_back" in taken
    assert ("embed_back" in taken) == (fits and changes.get("positions") != "learned")
    assert "sum_columns" in taken
    assert ("attend_back" in taken) == (fits and model.settings.head_dim % 16 == 0)  # type: ignore[union-attr]
    torch.testing.assert_close(found_loss, loss, rtol=1e-5, atol=0)
    assert found.keys() == gradients.keys()
    for name, wanted in gradients.items():
        largest = float((found[name] - wanted).abs().max() / wanted.abs().max().clamp_min(1e-6))
        assert largest <= 2e-4, (name, largest)


def test_in_bfloat16_the_loss_is_as_near(kernels: Kernels) -> None:
    exact, _ = learned(network_of())
    model = network_of(torch.bfloat16)
    plain, _ = learned(model)
    use_kernels(model, kernels)
    found, _ = learned(model)
    assert abs(found - exact) <= abs(plain - exact) + 0.005 * exact


@pytest.mark.parametrize("rectified", [True, False])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_linear_layer_has_the_gradients_of_its_parts(
    kernels: Kernels, taken: list[str], dtype: torch.dtype, bias: bool, rectified: bool
) -> None:
    layer = Linear(32, 48, bias=bias).train()
    if layer.bias is not None:
        torch.nn.init.normal_(layer.bias)
    vectors = torch.randn(3, 5, 32, dtype=dtype, requires_grad=True)

    def computed(upstream: Tensor) -> list[Tensor]:
        result = layer(vectors, rectified=rectified)
        return [result.detach(), *torch.autograd.grad(result, [vectors, *layer.parameters()], upstream)]

    upstream = torch.randn(3, 5, 48, dtype=dtype)
    wanted = computed(upstream)
    assert not taken
    layer.kernels = kernels
    found = computed(upstream.transpose(0, 1).contiguous().transpose(0, 1))  # as it may come: not contiguous
    assert bool(taken) == (bias or rectified)
    # PyTorch rounds the gradient of a bias to bfloat16.
    assert farthest(found, wanted) <= {torch.float32: 1e-5, torch.bfloat16: 1e-2}[dtype]


def test_a_frozen_layer_passes_on_what_is_learned_before_it(kernels: Kernels) -> None:
    layer = Linear(32, 48).requires_grad_(False).train()
    vectors = torch.randn(4, 32, requires_grad=True)
    (wanted,) = torch.autograd.grad(layer(vectors).square().sum(), vectors)
    layer.kernels = kernels
    (found,) = torch.autograd.grad(layer(vectors).square().sum(), vectors)
    torch.testing.assert_close(found, wanted)
    layer.requires_grad_(True)
    layer(vectors.detach()).sum().backward()  # type: ignore[no-untyped-call]
    assert layer.bias is not None
    torch.testing.assert_close(layer.bias.grad, torch.full((48,), 4.0))


def test_who_watches_a_table_sees_it_called(kernels: Kernels, taken: list[str]) -> None:
    model, seen = network_of(), []
    use_kernels(model, kernels)
    table = next(one for one in model.modules() if isinstance(one, Embedding))
    handle = table.register_forward_hook(lambda *found: seen.append(found))
    learned(model)
    assert seen
    assert "embed" not in taken
    handle.remove()
    learned(model)
    assert "embed" in taken


def test_an_id_that_is_not_in_the_vocabulary_is_refused_as_without(kernels: Kernels) -> None:
    model = network_of()
    use_kernels(model, kernels)
    source, layout = rectangle([[5, 100]])
    with pytest.raises(IndexError):
        model.encode(source, layout)


def test_another_loss_is_seen(kernels: Kernels) -> None:
    model = network_of()
    loss, _ = learned(model)
    use_kernels(model, kernels)
    with torch.no_grad():
        model.attentions()["encoder.0.self"].scale *= 1.5
    found, _ = learned(model)
    with pytest.raises(AssertionError):
        torch.testing.assert_close(found, loss, rtol=1e-5, atol=0)


def test_they_can_be_taken_away_and_a_twin_shares_them(kernels: Kernels, taken: list[str]) -> None:
    model = network_of()
    use_kernels(model, kernels)
    twin = copy.deepcopy(model)
    assert twin.kernels is kernels
    use_kernels(model, None)
    learned(model)
    assert not taken
    learned(twin)
    assert taken


@torch.no_grad()
def test_a_network_that_translates_takes_none(kernels: Kernels, taken: list[str]) -> None:
    model = network_of().eval()
    use_kernels(model, kernels)
    source, layout = rectangle([[5, 9, 2], [7, 2]])
    model.step(model.start(model.encode(source, layout)), torch.tensor([1, 1]))
    assert not taken


def test_long_sentences_take_another_path(kernels: Kernels, taken: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    queries, keys, values = (torch.randn(1, 2, 9, 16, requires_grad=True) for _ in range(3))
    attend(queries, keys, values, Causal(), kernels=kernels)
    assert taken == ["attend_room", "attend"]
    monkeypatch.setattr(dispatch_module, "COMPILED_KEYS", {torch.float32: 8})
    attend(queries, keys, values, Causal(), kernels=kernels)
    with torch.no_grad():
        attend(queries[:, :, :8], keys[:, :, :8], values[:, :, :8], Causal(), kernels=kernels)
    attend(queries, keys, values, Causal(), kernels=kernels, dropout=lambda weights: weights)
    steps = attend(queries, keys, values, Causal(), kernels=kernels, path="plain")
    assert steps.weights is not None
    assert taken == ["attend_room", "attend"], "only once"


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_splitting_heads_has_the_gradient_of_a_view(parts: int) -> None:
    projected = torch.randn(2, 5, parts * 12, dtype=torch.float64, requires_grad=True)

    def function(given: Tensor) -> tuple[Tensor, ...]:
        return split_heads(given, parts, 3)

    wanted = projected.view(2, 5, parts, 3, 4).permute(2, 0, 3, 1, 4)
    assert all(torch.equal(one, other) for one, other in zip(function(projected), wanted, strict=True))
    assert torch.autograd.gradcheck(function, (projected,))


def test_dropout_and_its_gradient_drop_the_same_cells(kernels: Kernels) -> None:
    dropout = Dropout(0.3, Noise(5)).train()
    dropout.kernels = kernels
    vectors, residual, upstream = (torch.randn(7, 33, requires_grad=True) for _ in range(3))
    seed = Noise(5).seed()
    found = dropout.added(residual, vectors)
    from_residual, from_vectors = torch.autograd.grad(found, (residual, vectors), upstream)
    factors = plain_factors((7, 33), seed=seed, levels=77).float()
    torch.testing.assert_close(found, residual + vectors * factors)
    assert torch.equal(from_residual, upstream)
    torch.testing.assert_close(from_vectors, upstream * factors)
    again = dropout(vectors)
    assert not torch.equal(again == 0, factors == 0), "every mask has a seed of its own"


def test_a_restored_noise_drops_the_same_cells(kernels: Kernels) -> None:
    noise = Noise(1)
    dropout = Dropout(0.5, noise).train()
    dropout.kernels = kernels
    vectors = torch.randn(4, 100)
    dropout(vectors)
    state = noise.state
    first, second = dropout(vectors), dropout(vectors)
    noise.state = state
    assert torch.equal(dropout(vectors), first)
    assert torch.equal(dropout(vectors), second)
    assert not torch.equal(first, second)
