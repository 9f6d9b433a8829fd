"""Marian folders imported: pieces, ids and weights come to stand where ours stand, and the library says the same.

The folders are made here as the transformers library writes them. Where it is installed (``make verify
TARGET=hugging-face``), it makes them itself, and both must agree.
"""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
import torch
from safetensors.torch import save_file

from regard.bundle import load_bundle
from regard.convert import Sample, convert_model, import_model
from regard.convert import format as format_file
from regard.convert.from_marian import read_marian
from regard.convert.hugging_face_library import NEVER
from regard.convert.hugging_face_names import layer_places
from regard.convert.original import Original
from regard.convert.to_hugging_face import MarianFormat
from regard.doctor import Patient, examine
from regard.errors import (
    BundleError,
    CheckError,
    InputError,
    MissingExtraError,
    OutputExistsError,
    SettingsError,
)
from regard.settings import ModelSettings
from regard.text.control import BOS, EOS, PAD, UNK
from regard.translator import load

ENGLISH = ["the cat sleeps on the mat", "I love the old cat", "the old mat is on the floor", "cats love old mats"]
FRENCH = ["le chat dort sur le tapis", "j'aime le vieux chat", "le vieux tapis est par terre", "les chats aiment"]
SENTENCES = ["the cat sleeps", "I love 漢字 cats", "ﬁve old mats\u200bon the floor", "old"]
DIM, LAYERS = 16, 2

MakeFolder = Callable[..., Path]


def learned(sentences: list[str], **options: Any) -> bytes:
    model = io.BytesIO()
    kind = {"model_type": "unigram", "vocab_size": 60, "hard_vocab_limit": False, "minloglevel": 2, "num_threads": 1}
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences * 10), model_writer=model, **{**kind, **options}
    )
    return model.getvalue()


def joint_pieces(source: bytes, target: bytes) -> dict[str, int]:
    """As Marian's: the end first, the unknown, the pieces of both sides, padding last."""
    found: dict[str, None] = {}
    for model in (source, target):
        processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        found |= dict.fromkeys(
            processor.id_to_piece(each)
            for each in range(len(processor))
            if not (processor.is_control(each) or processor.is_unknown(each))
        )
    return {name: number for number, name in enumerate(["</s>", "<unk>", *sorted(found), "<pad>"])}


def config_for(size: int, **changed: Any) -> dict[str, Any]:
    stacks = {
        f"{stack}_{key}": value
        for stack in ("encoder", "decoder")
        for key, value in (("layers", LAYERS), ("attention_heads", 2), ("ffn_dim", 32))
    }
    ids = {"pad_token_id": size - 1, "decoder_start_token_id": size - 1, "eos_token_id": 0, "vocab_size": size}
    shape = {"model_type": "marian", "d_model": DIM, "max_position_embeddings": 128, "scale_embedding": True}
    return {**shape, **stacks, **ids, "activation_function": "swish", "decoder_vocab_size": size} | changed


@pytest.fixture
def make_folder(tmp_path: Path) -> MakeFolder:
    def make(*, source: dict[str, Any] | None = None, **changed: Any) -> Path:
        folder = tmp_path / "marian"
        folder.mkdir()
        spoken = learned(ENGLISH, **(source or {})), learned(FRENCH)
        for name, content in zip(("source.spm", "target.spm"), spoken, strict=True):
            (folder / name).write_bytes(content)
        pieces = joint_pieces(*spoken)
        config = config_for(len(pieces), **changed)
        described = {"tokenizer_class": "MarianTokenizer", "source_lang": "en", "target_lang": "fr"}
        names = {"unk_token": "<unk>", "eos_token": "</s>", "pad_token": "<pad>"}
        for name, record in (
            ("vocab.json", pieces),
            ("config.json", config),
            ("tokenizer_config.json", described | names),
            ("generation_config.json", {"num_beams": 4}),
        ):
            (folder / name).write_text(json.dumps(record), encoding="utf-8")
        save_file(random_weights(config), folder / "model.safetensors")
        return folder

    return make


def random_weights(config: dict[str, Any]) -> dict[str, torch.Tensor]:
    torch.manual_seed(4)
    size = config["vocab_size"]
    shape = ModelSettings(model_dim=DIM, encoder_layers=LAYERS, decoder_layers=LAYERS, norm="post")
    tensors = {"model.shared.weight": torch.randn(size, DIM) * 0.3, "final_logits_bias": torch.randn(1, size) * 0.3}
    for place in layer_places(shape):
        rows = 32 if "fc1" in place.theirs else DIM
        flat = place.theirs.endswith("bias") or "norm" in place.theirs
        columns = () if flat else (32 if "fc2" in place.theirs else DIM,)
        tensors[place.theirs] = torch.randn(rows, *columns) * 0.2 + (1.0 if "norm.weight" in place.theirs else 0.0)
    return tensors


