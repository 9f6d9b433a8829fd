"""Time against sentence length, Transformer and recurrent network: training reads in parallel, decoding cannot (T6)."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import torch

from regard.lab.bench import Bench
from regard.lab.claim import Chart, Claim, Series, Table, Told
from regard.lab.experiment import Experiment
from regard.layout import Layout
from regard.models import AnyModel, build_model
from regard.settings import load_settings

_VOCAB: Final = 2_000
_DECODED_ROWS: Final = 8
_PRESETS: Final = {"Transformer": "small", "recurrent": "recurrent"}
_LEAST_GAIN: Final = 1.5
Times = Mapping[str, Sequence[float]]
"""Per network, microseconds of each length."""


def run(bench: Bench) -> tuple[Claim, ...]:
    """Takes the times of untrained networks: time does not depend on what weights say."""
    effort = bench.effort
    training: dict[str, list[float]] = {}
    decoding: dict[str, list[float]] = {}
    for name in _PRESETS:
        model = network(name)
        bench.reporter.note(f"taking the times of the {name} network")
        training[name] = [
            per_token(partial(training_step, model, length, effort.timed_tokens), effort.timed_tokens, effort.repeats)
            for length in effort.lengths
        ]
        decoding[name] = [
            per_token(partial(decode, model, length), length * _DECODED_ROWS, effort.repeats)
            for length in effort.lengths
        ]
    return (claim(effort.lengths, training, decoding),)


def network(name: str) -> AnyModel:
    """A network with random weights."""
    settings = load_settings(None, preset=_PRESETS[name])
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return build_model(settings.model, _VOCAB)


def per_token(work: Callable[[], None], num_tokens: int, repeats: int) -> float:
    """Microseconds of a token."""
    return 1e6 * shortest(work, repeats) / num_tokens


def shortest(work: Callable[[], None], repeats: int) -> float:
    """Seconds of the quickest of some goes: what disturbs only makes them longer. One more goes before, to warm up."""
    seconds = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds[1:])


def training_step(model: AnyModel, length: int, num_tokens: int) -> None:
    """Forward and backward over so many target tokens, in sentences of one length."""
    rows = max(1, num_tokens // length)
    ids = torch.randint(4, _VOCAB, (rows, length))
    layout = Layout.of([length] * rows)
    logits = model.train().score(ids, layout, ids, layout)
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten())
    torch.autograd.grad(loss, [one for one in model.parameters() if one.requires_grad], allow_unused=True)


@torch.inference_mode()
def decode(model: AnyModel, length: int) -> None:
    """So many steps of greedy search, for some sentences of this length at once."""
    ids = torch.randint(4, _VOCAB, (_DECODED_ROWS, length))
    state = model.eval().start(model.encode(ids, Layout.of([length] * _DECODED_ROWS)))
    tokens = ids[:, 0]
    for _ in range(length):
        logits, state = model.step(state, tokens)
        tokens = logits.argmax(-1)


def claim(lengths: Sequence[int], training: Times, decoding: Times) -> Claim:
    """Judges times per token; the recurrent network is the Transformer's control."""
    ahead = [theirs / ours for theirs, ours in zip(training["recurrent"], training["Transformer"], strict=True)]
    whole = [microseconds * length for microseconds, length in zip(decoding["Transformer"], lengths, strict=True)]
    slower = whole[-1] / whole[0]
    longer = lengths[-1] / lengths[0]
    columns = zip(
        lengths,
        training["Transformer"],
        training["recurrent"],
        ahead,
        decoding["Transformer"],
        decoding["recurrent"],
        strict=True,
    )
    gain = ahead[-1] / ahead[0]
    return Claim(
        text="In training a Transformer reads all positions at once, so that it gains on a recurrent network as "
        "sentences grow; decoding goes word by word in both",
        source="T6",
        expected=f"training: its lead at {lengths[-1]} tokens is at least {_LEAST_GAIN:g} times that at {lengths[0]}; "
        f"decoding a sentence {longer:g} times as long takes at least {longer / 2:g} times as long",
        measured=f"lead {ahead[0]:.2f} at {lengths[0]} tokens, {ahead[-1]:.2f} at {lengths[-1]}; decoding takes "
        f"{slower:.0f} times as long",
        holds=gain >= _LEAST_GAIN and slower >= longer / 2,
        told=Told(
            "a Transformer trains faster than a recurrent network",
            holds=min(ahead) > 1,
            measured=f"{ahead[0]:.2f} times as fast at {lengths[0]} tokens, {ahead[-1]:.2f} at {lengths[-1]}",
        ),
        tables=(
            Table(
                (
                    "tokens",
                    "training, Transformer",
                    "control: training, recurrent",
                    "lead",
                    "decoding, Transformer",
                    "control: decoding, recurrent",
                ),
                tuple(columns),
                "Microseconds per target token; presets small and recurrent (as many weights) before training, "
                "float32, as many tokens in every training step, "
                f"{_DECODED_ROWS} sentences decoded at once",
            ),
        ),
        figure=Chart(
            title="Training time against sentence length",
            description="Microseconds of a training step per token, against the length of the sentences, for a "
            "Transformer and a recurrent network.",
            across="tokens of a sentence",
            upward="microseconds per token",
            series=tuple(
                Series(name, tuple((float(length), spent) for length, spent in zip(lengths, times, strict=True)))
                for name, times in training.items()
            ),
            doubling=True,
        ),
    )


EXPERIMENT: Final = Experiment(
    "parallel", "time against sentence length, Transformer and recurrent network", run, version=2
)
