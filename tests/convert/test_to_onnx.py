"""ONNX graphs: every shape that fits computes what ours computes, step by step, and the program beside them works."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from regard.convert import Sample, convert_model
from regard.convert.agreement import compare
from regard.convert.original import Original
from regard.convert.to_onnx import OnnxFormat
from regard.decoding import translate_ids
from regard.errors import CheckError, InputError
from regard.settings import DecodingSettings
from regard.text.control import EOS

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from regard.convert.onnx_loop import OnnxTranslator  # it needs onnxruntime to be imported

MakeModel = Callable[..., Path]

HELD: list[dict[str, object]] = [
    {},
    {"norm": "post"},
    {"feedforward": "gelu"},
    {"feedforward": "swish"},
    {"feedforward": "swiglu"},
    {"feedforward": "none"},
    {"positions": "sinusoidal-halves"},
    {"positions": "learned", "max_length": 100},
    {"positions": "rotary"},
    {"positions": "none"},
    {"qk_norm": True, "positions": "rotary"},
    {"qk_norm": True},
    {"tied_embeddings": "target"},
    {"tied_embeddings": "none", "output_bias": True},
    {"scale_embeddings": False, "scale_scores": False, "embedding_norm": True},
    {"encoder_layers": 1, "decoder_layers": 3, "pieces": "unigram"},
]


def spelled(settings: dict[str, object]) -> str:
    return ",".join(f"{key}={value}" for key, value in settings.items()) or "preset"


@pytest.mark.parametrize("network", HELD, ids=spelled)
def test_every_shape_that_fits_gives_the_same_logits(
    network: dict[str, object], make_model: MakeModel, tmp_path: Path
) -> None:
    original, form = Original.load(make_model(**network)), OnnxFormat()
    form.write(original, tmp_path, quantization="float32")
    foreign = form.open(tmp_path, original, quantization="float32")
    agreement = compare(original, foreign, Sample(("the cat sleeps", "I love 😀"), None, "tests"), [1])
    assert agreement.largest_difference < 1e-4
    assert agreement.translations[0].identical == 1.0


@pytest.mark.parametrize(
    ("network", "reason"),
    [
        ({"kind": "recurrent", "num_heads": 1}, r"recurrent network \(model.kind\)"),
        ({"future_mask": False}, "without the future mask"),
        ({"padding_mask": False}, "looks at padding"),
        ({"pieces": "word"}, "its pieces are words"),
    ],
    ids=["recurrent", "future", "padding", "words"],
)
def test_what_it_cannot_hold_is_refused(network: dict[str, object], reason: str, make_model: MakeModel) -> None:
    with pytest.raises(InputError, match=f"ONNX cannot hold this model: .*{reason}"):
        OnnxFormat().refuse(Original.load(make_model(**network)), quantization="float32")


def test_a_model_too_large_for_one_file_is_refused(make_model: MakeModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("regard.convert.to_onnx._LARGEST_PARAMETERS", 1000)
    with pytest.raises(InputError, match=r"has [\d,]+ weights, and a file of this format holds two gigabytes"):
        OnnxFormat().refuse(Original.load(make_model()), quantization="float32")


def test_a_conversion_that_changes_a_weight_is_refused(
    make_model: MakeModel, sentences_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, write = make_model(), OnnxFormat.write

    def write_wrongly(form: OnnxFormat, original: Original, folder: Path, **options: Any) -> None:
        tensors = dict(original.weights._tensors)
        original.weights._tensors = {**tensors, "decoder_norm.bias": tensors["decoder_norm.bias"] + 0.01}
        write(form, original, folder, **options)

    monkeypatch.setattr(OnnxFormat, "write", write_wrongly)
    with pytest.raises(CheckError, match=r"largest difference of logits is .* but at most 0.001 is tolerated"):
        convert_model(model, tmp_path / "out", to="onnx", sample=Sample.of_files(sentences_file))
    assert not (tmp_path / "out").exists()


def test_the_program_in_the_folder_translates_without_us(
    make_model: MakeModel, sentences_file: Path, tmp_path: Path
) -> None:
    model, out = make_model(positions="rotary"), tmp_path / "out"
    convert_model(model, out, to="onnx", sample=Sample.of_files(sentences_file))
    lines = ["the cat sleeps", "", "I love", "the old cat sleeps on the mat"]
    said = said_without_us(out, lines)
    ours = Original.load(model).translator
    # Random models write bytes that are no characters, and SentencePiece shows more of these than we do.
    expected = [each.text.replace("\ufffd", "") for each in ours.translate_lines(lines, beam_size=1)]
    assert [line.replace("\ufffd", "") for line in said] == expected


def said_without_us(folder: Path, lines: list[str]) -> list[str]:
    """What the program in a folder says to lines on standard input."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", _WITHOUT_US, str(folder / "translate.py")],
        input="".join(f"{line}\n" for line in lines).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    return done.stdout.decode().split("\n")[:-1]