def edit(folder: Path, name: str, **changed: Any) -> None:
    record = json.loads((folder / name).read_text(encoding="utf-8"))
    (folder / name).write_text(json.dumps(record | changed), encoding="utf-8")


def test_text_is_cut_as_marians_tokenizer_cuts_it(make_folder: MakeFolder) -> None:
    folder = make_folder()
    imported = read_marian(folder)
    cutter = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    pieces = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    for text in (*SENTENCES, "a\tb  c", "½ ～", "漢", ""):
        expected = [pieces.get(piece, pieces["<unk>"]) for piece in cutter.encode(text, out_type=str)]
        assert [imported.their_ids[each] for each in imported.translator.tokenizer.encode(text)] == expected


def test_every_row_stands_where_its_piece_stands(make_folder: MakeFolder) -> None:
    folder = make_folder()
    imported, theirs = read_marian(folder), json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    names = imported.translator.tokenizer.vocabulary.names
    assert [imported.their_ids[each] for each in (PAD, UNK, BOS, EOS)] == [len(theirs) - 1, 1, len(theirs) - 1, 0]
    assert all(theirs[names[ours]] == imported.their_ids[ours] for ours in range(260, len(names)))
    bias = imported.translator.model.state_dict()["output_bias"]
    assert bias[4:260].eq(NEVER).all()
    assert bias[260:].abs().max() < 10


def test_the_folder_of_a_model_of_others_becomes_settings_of_ours(make_folder: MakeFolder) -> None:
    settings = read_marian(make_folder()).translator.settings
    assert (settings.data.source_language, settings.data.target_language) == ("en", "fr")
    assert (settings.model.norm, settings.model.positions, settings.model.feedforward) == (
        "post",
        "sinusoidal-halves",
        "swish",
    )
    assert (settings.decoding.beam_size, settings.decoding.max_source_tokens) == (4, 127)


def test_a_folder_is_searched_as_it_asks_to_be(make_folder: MakeFolder) -> None:
    folder = make_folder()
    edit(folder, "generation_config.json", length_penalty=0.6, no_repeat_ngram_size=3, max_length=100, do_sample=True)
    imported = read_marian(folder)
    found = imported.translator.settings.decoding
    assert (found.beam_size, found.length_penalty, found.no_repeat_ngram, found.max_length) == (4, 0.6, 3, 99)
    assert imported.left_out == ("do_sample",)


def test_older_folders_say_in_config_json_how_they_are_searched(make_folder: MakeFolder) -> None:
    folder = make_folder(num_beams=6, bad_words_ids=[[10**6]])
    (folder / "generation_config.json").unlink()
    edit(folder, "config.json", bad_words_ids=[[json.loads((folder / "config.json").read_text())["pad_token_id"]]])
    imported = read_marian(folder)
    assert imported.translator.settings.decoding.beam_size == 6
    assert imported.left_out == ()


def test_a_search_that_ours_cannot_be_is_refused_with_its_file(make_folder: MakeFolder) -> None:
    folder = make_folder()
    edit(folder, "generation_config.json", num_beams="4")
    with pytest.raises(SettingsError, match=r"num_beams in .*generation_config.json is '4', and a whole number") as it:
        read_marian(folder)
    assert "http" not in str(it.value)


def test_a_network_that_ours_cannot_be_is_refused_in_plain_words(make_folder: MakeFolder) -> None:
    folder = make_folder(encoder_attention_heads=3, decoder_attention_heads=3)
    with pytest.raises(SettingsError, match=r"config.json: in \[model\], .*num_heads") as refused:
        read_marian(folder)
    assert "http" not in str(refused.value)


def test_positions_that_were_learned_are_kept(make_folder: MakeFolder) -> None:
    folder = make_folder()
    weights = random_weights(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    for stack in ("encoder", "decoder"):
        weights[f"model.{stack}.embed_positions.weight"] = torch.randn(128, DIM)
    save_file(weights, folder / "model.safetensors")
    translator = read_marian(folder).translator
    assert translator.settings.model.positions == "learned"
    kept = translator.model.state_dict()["target_embedding.positions.table"]
    assert kept.equal(weights["model.decoder.embed_positions.weight"])


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"model_type": "bart"}, "model_type is 'bart', and marian is expected"),
        ({"normalize_before": True}, "normalize_before is set"),
        ({"decoder_ffn_dim": 64}, "ffn_dim of encoder and decoder differ"),
        ({"activation_function": "tanh"}, "activation_function is 'tanh', and ours are relu, gelu, swish, silu"),
        ({"activation_function": ["relu"]}, r"its activation_function is \['relu'\], and ours are relu"),
        ({"decoder_vocab_size": 7}, "vocabularies of different sizes"),
        ({"pad_token_id": 10_000}, "the ids of pad_token_id are not among the"),
        ({"d_model": "16"}, "d_model must be a whole number, but is '16'"),
        (
            {"source": {"normalization_rule_name": "nfkc_cf"}},
            "text is normalised by 'nfkc_cf', and ours by",
        ),
        ({"source": {"model_type": "char"}}, "neither by unigram scores nor by merges"),
        ({"source": {"byte_fallback": True, "vocab_size": 320}}, "have the names of control tokens of ours"),
    ],
    ids=["kind", "norm", "ffn", "activation", "activations", "sizes", "ids", "number", "form", "characters", "bytes"],
)
def test_what_ours_have_not_is_refused(changed: dict[str, Any], reason: str, make_folder: MakeFolder) -> None:
    with pytest.raises(InputError, match=f"cannot become a model of ours: .*{reason}"):
        read_marian(make_folder(**changed))


