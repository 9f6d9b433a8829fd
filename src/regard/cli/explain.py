"""``regard explain MODEL TEXT``: the attention of the very run that translated; ``--toy`` needs no model."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from regard.cli import explain_options as options
from regard.cli.explain_model import Loading, explain_model
from regard.cli.explain_request import Changes, Files, View
from regard.cli.explain_toy import Toy, show_toy
from regard.cli.explain_trace import explain_saved
from regard.cli.options import BeamOption, DeviceOption, DtypeOption, JsonOption, ThreadsOption
from regard.errors import InputError

_ARGUMENTS: Final = {"subject": "MODEL", "text": "TEXT"}
_DEFAULTS: Final = {"dtype": "float32", "device": "auto", "seed": 0}
_TOY_ONLY: Final = {"pad", "causal", "window", "segments", "seed"}
_WITH_TOY: Final = {"toy", "prefix"} | _TOY_ONLY
_RUN_ONLY: Final = {
    "text",
    "layers",
    "beam_size",
    "pad_source_to",
    "prefix",
    "without_head",
    "without_mask",
    "no_positions",
    "dtype",
    "device",
    "threads",
}


def explain(
    *,
    subject: options.SubjectArgument = None,
    text: options.TextArgument = None,
    attention: options.AttentionOption = None,
    layer: options.LayerOption = None,
    head: options.HeadOption = None,
    layers: options.LayersOption = None,
    step: options.StepOption = None,
    follow: options.FollowOption = False,
    by_word: options.ByWordOption = False,
    top: options.TopOption = None,
    cell: options.CellOption = None,
    positions: options.PositionsOption = False,
    beam_size: BeamOption = None,
    pad_source_to: options.PadOption = None,
    prefix: options.PrefixTextOption = None,
    without_head: options.WithoutHeadOption = None,
    without_mask: options.WithoutMaskOption = False,
    no_positions: options.NoPositionsOption = False,
    json: JsonOption = False,
    save: options.SaveOption = None,
    html: options.HtmlOption = None,
    svg: options.SvgOption = None,
    csv: options.CsvOption = None,
    toy: options.ToyOption = None,
    pad: options.ToyPadOption = None,
    causal: options.ToyCausalOption = False,
    window: options.ToyWindowOption = None,
    segments: options.ToySegmentsOption = None,
    seed: options.ToySeedOption = 0,
    dtype: DtypeOption = "float32",
    device: DeviceOption = "auto",
    threads: ThreadsOption = None,
) -> None:
    """Show the four steps of attention: scores, mask, weights, output.

    Of a model's own run on a sentence, of a trace that was saved, or (--toy) of random vectors, without a model.
    """
    given = _given(locals())  # at once, while the parameters are all there is
    if toy is not None:
        _refuse(given, given.keys() - _WITH_TOY, "--toy shows an example without a model; leave out {}")
        show_toy(Toy(toy, pad, causal, window, prefix, segments, seed))
        return
    _refuse(given, given.keys() & _TOY_ONLY, "{} can only be given with --toy")
    view = View(attention, layer, head, layers, step, top, cell, follow, by_word, positions, json)
    files = Files(save, html, svg, csv)
    view.check()
    files.check()
    if subject is not None and subject.is_file():
        _refuse(given, given.keys() & _RUN_ONLY, f"{subject} is a run that took place already; leave out {{}}")
        explain_saved(subject, view, files)
    else:
        changes = Changes(beam_size, pad_source_to, prefix, without_head or [], without_mask, no_positions)
        model, sentence = _required(subject, text)
        explain_model(Loading(model, dtype, device, threads), sentence, view, changes, files)


def _given(parameters: Mapping[str, object]) -> dict[str, str]:
    """The parameters that differ from their defaults, and what they are called on the command line."""
    return {
        name: _ARGUMENTS.get(name, f"--{name.replace('_', '-')}")
        for name, value in parameters.items()
        if value is not None and value is not False and value != [] and value != _DEFAULTS.get(name)
    }


def _refuse(given: dict[str, str], wrong: set[str], message: str) -> None:
    if wrong:
        raise InputError(message.format(", ".join(shown for name, shown in given.items() if name in wrong)))


def _required(subject: Path | None, text: str | None) -> tuple[Path, str]:
    if subject is None:
        raise InputError(
            'say what to explain: regard explain MODEL "The cat chased the dog", a trace that --save wrote, '
            'or --toy "The cat sat on the mat", which needs no model'
        )
    if text is None:
        raise InputError(f'give the sentence to translate behind {subject}: regard explain {subject} "The cat sleeps."')
    return subject, text
