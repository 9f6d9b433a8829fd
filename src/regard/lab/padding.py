"""Padding beside a sentence: what it changes with its mask, and without (M3)."""

from typing import Final

import torch
from torch import Tensor

from regard.lab.bench import Bench
from regard.lab.claim import Claim, Table
from regard.lab.experiment import Experiment
from regard.layout import Layout
from regard.models import AnyModel, build_model
from regard.settings import ModelSettings

_WORDS: Final = 60
_LENGTHS: Final = (3, 5, 8, 12)
_PADS: Final = (1, 4, 16)
TOLERANCE: Final = 1e-10


def run(_: Bench) -> tuple[Claim, ...]:
    """Scores the same sentences alone and padded, in double precision, by the same weights."""
    return (claim(network(padding_mask=True), network(padding_mask=False)),)


def network(*, padding_mask: bool) -> AnyModel:
    """A small network with random weights, always the same."""
    settings = ModelSettings(
        model_dim=32,
        num_heads=4,
        feedforward_dim=64,
        encoder_layers=2,
        decoder_layers=2,
        dropout=0.0,
        padding_mask=padding_mask,
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return build_model(settings, _WORDS).double().eval()


def claim(masked: AnyModel, control: AnyModel) -> Claim:
    """Judges a network that is said to ignore padding, beside one that does not."""
    rows = [(pads, change(masked, pads), change(control, pads)) for pads in _PADS]
    ignored, looked_at = max(row[1] for row in rows), max(row[2] for row in rows)
    return Claim(
        text="With the padding mask, padding beside a sentence changes nothing but the rounding",
        source="M3",
        expected=f"logits change by less than {TOLERANCE:g}; without the mask, by more than 0.01",
        measured=f"by at most {ignored:.1e}; without the mask, by up to {looked_at:.2f}",
        holds=ignored < TOLERANCE and looked_at > 0.01,
        tables=(
            Table(
                ("pads beside source and target", "largest change of a logit", "control: without the padding mask"),
                tuple(rows),
                "Random weights, float64, sentences of " + ", ".join(map(str, _LENGTHS)) + " tokens",
            ),
        ),
    )


def change(model: AnyModel, pads: int) -> float:
    """The largest change of a logit when so many pads stand beside source and target."""
    generator = torch.Generator().manual_seed(2)
    changes = []
    for length in _LENGTHS:
        source, target = torch.randint(4, _WORDS, (2, 1, length), generator=generator)
        alone = _score(model, source, target, length)
        padded_source, padded_target = (torch.nn.functional.pad(ids, (0, pads)) for ids in (source, target))
        padded = _score(model, padded_source, padded_target, length)
        changes.append(float((padded[:, :length] - alone).abs().max()))
    return max(changes)


@torch.inference_mode()
def _score(model: AnyModel, source: Tensor, target: Tensor, length: int) -> Tensor:
    layout = Layout.of([length], width=source.shape[1])
    return model.score(source, layout, target, layout)


EXPERIMENT: Final = Experiment("padding", "what padding changes, with its mask and without", run)
