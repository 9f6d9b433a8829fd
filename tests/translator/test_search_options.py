"""Options of a call: each reaches search, contradictions are refused, and none costs anything where it is not given."""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from regard.decoding import translate_ids
from regard.errors import InputError, SettingsError, TextError
from regard.settings import DecodingSettings
from regard.text import Tokenizer
from regard.text.adopted import Adopted
from regard.translator import Glossary, Translator
from regard.translator.asking import Asking
from regard.translator.options import SearchOptions
from regard.translator.phrases import PhraseBook

TEXT = "The cat sat on the mat."


def test_a_prefix_is_how_it_begins(translator: Translator) -> None:
    assert translator.translate(TEXT, prefix="Le chien ").text.startswith("Le chien")


def test_of_a_line_that_is_cut_the_first_part_begins_as_asked_and_holds_what_is_required(
    make_translator: Callable[..., Translator],
) -> None:
    translator = make_translator(decoding={"max_length": 20}, max_tokens=12)
    line = "The cat sat on the mat. I love you. The horse ran quickly."
    assert len(translator._parts(line)) > 1
    [begun] = translator.translate_lines([line], prefix="Le chien")
    assert (begun.text.startswith("Le chien"), begun.text.count("Le chien")) == (True, 1)
    [held] = translator.translate_lines([line], required=["tapis"])
    assert held.text.count("tapis") == 1
    two = list(translator.translate_lines(["I love you.", "Je t'aime."], prefix="Le chien"))
    assert all(each.text.startswith("Le chien") for each in two)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prefix": "Le chien", "forbidden": ["chien"]}, "prefix 'Le chien' holds a forbidden phrase, alone or in"),
        ({"prefix": "Un chaton", "forbidden": ["chat"]}, "prefix 'Un chaton' holds a forbidden phrase, alone or in"),
        (
            {"prefix": "vite vite vite", "no_repeat_ngram": 1},
            "prefix 'vite vite vite' holds the same token twice, which no_repeat_ngram = 1",
        ),
        ({"prefix": "Le chien court", "max_length": 3}, r"the prefix has \d+ tokens, but the translation may have 3"),
    ],
)
def test_a_prefix_that_contradicts_the_rest_is_refused(
    translator: Translator, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsError, match=message):
        translator.translate(TEXT, **options)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"required": ["chat"]},
        {"glossary": {"cat": "chat"}},
        {"forbidden": ["chat"]},
        {"forbidden": ["un"]},
        {"forbidden": ["Un chaton,"]},
        {"required": ["chaton"], "forbidden": ["tapis"]},
    ],
)
@pytest.mark.parametrize("prefix", ["Un chaton, un", "chats, Le chaton", "chat"])
def test_a_prefix_is_written_whole_or_refused(
    make_translator: Callable[..., Translator], asked: dict[str, Any], prefix: str
) -> None:
    translator = make_translator(decoding={"max_length": 40})
    try:
        found = translator.translate(TEXT, prefix=prefix, **asked)
    except SettingsError:
        assert "forbidden" in asked
        return
    assert found.text.startswith(prefix)
    assert "unmet" not in found.flags


def test_required_phrases_and_a_glossary(make_translator: Callable[..., Translator]) -> None:
    translator = make_translator(decoding={"max_length": 20})
    found = translator.translate([TEXT, "I love you."], required=["chien"], glossary={"cat": ("chat noir", "tapis")})
    for each in found:
        assert " chien " in f" {each.text} ".replace(".", " ").replace(",", " ")
        assert each.flags in ((), ("cut",))
    assert "chat noir" in found[0].text or "tapis" in found[0].text
    glossary = Glossary.of({"cat": "chat"})
    assert translator.translate("I love you.", glossary=glossary) == translator.translate("I love you.")


def test_forbidden_phrases(make_translator: Callable[..., Translator]) -> None:
    favourite = make_translator().tokenizer.encode("chat")[0]
    translator = make_translator(decoding={"max_length": 12}, favourite=favourite, ending=-50.0)
    word = translator.tokenizer.decode([favourite])
    assert word in re.findall(r"\w+", translator.translate(TEXT).text)
    found = translator.translate(TEXT, num_hypotheses=2, forbidden=[word])
    assert len(found.hypotheses) == 2
    assert all(word not in re.findall(r"\w+", each.text) for each in found.hypotheses)


def test_a_phrase_that_is_required_and_forbidden_is_refused_before_anything(translator: Translator) -> None:
    message = "the term 'cat' demands 'petit chat', but a forbidden phrase is part of that"
    with pytest.raises(SettingsError, match=message):
        translator.translate(TEXT, glossary={"cat": "petit chat"}, forbidden=["chat"])
    with pytest.raises(SettingsError, match=message):  # although no text has the term
        translator.translate_lines([], glossary={"cat": "petit chat"}, forbidden=["chat"])
    with pytest.raises(SettingsError, match="required demands 'chat', but a forbidden phrase"):
        translator.translate(TEXT, required=["chat"], forbidden=["chat"])
    with pytest.raises(SettingsError, match="required demands 'chaton', but a forbidden phrase"):
        translator.translate(TEXT, required=["chaton"], forbidden=["chat"])  # its first token is all of "chat"
    either = translator.translate(TEXT, glossary={"cat": ("petit chat", "tapis")}, forbidden=["chat"])
    assert "tapis" in either.text


