import pytest

from regard.corpus import Origin, Pair
from regard.models import build_model
from regard.runs.alignment import FEWEST_PAIRS, alignment_fact
from regard.settings import load_settings
from regard.text import Tokenizer

SIZES = ["model.model_dim=16", "model.num_heads=2", "model.feedforward_dim=32", "model.encoder_layers=1"]
PAIRS = [Pair(f"the cat {n}", f"le chat {n}", Origin("made", n)) for n in range(1, 41)]


@pytest.fixture(scope="module")
def tokenizer():
    return Tokenizer.train([text for pair in PAIRS for text in (pair.source, pair.target)], vocab_size=310)


def built(*changes):
    settings = load_settings(None, [*SIZES, "model.decoder_layers=2", *changes], preset="tiny")
    return build_model(settings.model, 310, seed=0).eval()


def test_the_choice_names_heads_of_the_model_and_how_it_was_made(tokenizer):
    fact = alignment_fact(built(), tokenizer, PAIRS, max_tokens=100)
    assert all(layer in (0, 1) and head in (0, 1) for layer, head in fact.heads)
    assert fact.chosen_by == "association of linked words, 40 validation pairs"


def test_the_same_model_gives_the_same_choice(tokenizer):
    model = built()
    assert alignment_fact(model, tokenizer, PAIRS, max_tokens=100) == alignment_fact(
        model, tokenizer, PAIRS, max_tokens=100
    )


def test_the_recurrent_network_has_its_choice_too(tokenizer):
    fact = alignment_fact(built("model.kind=recurrent"), tokenizer, PAIRS, max_tokens=100)
    assert {layer for layer, _ in fact.heads} == {0}


def test_too_few_pairs_are_no_ground_to_choose_on(tokenizer):
    assert alignment_fact(built(), tokenizer, PAIRS[: FEWEST_PAIRS - 1], max_tokens=100) is None
    assert alignment_fact(built(), tokenizer, PAIRS, max_tokens=1) is None


def test_a_network_that_does_not_look_at_its_source(tokenizer, monkeypatch):
    model = built()
    monkeypatch.setattr(type(model), "attentions", lambda self: {})
    assert alignment_fact(model, tokenizer, PAIRS, max_tokens=100) is None
