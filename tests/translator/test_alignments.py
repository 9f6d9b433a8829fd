from dataclasses import replace

import numpy as np
import pytest

import regard
from regard.errors import InputError, ShapeError, TextError, TokenLimitError
from regard.text import Tokenizer
from regard.text.adopted import Adopted
from regard.tracing.alignment import spaced_words
from regard.translator.alignment import Reading, align

ENGLISH = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
FRENCH = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"]


@pytest.fixture(scope="module")
def translator(tiny_run):
    return regard.load(tiny_run, device="cpu")


def links(translation):
    return [tuple(map(int, link.split("-"))) for link in str(translation.alignment).split()]


def test_a_run_finds_out_which_heads_know(translator):
    fact = translator.alignment
    assert fact is not None
    assert fact.chosen_by.startswith("association of linked words, ")
    assert all(layer == 0 for layer, _ in fact.heads)


def test_numbers_in_words_are_aligned_one_to_one(translator):
    numbers = [f"{number:03d}" for number in range(0, 1000, 17)]
    english, french = (
        [" ".join(names[int(digit)] for digit in each) for each in numbers] for names in (ENGLISH, FRENCH)
    )
    alignments = translator.align(english, french)
    right = sum(source == target for each in alignments for source, target in each.links)
    assert right > 0.9 * 3 * len(numbers)
    assert sum(len(each.links) for each in alignments) < 1.1 * 3 * len(numbers)


def test_asking_changes_no_translation(translator):
    lines = ["one two three", "nine", "", "x" * 300]
    plain = list(translator.translate_lines(lines, beam_size=2))
    asked = list(translator.translate_lines(lines, beam_size=2, alignments=True))
    assert [(each.text, each.score) for each in plain] == [(each.text, each.score) for each in asked]
    assert all(each.alignment is None for each in plain)


def test_a_line_that_is_cut_counts_the_words_of_the_whole_line(make_translator):
    sentences = ["The cat sat on the mat.", "I love you.", "The horse ran quickly.", "The cat chased the dog."]
    line = " ".join(sentences)
    translator = make_translator(max_tokens=16, ending=-4.0)
    (translation,) = translator.translate_lines([line], beam_size=1, alignments=True)
    assert translation.num_parts == len(sentences)
    assert translation.alignment.source_words == tuple(line.split())
    assert translation.alignment.target_words == tuple(spaced_words(translation.text))
    parts = [number for number, sentence in enumerate(sentences) for _ in sentence.split()]
    found = links(translation)
    assert {parts[source] for source, _ in found} == {0, 1, 2, 3}
    # What belongs to a later part stands later in the translation.
    for source, target in found:
        assert all(target < other for later, other in found if parts[later] > parts[source])


HOSTILE = [
    "",
    "   ",
    "\t",
    "<script>alert(1)</script>",
    "[bold] ||| 0-0",
    "\x1b[31mred",
    "\u202eשלום עולם",
    "👩‍👩‍👧‍👦 🇫🇷",
    "y" * 300,
    "e\u0301 n\u0303o",
    "one\u00a0two\u2028three\x0cfour",
    "\u2581 \ue000\ue001",
]


def test_any_line_has_an_alignment_within_its_words(translator):
    for line, translation in zip(HOSTILE, translator.translate_lines(HOSTILE, alignments=True), strict=True):
        assert translation.alignment.source_words == tuple(spaced_words(line.strip()))
        assert translation.alignment.target_words == tuple(spaced_words(translation.text))
        for source, target in links(translation):
            assert source < len(translation.alignment.source_words)
            assert target < len(translation.alignment.target_words)


def test_pairs_that_are_given(translator):
    first, second = translator.align(["one two", ""], ["un deux", "rien"])
    assert str(first) == "0-0 1-1"
    assert (second.target_words, second.links) == (("rien",), ())


def test_what_can_be_given(translator):
    with pytest.raises(ShapeError, match="2 sources and 1 targets are given; they must be pairs"):
        translator.align(["a", "b"], ["c"])
    with pytest.raises(TextError, match="text 2: the text holds a lone surrogate"):
        translator.align(["a", "b"], ["c", "\ud800"])
    with pytest.raises(TokenLimitError, match="text 1: the text has"):
        translator.align(["q" * 2000], ["c"])


def test_where_nobody_has_chosen_the_last_layer_is_read(tiny_run):
    translator = regard.load(tiny_run, device="cpu")
    translator.alignment = None
    (translation,) = translator.translate_lines(["one two three"], alignments=True)
    assert links(translation)


def test_of_several_models_the_first_is_read(tiny_run, translator):
    both = regard.load(tiny_run, tiny_run, device="cpu")
    lines = ["one two three", "nine"]
    assert list(map(links, both.translate_lines(lines, alignments=True))) == list(
        map(links, translator.translate_lines(lines, alignments=True))
    )
    assert both.align(lines, ["un deux trois", "neuf"]) == translator.align(lines, ["un deux trois", "neuf"])


def test_a_choice_that_does_not_fit_the_model(tiny_run):
    translator = regard.load(tiny_run, device="cpu")
    translator.alignment = translator.alignment.model_copy(update={"heads": ((7, 0),)})
    with pytest.raises(InputError, match="head 0 of layer 7 is to be read, but the model has the layers 0 to 0"):
        list(translator.translate_lines(["one"], alignments=True))


@pytest.fixture
def learned_elsewhere(tokenizer, monkeypatch):
    """A tokenizer as imported models have it; piece n of a translation looks at piece n of its source."""

    def straight(model, sources, targets, *, batch_tokens):
        sizes = [(len(target) + 1, len(source) + 1) for source, target in zip(sources, targets, strict=True)]
        return [np.eye(*size, dtype=np.float32)[None, None] for size in sizes]

    monkeypatch.setattr("regard.translator.alignment.cross_attention", straight)
    pieces = tokenizer.vocabulary.pieces
    unused = tuple(number for number, piece in enumerate(pieces) if "è" in piece)  # written, but never read
    return Tokenizer(replace(tokenizer.vocabulary, adopted=Adopted("nmt_nfkc", unused)))


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (["The … … cat sat"], "0-0 1-1 2-2 3-3 4-4"),  # read as "The ... ... cat sat"
        (["The …", "½ cat sat"], "0-0 1-1 3-2 4-3"),  # as "The ..." and "cat sat"
        (["The ЖЖЖ cat sat"], "0-0 2-1 3-2"),
        (["a\u200b\u200b\u200bcat … sat"], "0-0 0-1 1-2 2-3"),  # parts no words of the line, but of what is read
    ],
    ids=["signs", "cut", "unknown", "space"],
)
def test_words_are_found_however_a_vocabulary_learned_elsewhere_reads_them(learned_elsewhere, parts, expected):
    ids = tuple(map(learned_elsewhere.encode, parts))
    reading = Reading(" ".join(parts), " ".join(map(learned_elsewhere.decode, ids)), ids, ids)
    (found,) = align(None, learned_elsewhere, None, [reading], batch_tokens=1000)
    assert (str(found), found.source_words) == (expected, tuple(spaced_words(reading.source)))


def test_words_of_a_translation_are_as_they_were_written(learned_elsewhere, tokenizer):
    text = "très très vite"
    written = tuple(tokenizer.encode(text))
    assert learned_elsewhere.decode(learned_elsewhere.encode(text)) != text == learned_elsewhere.decode(written)
    (found,) = align(None, learned_elsewhere, None, [Reading(text, text, (written,), (written,))], batch_tokens=1000)
    assert str(found) == "0-0 1-1 2-2"