def test_a_term_that_an_imported_vocabulary_cannot_write_is_refused_before_anything(tokenizer: Tokenizer) -> None:
    book = PhraseBook(Tokenizer(replace(tokenizer.vocabulary, adopted=Adopted("nmt_nfkc"))))
    Asking(DecodingSettings(), {"glossary": {"cat": ("Ж", "chat"), "dog": "chien"}}, book)
    with pytest.raises(SettingsError, match="the term 'cat': the model's vocabulary cannot write all signs of 'Ж'"):
        Asking(DecodingSettings(), {"glossary": {"cat": "Ж"}}, book)


@pytest.mark.parametrize("other", [{"samples": 2}, {"diverse_groups": 2}])
def test_what_needs_a_beam_of_its_own_is_refused(translator: Translator, other: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=f"need a beam of their own; leave {next(iter(other))} out"):
        translator.translate(TEXT, required=["chat"], **other)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"required": "chat"}, SettingsError, "required takes a list of phrases, but 'chat' is given"),
        ({"required": [" "]}, SettingsError, "required: a phrase needs text, but ' ' is given"),
        ({"required": [3]}, TextError, "required must be a string, but int 3 is given"),
        ({"prefix": 3}, TextError, "prefix must be a string, but int 3 is given"),
        ({"forbidden": ["\ud800"]}, SettingsError, "forbidden"),
        ({"glossary": "/nowhere/terms.tsv"}, InputError, "the glossary /nowhere/terms.tsv cannot be read"),
        ({"top_k": 3}, SettingsError, "top_k mean something only for drawing; give samples too"),
        ({"beam": 3}, TypeError, "there is no option beam; there are beam_size"),
    ],
)
def test_wrong_options(translator: Translator, options: dict[str, Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        translator.translate(TEXT, **options)


def test_confidence_is_what_the_model_gave(translator: Translator) -> None:
    found = translator.translate(TEXT, length_penalty=1.0)
    assert found.confidence == pytest.approx(math.exp(found.score))
    assert len(found.token_confidences) == len(found.tokens)
    (exact,) = translate_ids(translator.model, [translator.tokenizer.encode(TEXT)], translator.settings.decoding)
    assert [math.log(each) for each in found.token_confidences] == pytest.approx(
        exact[0].token_log_probabilities[: len(found.tokens)]
    )
    assert translator.translate("").confidence == 1


def test_flags_say_why_a_translation_is_not_whole(make_translator: Callable[..., Translator]) -> None:
    endless = make_translator(ending=-50.0, decoding={"max_length": 6})
    assert endless.translate(TEXT).flags == ("cut",)
    assert endless.translate(TEXT, deadline_seconds=1e-9).flags == ("deadline",)
    assert endless.translate(TEXT, cancel=lambda _: True).flags == ("cancelled",)
    assert endless.translate(TEXT, required=["chien " * 9]).flags == ("cut", "unmet")
    assert make_translator().translate(TEXT, deadline_seconds=60.0, cancel=lambda _: False).flags == ()


def test_one_line_of_many_is_cancelled_by_its_number(
    make_translator: Callable[..., Translator], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("regard.translator.lines.blocks.__kwdefaults__", {"most_lines": 2, "most_characters": 10**6})
    found = list(make_translator().translate_lines([TEXT] * 5, cancel=lambda number: number == 3))
    assert [each.flags for each in found] == [(), (), (), ("cancelled",), ()]


def test_a_loop_is_flagged(make_translator: Callable[..., Translator]) -> None:
    base = make_translator()
    favourite = base.tokenizer.encode("chat")[0]
    looping = make_translator(favourite=favourite, ending=-50.0, decoding={"max_length": 8})
    assert "repetition" in looping.translate(TEXT).flags


def test_a_line_that_had_to_be_cut_has_all_of_it(make_translator: Callable[..., Translator]) -> None:
    translator = make_translator(max_tokens=12)
    (found,) = translator.translate_lines([" ".join([TEXT] * 4)], no_repeat_ngram=2)
    assert found.num_parts > 1
    assert len(found.token_confidences) == len(found.tokens)


@pytest.mark.parametrize("beam_size", [1, 4])
def test_every_option_is_a_setting_or_belongs_to_the_text(translator: Translator, beam_size: int) -> None:
    fields = set(type(translator.settings.decoding).model_fields) - {"max_source_tokens", "batch_tokens"}
    given = {name for name in SearchOptions.__annotations__ if name not in ("required", "prefix", "cancel")}
    assert given <= fields


class Counted(TorchDispatchMode):
    """Notes every operator that PyTorch runs."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))


def operators(work: Callable[[], object]) -> list[str]:
    with torch.no_grad(), Counted() as counted:
        work()
    return counted.names


@pytest.mark.parametrize("beam_size", [1, 4])
def test_features_that_are_off_run_no_operator(translator: Translator, beam_size: int) -> None:
    search = translator.settings.decoding.model_copy(update={"beam_size": beam_size})
    sources = [translator.tokenizer.encode(TEXT)]
    bare = operators(lambda: translate_ids(translator.model, sources, search))
    assert bare
    assert operators(lambda: translator.translate(TEXT, beam_size=beam_size)) == bare
    assert operators(lambda: translator.translate(TEXT, beam_size=beam_size, forbidden=["chat"])) != bare
