"""What a network computes in: layers made ready once give what they gave, as exactly as their numbers allow."""

import copy

import pytest
import torch

from regard.batches import rectangle
from regard.models import NUMBERS, Transformer, build_model, compute_in, fastest_numbers
from regard.models.layers import Linear
from regard.models.products import EightBit, Packed, filled_up, has_packed_bfloat16
from regard.settings.model import ModelSettings

SMALL = {"model_dim": 32, "num_heads": 2, "feedforward_dim": 64, "encoder_layers": 1, "decoder_layers": 1}
LARGEST_ERROR = {"float64": 1e-4, "float32": 1e-5, "bfloat16": 0.08, "int8": 0.12}


def model_of(**changes: object) -> Transformer:
    torch.manual_seed(0)
    model = build_model(ModelSettings(**{**SMALL, **changes}), 37).eval()  # type: ignore[arg-type]
    assert isinstance(model, Transformer)
    return model.requires_grad_(False)


@torch.inference_mode()
def logits_of(model: Transformer) -> torch.Tensor:
    return model.score(*rectangle([[5, 6, 7, 3], [8, 3]]), *rectangle([[2, 9, 10, 11], [2, 12]]))


@pytest.mark.parametrize("tied", ["all", "none"])
@pytest.mark.parametrize("numbers", NUMBERS)
def test_a_network_computes_nearly_the_same_in_all_numbers(numbers: str, tied: str) -> None:
    expected = logits_of(model_of(tied_embeddings=tied).double())
    model = model_of(tied_embeddings=tied)
    compute_in(model, numbers)  # type: ignore[arg-type]
    found = logits_of(model).double()
    assert model.numbers == numbers
    scale = float(expected.std())
    assert float((found - expected).abs().max()) <= LARGEST_ERROR[numbers] * scale
    if numbers in ("bfloat16", "int8"):
        assert float((found - expected).abs().max()) > 1e-5 * scale, "these numbers are rounded"


@pytest.mark.parametrize("rows", [0, 1, 2, 7])
@pytest.mark.parametrize("bias", [True, False])
def test_eight_bits_are_the_same_weight_for_one_row_and_for_many(rows: int, bias: bool) -> None:
    torch.manual_seed(1)
    linear = Linear(64, 48, bias=bias).requires_grad_(False)
    product = EightBit(linear.weight, linear.bias)
    vectors = torch.randn(7, 64).bfloat16()
    together = product(vectors).float()
    torch.testing.assert_close(product(vectors[:rows]).float(), together[:rows], atol=0.06, rtol=0.02)
    exact = torch.nn.functional.linear(vectors.float(), linear.weight, linear.bias)
    assert 1e-4 < float((together - exact).abs().max()) < 0.08


def test_a_weight_of_zeros_stays_zero() -> None:
    product = EightBit(torch.zeros(32, 64), None)
    assert float(product(torch.ones(1, 64).bfloat16()).abs().max()) == 0


def test_each_output_has_a_factor_of_its_own() -> None:
    weight = torch.ones(32, 64)
    weight[0] *= 1000
    product = EightBit(weight, None)
    found = product(torch.ones(1, 64).bfloat16())[0]
    assert float(found[0]) == pytest.approx(64000, rel=0.01)
    assert float(found[1]) == pytest.approx(64, rel=0.01)


@pytest.mark.skipif(not has_packed_bfloat16(), reason="oneDNN multiplies no bfloat16 on this machine")
def test_a_weight_laid_out_once_gives_the_same_product() -> None:
    linear = Linear(64, 48).requires_grad_(False)
    vectors = torch.randn(3, 5, 64).bfloat16()
    packed = Packed(linear.weight, linear.bias)
    torch.testing.assert_close(packed(vectors), linear(vectors), atol=0.02, rtol=0.02)


def test_layers_multiply_other_types_by_the_weight_itself() -> None:
    linear = Linear(64, 48).requires_grad_(False)
    expected = linear(torch.ones(2, 64))
    linear.product = EightBit(linear.weight, linear.bias)
    assert torch.equal(linear(torch.ones(2, 64)), expected)


def test_a_copy_of_a_network_shares_what_was_made_ready() -> None:
    model = model_of()
    compute_in(model, "int8")
    twin = copy.deepcopy(model)
    assert twin.decoder[0].cross.output.product is model.decoder[0].cross.output.product
    assert torch.equal(logits_of(twin), logits_of(model))


def test_the_fastest_numbers_are_numbers() -> None:
    assert fastest_numbers(torch.device("cpu")) in NUMBERS


def test_rows_are_filled_up_to_few_numbers() -> None:
    numbers = [filled_up(rows) for rows in range(1, 5000)]
    assert all(rows <= whole <= max(rows + 7, rows * 1.15) for rows, whole in enumerate(numbers, start=1))
    assert len(set(numbers)) <= 65
    assert [filled_up(whole) for whole in numbers] == numbers


@pytest.mark.skipif(not has_packed_bfloat16(), reason="oneDNN multiplies no bfloat16 on this machine")
@pytest.mark.parametrize("rows", [0, 1, 2, 8, 9, 65])
def test_rows_that_fill_up_are_not_seen(rows: int) -> None:
    linear = Linear(64, 48).requires_grad_(False)
    vectors = torch.randn(rows, 1, 64).bfloat16()
    found = Packed(linear.weight, linear.bias)(vectors)
    assert found.shape == (rows, 1, 48)
    torch.testing.assert_close(found, linear(vectors), atol=0.02, rtol=0.02)
