"""A model of ours becomes one of another toolkit: refused, or written aside, tried, and only then put in place."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from regard.convert.agreement import Agreement, compare
from regard.convert.format import Format
from regard.convert.original import Original
from regard.convert.sample import DEFAULT_SIZE, Sample
from regard.convert.to_ctranslate2 import CTranslate2Format
from regard.convert.to_hugging_face import MarianFormat, TransformersFormat
from regard.convert.to_onnx import OnnxFormat
from regard.disk import written_aside
from regard.errors import InputError

FORMATS: Final[Mapping[str, type[Format]]] = MappingProxyType(
    {each.name: each for each in (CTranslate2Format, MarianFormat, OnnxFormat, TransformersFormat)}
)
"""Every format by the name the user calls it."""

BLEU_TOLERANCE: Final = 1.0
"""BLEU a conversion may lose on the sample it is verified on."""


def convert_model(
    model: Path,
    out: Path,
    *,
    to: str,
    quantization: str = "float32",
    sample: Sample | None = None,
    num_sentences: int = DEFAULT_SIZE,
    tolerance: float | None = None,
    bleu_tolerance: float = BLEU_TOLERANCE,
) -> Agreement:
    """Writes the model in another format, after that has been seen to do what ours does.

    Args:
        model: the folder of a model or of a run.
        out: the folder to make; nothing is there afterwards if the conversion fails.
        to: one of ``FORMATS``.
        quantization: the type of the stored weights.
        sample: what to try it on; the first ``num_sentences`` of the model's own validation pairs if not given.
        num_sentences: how many of these.
        tolerance: the largest difference of scores that may be; the format's own for this quantization if not given.
        bleu_tolerance: BLEU that may be lost.

    Raises:
        InputError: there is no such format, or it cannot hold the model; the message gives every reason.
        MissingExtraError: the other toolkit is not installed.
        OutputExistsError: something stands at ``out``.
        CheckError: the converted model does not do what ours does.
    """
    form = format_named(to)
    form.require()
    original = Original.load(model)
    form.refuse(original, quantization=quantization)
    found = (sample or Sample.at_hand(original.translator, num_sentences)).readable(original.translator)
    with written_aside(out) as aside:
        form.write(original, aside, quantization=quantization)
        foreign = form.open(aside, original, quantization=quantization)
        agreement = compare(original, foreign, found, form.beam_sizes(original))
        agreement.check(
            tolerance=form.tolerances[quantization] if tolerance is None else tolerance,
            bleu_tolerance=bleu_tolerance,
        )
    return agreement


def format_named(name: str) -> Format:
    """A format by its name.

    Raises:
        InputError: there is no such format.
    """
    if name not in FORMATS:
        raise InputError(f"models are converted to {', '.join(FORMATS)}, but {name!r} is asked for")
    return FORMATS[name]()
