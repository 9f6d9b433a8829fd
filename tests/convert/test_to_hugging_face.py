"""Folders for the transformers library. What they hold is tested here; whether the library agrees, by a long form.

The library is no dependency of tests: it weighs 170 MB. ``make verify TARGET=hugging-face`` installs it aside and runs
this file whole.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from regard.convert import Sample, convert_model
from regard.convert.agreement import compare
from regard.convert.format import Format
from regard.convert.original import Original
from regard.convert.to_hugging_face import MarianFormat, TransformersFormat
from regard.decoding import translate_ids
from regard.errors import CheckError, InputError
from regard.text import Tokenizer

MakeModel = Callable[..., Path]

POST: dict[str, object] = {
    "norm": "post",
    "feedforward": "swish",
    "positions": "sinusoidal-halves",
    "output_bias": True,
}
HELD: list[tuple[type[Format], dict[str, object]]] = [
    (TransformersFormat, {}),
    (TransformersFormat, {"feedforward": "gelu"}),
    (TransformersFormat, {"feedforward": "swish", "output_bias": True}),
    (TransformersFormat, {"positions": "learned", "max_length": 100}),
    (TransformersFormat, {"positions": "none"}),
    (TransformersFormat, {"scale_embeddings": False}),
    (TransformersFormat, {"encoder_layers": 3, "decoder_layers": 1, "pieces": "unigram"}),
    (TransformersFormat, POST),
    (MarianFormat, POST),
    (MarianFormat, {"norm": "post", "pieces": "unigram"}),
    (MarianFormat, {"norm": "post", "tied_embeddings": "target"}),
    (MarianFormat, {"norm": "post", "tied_embeddings": "none"}),
]
REFUSED: list[tuple[type[Format], dict[str, object], str]] = [
    (TransformersFormat, {"kind": "recurrent", "num_heads": 1}, r"recurrent network \(model.kind\)"),
    (TransformersFormat, {"future_mask": False}, r"without the future mask"),
    (TransformersFormat, {"feedforward": "swiglu"}, r"feed-forward networks are 'swiglu'.* can be relu, gelu, swish"),
    (TransformersFormat, {"feedforward": "none"}, r"feed-forward networks are 'none'"),
    (TransformersFormat, {"positions": "rotary"}, r"positions are rotary \(model.positions\)"),
    (TransformersFormat, {"embedding_norm": True}, r"normalises embeddings \(model.embedding_norm\)"),
    (TransformersFormat, {"qk_norm": True}, r"normalises queries and keys \(model.qk_norm\)"),
    (TransformersFormat, {"scale_scores": False}, r"does not scale scores \(model.scale_scores\)"),
    (
        TransformersFormat,
        {"tied_embeddings": "target"},
        r"tied 'target' .* has one table for source, target and output",
    ),
    (MarianFormat, {}, r"is pre-norm \(model.norm\), .* --to transformers holds pre-norm models"),
]


def spelled(value: object) -> str:
    if isinstance(value, dict):
        return ",".join(f"{key}={one}" for key, one in value.items()) or "preset"
    return value.name if isinstance(value, type) and issubclass(value, Format) else ""


@pytest.fixture
def library() -> Any:
    return pytest.importorskip("transformers", reason="`make verify TARGET=hugging-face` installs it and runs this")


@pytest.mark.filterwarnings("ignore")  # the library's own
@pytest.mark.parametrize(("form", "network"), HELD, ids=spelled)
def test_every_shape_that_fits_gives_the_same_logits(
    form: type[Format], network: dict[str, object], library: Any, make_model: MakeModel, tmp_path: Path
) -> None:
    original = Original.load(make_model(**network))
    form().write(original, tmp_path, quantization="float32")
    foreign = form().open(tmp_path, original, quantization="float32")
    agreement = compare(original, foreign, Sample(("the cat sleeps", "naïve 😀 cats"), None, "tests"), [1, 3])
    assert agreement.largest_difference < 1e-4
    assert agreement.same_pieces == 1.0
    assert agreement.translations[0].identical == 1.0


@pytest.mark.filterwarnings("ignore")
def test_a_conversion_that_changes_a_weight_is_refused(
    library: Any, make_model: MakeModel, sentences_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, write = make_model(), TransformersFormat.write

    def write_wrongly(form: TransformersFormat, original: Original, folder: Path, **options: Any) -> None:
        tensors = dict(original.weights._tensors)
        original.weights._tensors = {**tensors, "decoder_norm.bias": tensors["decoder_norm.bias"] + 0.01}
        write(form, original, folder, **options)

    monkeypatch.setattr(TransformersFormat, "write", write_wrongly)
    with pytest.raises(CheckError, match=r"largest difference of logits is .* but at most 0.0001 is tolerated"):
        convert_model(model, tmp_path / "out", to="transformers", sample=Sample.of_files(sentences_file))
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("pieces", ["bpe", "unigram"])
def test_the_tokenizer_file_does_what_ours_does(
    pieces: str, library: Any, make_model: MakeModel, tmp_path: Path, tokenizers: dict[str, Tokenizer]
) -> None:
    TransformersFormat().write(Original.load(make_model(pieces=pieces)), tmp_path, quantization="float32")
    theirs, ours = library.AutoTokenizer.from_pretrained(tmp_path), tokenizers[pieces]
    for text in (
        "the cat sleeps",
        "  two  spaces ",
        "ça 😀 漢字",
        "n\u0303 \u2581 \ue000",
        "aaaaaaa",
        "don't\tstop",
    ):
        ids = theirs(text)["input_ids"]
        assert ids == [*ours.encode(text), 3]
        assert theirs.decode(ids, skip_special_tokens=True) == ours.decode(ids)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("to", ["transformers", "marian"])
def test_the_readme_says_how_to_translate(
    to: str,
    library: Any,
    make_model: MakeModel,
    sentences_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    model, out = make_model(norm="post"), tmp_path / "out"
    convert_model(model, out, to=to, sample=Sample.of_files(sentences_file), bleu_tolerance=100.0)
    found = re.search(r"```python\n(.*?)```", (out / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    code = re.sub("num_beams=3, max_length=[0-9]+", "num_beams=1, max_length=21", found[1])
    code = code.replace('"FOLDER', f'"{out}').replace('"TEXT"', '"the cat sleeps"')
    capsys.readouterr()
    exec(compile(code, "README.md", "exec"), {})
    ours = Original.load(model).translator
    search = ours.settings.decoding.model_copy(update={"beam_size": 1, "max_length": 20})
    ((found_by_us,),) = translate_ids(ours.model, [ours.tokenizer.encode("the cat sleeps")], search)
    tokenizer = library.AutoTokenizer.from_pretrained(out)  # random bytes are no text, and spelled in its own way
    assert capsys.readouterr().out == f"{tokenizer.decode(found_by_us.ids, skip_special_tokens=True)}\n"


@pytest.mark.parametrize(("form", "network", "reason"), REFUSED, ids=spelled)
def test_what_it_cannot_hold_is_refused(
    form: type[Format], network: dict[str, object], reason: str, make_model: MakeModel
) -> None:
    with pytest.raises(InputError, match=f"transformers.* cannot hold this model: .*{reason}"):
        form().refuse(Original.load(make_model(**network)), quantization="float32")


def test_several_reasons_are_all_given(make_model: MakeModel) -> None:
    original = Original.load(make_model(positions="rotary", feedforward="swiglu"))
    with pytest.raises(InputError, match=r"swiglu.*; its positions are rotary"):
        TransformersFormat().refuse(original, quantization="float32")


def test_a_marian_folder_holds_what_marian_folders_hold(make_model: MakeModel, tmp_path: Path) -> None:
    original = Original.load(make_model(**POST))
    MarianFormat().write(original, tmp_path, quantization="float32")
    assert {path.name for path in tmp_path.iterdir()} >= {
        *("config.json", "generation_config.json", "model.safetensors", "tokenizer_config.json", "README.md"),
        *("source.spm", "target.spm", "vocab.json"),
    }
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert (config["model_type"], config["activation_function"], config["d_model"]) == ("marian", "swish", 16)
    vocabulary = json.loads((tmp_path / "vocab.json").read_text(encoding="utf-8"))
    assert vocabulary["</s>"] == config["eos_token_id"] == 3
    assert len(vocabulary) == config["vocab_size"] == len(original.vocabulary)


def test_a_pre_norm_folder_is_one_for_pegasus(make_model: MakeModel, tmp_path: Path) -> None:
    TransformersFormat().write(Original.load(make_model()), tmp_path, quantization="float32")
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))["model_type"] == "pegasus"
    tokenizer = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    merges = tokenizer["model"]["merges"]
    assert merges
    assert all("".join(pair) in tokenizer["model"]["vocab"] for pair in merges)
