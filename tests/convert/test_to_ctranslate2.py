"""CTranslate2 folders: every shape that fits computes what ours computes, and what does not fit is refused."""

import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from sentencepiece import SentencePieceProcessor

from regard.convert import Sample, convert_model
from regard.convert.agreement import compare
from regard.convert.original import Original
from regard.convert.to_ctranslate2 import CTranslate2Format
from regard.errors import InputError

pytest.importorskip("ctranslate2")

MakeModel = Callable[..., Path]

HELD = [
    {},
    {"norm": "post"},
    {"feedforward": "gelu"},
    {"feedforward": "swish"},
    {"feedforward": "swiglu"},
    {"positions": "sinusoidal-halves"},
    {"positions": "learned", "max_length": 100},
    {"positions": "rotary"},
    {"positions": "none"},
    {"tied_embeddings": "target"},
    {"tied_embeddings": "none"},
    {"scale_embeddings": False},
    {"scale_scores": False},
    {"embedding_norm": True},
    {"output_bias": True},
    {"encoder_layers": 1, "decoder_layers": 3},
    {"pieces": "unigram"},
]
REFUSED = [
    ({"qk_norm": True}, r"normalises queries and keys by their length \(model.qk_norm\)"),
    ({"kind": "recurrent", "num_heads": 1}, r"recurrent network \(model.kind\), and only Transformers"),
    ({"future_mask": False}, r"without the future mask \(model.future_mask\)"),
    ({"padding_mask": False}, r"looks at padding \(model.padding_mask\)"),
    ({"feedforward": "none"}, r"no feed-forward network \(model.feedforward\)"),
    ({"pieces": "word"}, "its pieces are words, which SentencePiece cannot cut"),
]


def spelled(settings: dict[str, object]) -> str:
    return ",".join(f"{key}={value}" for key, value in settings.items()) or "preset"


@pytest.mark.parametrize("network", HELD, ids=spelled)
def test_every_shape_that_fits_gives_the_same_scores(
    network: dict[str, object], make_model: MakeModel, tmp_path: Path
) -> None:
    original, form = Original.load(make_model(**network)), CTranslate2Format()
    form.write(original, tmp_path, quantization="float32")
    foreign = form.open(tmp_path, original, quantization="float32")
    sample = Sample(("the cat sleeps", "I love 😀"), None, "tests")
    agreement = compare(original, foreign, sample, [1])
    assert agreement.largest_difference < 1e-4
    assert agreement.translations[0].identical == 1.0


def test_the_folder_holds_all_that_is_needed(make_model: MakeModel, sentences_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    agreement = convert_model(make_model(), out, to="ctranslate2", sample=Sample.of_files(sentences_file))
    assert [each.beam_size for each in agreement.translations] == [1, 3]
    assert {path.name for path in out.iterdir()} == {
        "README.md",
        "config.json",
        "model.bin",
        "sentencepiece.model",
        "shared_vocabulary.json",
    }


@pytest.mark.parametrize(("network", "reason"), REFUSED, ids=[spelled(network) for network, _ in REFUSED])
def test_what_it_cannot_hold_is_refused_before_anything_is_written(
    network: dict[str, object],
    reason: str,
    make_model: MakeModel,
    sentences_file: Path,
    tmp_path: Path,
) -> None:
    model, before = make_model(**network), set(tmp_path.iterdir())
    with pytest.raises(InputError, match=f"CTranslate2 cannot hold this model: .*{reason}"):
        convert_model(model, tmp_path / "out", to="ctranslate2", sample=Sample.of_files(sentences_file))
    assert set(tmp_path.iterdir()) == before | {model}


def test_rounded_weights_are_rounded_and_leave_ours_as_they_were(
    make_model: MakeModel, sentences_file: Path, tmp_path: Path
) -> None:
    model = make_model(positions="rotary", model_dim=64)  # without a table of positions, which is never rounded
    sample, sizes = Sample.of_files(sentences_file), {}
    for quantization in ("float32", "int8", "bfloat16"):
        out = tmp_path / quantization
        agreement = convert_model(
            model, out, to="ctranslate2", quantization=quantization, sample=sample, bleu_tolerance=100.0
        )
        sizes[quantization] = (out / "model.bin").stat().st_size
        assert (agreement.largest_difference > 1e-4) == (quantization != "float32")
    assert sizes["int8"] < sizes["bfloat16"] < sizes["float32"]


def test_rounding_leaves_the_weights_it_is_compared_with_alone(make_model: MakeModel, tmp_path: Path) -> None:
    original = Original.load(make_model())
    before = {name: tensor.clone() for name, tensor in original.translator.model.state_dict().items()}
    CTranslate2Format().write(original, tmp_path, quantization="int8")
    assert all(before[name].equal(now) for name, now in original.translator.model.state_dict().items())


def test_an_unknown_quantization_is_refused(make_model: MakeModel, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"takes the quantizations float32, .* but 'int4' is asked for"):
        convert_model(make_model(), tmp_path / "out", to="ctranslate2", quantization="int4")


@pytest.mark.parametrize("pieces", ["bpe", "unigram"])
def test_the_sentencepiece_file_cuts_text_as_our_tokenizer_does(
    pieces: str, make_model: MakeModel, sentences_file: Path, tmp_path: Path
) -> None:
    model, out = make_model(pieces=pieces), tmp_path / "out"
    convert_model(model, out, to="ctranslate2", sample=Sample.of_files(sentences_file))
    cutter, tokenizer = SentencePieceProcessor(model_file=str(out / "sentencepiece.model")), Original.load(model)
    for text in ("the cat", "  two  spaces ", "ça 😀 漢字", "</s> <unk>", "n\u0303"):
        ids = tokenizer.translator.tokenizer.encode(text)
        assert cutter.encode(unicodedata.normalize("NFC", text)) == ids
        assert cutter.decode(ids) == unicodedata.normalize("NFC", text)


def test_the_readme_says_how_to_translate(
    make_model: MakeModel, sentences_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, out = make_model(), tmp_path / "out"
    convert_model(model, out, to="ctranslate2", sample=Sample.of_files(sentences_file))
    found = re.search(r"```python\n(.*?)```", (out / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    code = re.sub("max_decoding_length=[0-9]+", "max_decoding_length=20", found[1])
    code = code.replace('"FOLDER', f'"{out}').replace('"TEXT"', '"the cat sleeps"')
    exec(compile(code, "README.md", "exec"), {})
    translated = Original.load(model).translator.translate("the cat sleeps", max_length=20)
    assert capsys.readouterr().out == f"{translated.text}\n"