def test_models_for_several_languages_are_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    edit(folder, "vocab.json", **{">>fra<<": 5})
    with pytest.raises(InputError, match="translates into several languages"):
        read_marian(folder)


def test_weights_that_can_run_programs_are_not_read(make_folder: MakeFolder) -> None:
    folder = make_folder()
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(InputError, match=r"pytorch_model.bin holds weights in a format that can run programs"):
        read_marian(folder)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("config.json", None, r"config.json cannot be read: No such file"),
        ("config.json", b"{", r"config.json holds no JSON"),
        ("vocab.json", b"[]", r"vocab.json must hold a JSON object"),
        ("source.spm", b"\xff\xff\xff", r"source.spm is not a SentencePiece model, or is damaged"),
        ("source.spm", b"", r"source.spm is not a SentencePiece model"),
        ("source.spm", None, r"source.spm cannot be read"),
        ("model.safetensors", b"x" * 20, r"model.safetensors cannot be read"),
        ("model.safetensors", None, r"has no model.safetensors"),
    ],
    ids=["no-config", "config", "vocab", "pieces", "empty-pieces", "no-pieces", "weights", "no-weights"],
)
def test_damaged_folders_are_refused(make_folder: MakeFolder, name: str, content: bytes | None, message: str) -> None:
    folder = make_folder()
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(BundleError, match=message):
        read_marian(folder)


def test_weights_of_another_shape_are_refused(make_folder: MakeFolder) -> None:
    folder = make_folder()
    edit(folder, "config.json", encoder_layers=3)
    with pytest.raises(BundleError, match=r"are not those its config.json describes"):
        read_marian(folder)


