"""The built-in corpus: same bytes for one seed, disjoint splits, known words, complete alignments."""

import hashlib
import os
import subprocess
import sys
from itertools import islice

import pytest

from regard.corpus.builtin import BuiltinCorpus, BuiltinPair, generate
from regard.corpus.builtin.drawing import draw_pairs
from regard.corpus.builtin.everyday import everyday_pairs
from regard.errors import CorpusError

_DIGEST = """
import hashlib
from regard.corpus.builtin import generate
corpus = generate(size=1000, seed=5)
print(hashlib.sha256(repr((corpus.train, corpus.valid, corpus.test, dict(corpus.special))).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def corpus() -> BuiltinCorpus:
    return generate(size=4_000, seed=1)


def everything(corpus: BuiltinCorpus) -> list[BuiltinPair]:
    special = [pair for pairs in corpus.special.values() for pair in pairs]
    return [*corpus.train, *corpus.valid, *corpus.test, *special]


def test_the_splits_have_the_sizes_asked_for(corpus: BuiltinCorpus) -> None:
    assert (len(corpus.train), len(corpus.valid), len(corpus.test)) == (3_600, 200, 200)
    assert set(corpus.special) == {"who", "long", "negation"}
    assert all(len(pairs) > 60 for pairs in corpus.special.values())


def test_no_english_sentence_stands_twice(corpus: BuiltinCorpus) -> None:
    sources = [pair.source for pair in everything(corpus)]
    assert len(sources) == len(set(sources))


def test_no_english_sentence_has_two_references() -> None:
    seen: dict[str, str] = {}
    for pair in (*everyday_pairs(), *islice(draw_pairs(9, "pool"), 6_000)):
        assert seen.setdefault(pair.source, pair.target) == pair.target


def test_every_held_out_word_is_known_from_training(corpus: BuiltinCorpus) -> None:
    source = {word for pair in corpus.train for word in pair.source_words}
    target = {word for pair in corpus.train for word in pair.target_words}
    held_out = everything(corpus)[len(corpus.train) :]
    assert all(source.issuperset(pair.source_words) and target.issuperset(pair.target_words) for pair in held_out)


def test_half_of_the_test_split_has_pairings_that_training_lacks(corpus: BuiltinCorpus) -> None:
    pairings = {(pair.structure, lemma) for pair in corpus.train for lemma in pair.lemmas}
    new = [pair for pair in corpus.test if any((pair.structure, lemma) not in pairings for lemma in pair.lemmas)]
    assert len(new) >= len(corpus.test) * 0.45


def test_alignments_link_every_word_of_both_sides(corpus: BuiltinCorpus) -> None:
    for pair in everything(corpus):
        assert {source for source, _ in pair.alignment} == set(range(len(pair.source_words))), pair
        assert {target for _, target in pair.alignment} == set(range(len(pair.target_words))), pair


def test_alternatives_differ_from_the_reference_and_each_other(corpus: BuiltinCorpus) -> None:
    for pair in everything(corpus):
        assert len({pair.target, *pair.alternatives}) == 1 + len(pair.alternatives)


def test_mirrored_sentences_swap_who_and_whom(corpus: BuiltinCorpus) -> None:
    first, second = corpus.special["who"][:2]
    assert first.source != second.source
    assert sorted(first.source.lower().split()) != first.source.lower().split()
    assert sorted(first.source_words, key=str.lower)[1:] == sorted(second.source_words, key=str.lower)[1:]


def test_special_sets_are_what_they_say(corpus: BuiltinCorpus) -> None:
    assert all(" not " in f" {p.source} " or "ne" in p.target or "n'" in p.target for p in corpus.special["negation"])
    assert all(11 <= sum(word[0].isalnum() for word in p.source_words) <= 25 for p in corpus.special["long"])


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_same_bytes_in_every_process(hash_seed: str) -> None:
    here = generate(size=1_000, seed=5)
    content = repr((here.train, here.valid, here.test, dict(here.special))).encode()
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    found = subprocess.run([sys.executable, "-c", _DIGEST], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == hashlib.sha256(content).hexdigest()


def test_another_seed_gives_other_sentences(corpus: BuiltinCorpus) -> None:
    other = {pair.source for pair in generate(size=1_000, seed=2).train}
    assert len(other & {pair.source for pair in corpus.train}) < 300


def test_the_textbook_sentences_are_in_training(corpus: BuiltinCorpus) -> None:
    known = {pair.source: pair.target for pair in corpus.train}
    assert known["I love you."] == "Je t'aime."
    assert known["The cat is on the mat."] == "Le chat est sur le tapis."
    assert known["The cat sat on the mat."] == "Le chat s'est assis sur le tapis."
    assert known["The cat, which is fluffy, sleeps."] == "Le chat, qui est duveteux, dort."
    assert known["The cat chased the dog."] == "Le chat a poursuivi le chien."
    assert known["The dog chased the cat."] == "Le chien a poursuivi le chat."
    assert known["The horse ran quickly."] == "Le cheval a couru vite."
    assert known["I am not happy."] == "Je ne suis pas heureux."


def test_a_pair_becomes_what_readers_yield(corpus: BuiltinCorpus) -> None:
    pair = corpus.train[0].to_pair(1)
    assert (pair.source, str(pair.origin)) == (corpus.train[0].source, "builtin:1")


@pytest.mark.parametrize("size", [0, 999, 100_001])
def test_a_size_the_grammar_is_not_made_for_is_refused(size: int) -> None:
    with pytest.raises(CorpusError, match=f"`size` must be between 1000 and 100000 pairs, but is {size} instead"):
        generate(size=size)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(CorpusError, match="`seed` must be 0 or more, but is -1 instead"):
        generate(size=1_000, seed=-1)