_WITHOUT_US = """
import runpy, sys
for name in ("regard", "torch", "onnx"):
    sys.modules[name] = None
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def test_rows_that_are_finished_change_nothing_for_the_others(make_model: MakeModel, tmp_path: Path) -> None:
    original = Original.load(make_model())
    OnnxFormat().write(original, tmp_path, quantization="float32")
    loop = OnnxTranslator(tmp_path)
    sources = [original.translator.tokenizer.encode(text) for text in ("the cat", "I love", "the old cat sleeps")]
    together = loop.greedy(sources)
    assert together == [loop.greedy([source])[0] for source in sources]
    assert len({len(ids) for ids in together}) > 1
    assert loop.greedy([]) == []
    np.testing.assert_equal(loop.greedy(sources, max_length=3), [ids[:3] for ids in together])


@pytest.fixture
def few_positions(make_model: MakeModel, tmp_path: Path) -> tuple[Original, Path]:
    """A model that has learned 24 positions, which never ends a translation by itself; and its folder."""
    original = Original.load(make_model(positions="learned", max_length=24, output_bias=True))
    original.translator.model.state_dict()["output_bias"][EOS] = -1e4
    out = tmp_path / "out"
    out.mkdir()
    OnnxFormat().write(original, out, quantization="float32")
    return original, out


def test_a_translation_grows_no_longer_than_positions_were_learned(few_positions: tuple[Original, Path]) -> None:
    original, folder = few_positions
    source = original.translator.tokenizer.encode("the cat sleeps")
    assert 2 * len(source) + 20 > 24 > len(source)
    loop = OnnxTranslator(folder)
    (found,) = loop.greedy([source])
    ((ours,),) = translate_ids(original.translator.model, [source], DecodingSettings(beam_size=1))
    assert tuple(found) == ours.ids
    assert len(found) == len(loop.greedy([source], max_length=99)[0]) == 24


def test_a_line_with_more_pieces_than_positions_is_read_in_parts(few_positions: tuple[Original, Path]) -> None:
    _, folder = few_positions
    lines = ["the old cat sleeps on the mat " * 4, "the cat", "", "x" * 60, "漢" * 30]
    loop = OnnxTranslator(folder)
    assert [len(loop.pieces.encode(line)) > 23 for line in lines] == [True, False, False, True, True]
    parts = [loop.in_parts(line.strip()) for line in lines]
    assert max(len(part) for each in parts for part in each) <= 23  # the end takes one
    for line, each in zip(lines, parts, strict=True):
        spelled = [loop.pieces.decode(part) for part in each]
        assert (" " if " " in line else "").join(spelled) == line.strip()
    said = said_without_us(folder, lines)
    assert said == loop.translate(lines)
    assert said[0] == " ".join(loop.pieces.decode(found) for found in loop.greedy(parts[0]))
    assert "has 24 positions" in (folder / "README.md").read_text(encoding="utf-8")


def test_a_character_of_more_pieces_than_positions_ends_too(make_model: MakeModel, tmp_path: Path) -> None:
    OnnxFormat().write(Original.load(make_model(positions="learned", max_length=3)), tmp_path, quantization="float32")
    assert [len(part) for part in OnnxTranslator(tmp_path).in_parts("漢字")] == [2, 2]


def test_formulas_have_a_position_for_everything(make_model: MakeModel, tmp_path: Path) -> None:
    OnnxFormat().write(Original.load(make_model()), tmp_path, quantization="float32")
    assert len(OnnxTranslator(tmp_path).in_parts("x" * 5000)) == 1
    assert "`positions`" not in (tmp_path / "README.md").read_text(encoding="utf-8")