@pytest.mark.parametrize("shape", [(128, DIM // 2), (128, 2 * DIM), (128,), ()], ids=str)
def test_a_table_of_positions_of_another_shape_is_refused(make_folder: MakeFolder, shape: tuple[int, ...]) -> None:
    folder = make_folder()
    weights = random_weights(json.loads((folder / "config.json").read_text(encoding="utf-8")))
    save_file(weights | {"model.encoder.embed_positions.weight": torch.zeros(shape)}, folder / "model.safetensors")
    with pytest.raises(BundleError, match=r"are not those its config.json describes: .* a table of positions .* 16"):
        read_marian(folder)


def test_languages_nobody_says_have_to_be_given(make_folder: MakeFolder) -> None:
    folder = make_folder()
    (folder / "tokenizer_config.json").unlink()
    with pytest.raises(InputError, match=r"does not say which languages .* give --source-language"):
        read_marian(folder)
    assert read_marian(folder, languages=("en", "fr")).translator.languages == ("en", "fr")


def test_an_unknown_origin_is_refused(make_folder: MakeFolder, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="imported from marian, but 'fairseq' is asked for"):
        import_model(make_folder(), tmp_path / "out", origin="fairseq")


def test_the_library_is_needed_to_compare_with(
    make_folder: MakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(format_file, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="importing from Marian needs transformers: pip install transformers"):
        import_model(make_folder(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def library() -> Any:
    return pytest.importorskip("transformers", reason="`make verify TARGET=hugging-face` installs it and runs this")


@pytest.fixture
def their_folder(library: Any, make_folder: MakeFolder) -> Path:
    """The folder with weights and settings as the library itself saves a model of random weights."""
    folder = make_folder()
    config = library.MarianConfig(**json.loads((folder / "config.json").read_text(encoding="utf-8")))
    config.forced_eos_token_id, config.bos_token_id = None, 0
    torch.manual_seed(9)
    model = library.MarianMTModel(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "embed_positions" not in name:
                parameter.add_(torch.randn_like(parameter) * 0.2)
        model.final_logits_bias.add_(torch.randn_like(model.final_logits_bias) * 0.2)
    model.generation_config.bad_words_ids = None
    model.save_pretrained(folder)
    return folder


SAMPLE = Sample(tuple(SENTENCES), None, "tests")


@pytest.mark.filterwarnings("ignore")
def test_an_imported_model_says_what_the_library_says(their_folder: Path, tmp_path: Path) -> None:
    agreement = import_model(their_folder, tmp_path / "out", sample=SAMPLE, tolerance=1e-4)
    assert agreement.largest_difference < 1e-4
    assert agreement.same_pieces == 1.0
    assert agreement.translations[0].identical == 1.0
    with pytest.raises(OutputExistsError):
        import_model(their_folder, tmp_path / "out", sample=SAMPLE)


@pytest.mark.filterwarnings("ignore")
def test_an_import_follows_the_folders_search_and_names_the_rest(their_folder: Path, tmp_path: Path) -> None:
    edit(their_folder, "generation_config.json", no_repeat_ngram_size=1, early_stopping=True)
    agreement = import_model(their_folder, tmp_path / "out", sample=SAMPLE)
    assert agreement.translations[0].identical == 1.0
    assert agreement.left_out == ("early_stopping",)
    assert load_bundle(tmp_path / "out").settings.decoding.no_repeat_ngram == 1


@pytest.mark.filterwarnings("ignore")
def test_an_imported_model_is_a_model_like_any_other(their_folder: Path, tmp_path: Path) -> None:
    import_model(their_folder, tmp_path / "out", sample=SAMPLE)
    translator = load(tmp_path / "out")
    assert load_bundle(tmp_path / "out").settings.data.target_language == "fr"
    first = translator.translate("the cat sleeps on the ½ mat 漢", beam_size=1, max_length=12)
    trace = translator.explain("the cat sleeps on the ½ mat 漢", beam_size=1, max_length=12)
    assert first.tokens
    head = trace["decoder.cross", 0, 0]
    assert [token.piece for token in head.key_tokens][-2:] == ["<unk>", "</s>"]
    assert head.weights.shape == (len(head.query_tokens), len(head.key_tokens))
    diagnosis = examine(Patient.load(tmp_path / "out", num_sentences=2))
    learned_nothing = {"source is read", "different answers"}  # weights are random
    assert {
        finding.name: finding.explanation for finding in diagnosis.failed if finding.name not in learned_nothing
    } == {}


@pytest.mark.filterwarnings("ignore")
def test_what_comes_in_goes_out_again(their_folder: Path, tmp_path: Path, library: Any) -> None:
    import_model(their_folder, tmp_path / "ours", sample=SAMPLE)
    agreement = convert_model(tmp_path / "ours", tmp_path / "again", to="marian", sample=SAMPLE, bleu_tolerance=100.0)
    assert agreement.largest_difference < 1e-4
    ids = torch.tensor([[5, 6, 7, 0]])
    begin = torch.tensor([[json.loads((their_folder / "config.json").read_text())["pad_token_id"], 8]])
    imported = read_marian(their_folder)
    ours_of = {theirs: ours for ours, theirs in reversed(list(enumerate(imported.their_ids)))}
    before = library.MarianMTModel.from_pretrained(their_folder).eval()
    after = library.MarianMTModel.from_pretrained(tmp_path / "again").eval()
    with torch.inference_mode():
        first = before(input_ids=ids, decoder_input_ids=begin).logits
        moved = torch.tensor([[ours_of[each] for each in ids[0].tolist()]])
        start = torch.tensor([[BOS, ours_of[8]]])
        second = after(input_ids=moved, decoder_input_ids=start).logits
    columns = [ours for ours in range(len(imported.their_ids)) if not 4 <= ours < 260]
    theirs = [imported.their_ids[ours] for ours in columns]
    torch.testing.assert_close(second[..., columns], first[..., theirs], atol=1e-4, rtol=0)


@pytest.mark.filterwarnings("ignore")
def test_an_import_that_changes_a_weight_is_refused(
    their_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from regard.convert import from_marian

    read = from_marian._tensors

    def read_wrongly(folder: Path) -> dict[str, torch.Tensor]:
        return {name: tensor + 0.01 * ("fc1.bias" in name) for name, tensor in read(folder).items()}

    monkeypatch.setattr(from_marian, "_tensors", read_wrongly)
    with pytest.raises(CheckError, match="largest difference of logits is"):
        import_model(their_folder, tmp_path / "out", sample=SAMPLE, tolerance=1e-4)
    assert not (tmp_path / "out").exists()


def test_an_adopted_vocabulary_is_not_written_as_one_of_ours(make_folder: MakeFolder) -> None:
    from regard.convert.to_hugging_face import TransformersFormat

    original = Original(read_marian(make_folder()).translator)
    with pytest.raises(InputError, match="vocabulary was learned elsewhere; --to marian writes"):
        TransformersFormat().refuse(original, quantization="float32")
    MarianFormat().refuse(original, quantization="float32")
