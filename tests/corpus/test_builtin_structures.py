"""How much there is: structures and lemmas, and that every structure builds whole sentences."""

import pytest

from regard.corpus.builtin import BuiltinPair
from regard.corpus.builtin.draw import Draw
from regard.corpus.builtin.drawing import draw_pair
from regard.corpus.builtin.lexicon import load_lexicon
from regard.corpus.builtin.structures import STRUCTURES, Structure
from regard.corpus.builtin.structures.comparisons import superlative_of


def test_there_are_a_hundred_structures_and_more_than_four_hundred_lemmas() -> None:
    assert len(STRUCTURES) == 103
    lexicon = load_lexicon()
    lemmas = {word.english for words in (lexicon.nouns, lexicon.adjectives, lexicon.verbs) for word in words}
    assert len(lemmas) >= 480


def test_names_are_distinct_and_weights_positive() -> None:
    assert len({structure.name for structure in STRUCTURES}) == len(STRUCTURES)
    assert all(structure.weight > 0 for structure in STRUCTURES)


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
def test_a_structure_builds_whole_sentences(structure: Structure) -> None:
    for seed in range(8):
        pair = draw_pair(structure.name, structure.build, seed)
        assert pair.source[-1] == pair.target[-1] in ".?!"
        assert pair.source[0].isupper()
        assert pair.target[0].isupper()
        assert "  " not in pair.source + pair.target
        assert len({source for source, _ in pair.alignment}) == len(pair.source_words)
        assert len({target for _, target in pair.alignment}) == len(pair.target_words)


def test_every_structure_is_drawn(drawn_pairs: list[BuiltinPair]) -> None:
    seen = {pair.structure for pair in drawn_pairs}
    assert seen == {structure.name for structure in STRUCTURES} | {"everyday", "textbook"}


def test_every_class_a_word_names_exists() -> None:
    """A misspelled class would silently leave a verb without objects."""
    lexicon = load_lexicon()
    known = {name for noun in lexicon.nouns for name in noun.classes} | {"mood"}
    named = {name for verb in lexicon.verbs for name in verb.subjects | verb.objects}
    named |= {name for adjective in lexicon.adjectives for name in adjective.classes}
    assert named <= known


def test_two_draws_with_one_seed_choose_the_same() -> None:
    first, second = (Draw(5, load_lexicon()) for _ in range(2))
    assert [first.chance(0.5) for _ in range(50)] == [second.chance(0.5) for _ in range(50)]
    assert first.noun(frozenset({"animal"})) is second.noun(frozenset({"animal"}))


@pytest.mark.parametrize(
    ("english", "superlative"), [("big", "biggest"), ("happy", "happiest"), ("good", "best"), ("useful", "most useful")]
)
def test_superlatives_follow_the_comparative(english: str, superlative: str) -> None:
    adjective = next(word for word in load_lexicon().adjectives if word.english == english)
    assert superlative_of(adjective) == superlative
