"""Is attention linear? With its weights held fixed, in its values; otherwise not, and never with the FFN (A6)."""

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

from regard.attention import Everything, attend
from regard.lab.bench import Bench
from regard.lab.claim import Claim, Table, Told
from regard.lab.experiment import Experiment
from regard.models.feedforward import FeedForwardNetwork
from regard.models.noise import Noise
from regard.settings import ModelSettings

Function = Callable[[Tensor], Tensor]
_DIM: Final = 32
_LENGTH: Final = 6
_ALPHA, _BETA = 0.7, -1.3


def run(_: Bench) -> tuple[Claim, ...]:
    """Measures f(αx + βy) − αf(x) − βf(y) of three functions of the same random weights."""
    projections, network, held = _weights()
    fixed = attention(projections, looking=held)
    return (claim(fixed, attention(projections), lambda vectors: network(fixed(vectors)[None])[0]),)


def claim(fixed: Function, whole: Function, with_network: Function) -> Claim:
    """Judges attention with its weights held, beside attention as it is and the FFN behind it."""
    rest, of_whole, of_network = non_linearity(fixed), non_linearity(whole), non_linearity(with_network)
    return Claim(
        text="With its weights held fixed, attention is linear in its values; the feed-forward network is what adds a "
        "non-linearity to them",
        source="A6",
        expected="weights fixed: below 1e-12; with the feed-forward network behind: above 0.01",
        measured=f"weights fixed {rest:.1e}; with the feed-forward network {of_network:.2f}",
        holds=rest < 1e-12 and of_network > 0.01,
        tables=(
            Table(
                ("f", "size of f(αx+βy) − αf(x) − βf(y), as a share of f(αx+βy)"),
                (
                    ("attention, weights held fixed", rest),
                    ("control: attention whose weights depend on its input", of_whole),
                    ("control: weights held fixed, then the feed-forward network", of_network),
                ),
                "Random weights, float64, α = 0.7, β = −1.3",
            ),
        ),
        told=Told("self-attention is linear", of_whole < 1e-12, f"off by {of_whole:.2f}: softmax is not linear"),
    )


def attention(projections: Tensor, *, looking: Tensor | None = None) -> Function:
    """One head of attention as a function of its input; with ``looking``, of its values alone.

    Args:
        projections: the matrices of queries, keys and values.
        looking: the vectors that queries and keys come from; the input itself if None.
    """

    def function(vectors: Tensor) -> Tensor:
        source = vectors if looking is None else looking
        queries, keys = source @ projections[0], source @ projections[1]
        queries, keys, values = (part[None, None] for part in (queries, keys, vectors @ projections[2]))
        return attend(queries, keys, values, Everything(), path="plain").context[0, 0]

    return function


def non_linearity(function: Function) -> float:
    """How far a function is from linear, on two random inputs."""
    generator = torch.Generator().manual_seed(3)
    one, other = torch.randn(2, _LENGTH, _DIM, generator=generator, dtype=torch.float64)
    with torch.inference_mode():
        joint = function(_ALPHA * one + _BETA * other)
        apart = _ALPHA * function(one) + _BETA * function(other)
    return float((joint - apart).norm() / joint.norm())


def _weights() -> tuple[Tensor, FeedForwardNetwork, Tensor]:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        projections = torch.randn(3, _DIM, _DIM, dtype=torch.float64) / _DIM**0.5
        settings = ModelSettings(model_dim=_DIM, num_heads=1, feedforward_dim=4 * _DIM)
        network = FeedForwardNetwork(settings, Noise(0)).double().eval()
        return projections, network, torch.randn(_LENGTH, _DIM, dtype=torch.float64)


EXPERIMENT: Final = Experiment("linear", "what of attention is linear, and what the feed-forward network adds", run)
