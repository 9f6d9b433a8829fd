"""The built-in corpus: same bytes for one seed, disjoint splits, known words, complete alignments."""

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from regard.corpus.builtin import BuiltinCorpus, BuiltinPair, generate
from regard.corpus.builtin.everyday import everyday_pairs
from regard.corpus.builtin.generate import _Known, is_held_out
from regard.errors import CorpusError

_DIGEST = """
import hashlib
from regard.corpus.builtin import generate
corpus = generate(size=1000, seed=5)
print(hashlib.sha256(repr((corpus.train, corpus.valid, corpus.test, dict(corpus.special))).encode()).hexdigest())
"""


def everything(corpus: BuiltinCorpus) -> list[BuiltinPair]:
    special = [pair for pairs in corpus.special.values() for pair in pairs]
    return [*corpus.train, *corpus.valid, *corpus.test, *special]


def test_the_splits_have_the_sizes_asked_for(builtin_corpus: BuiltinCorpus) -> None:
    assert (len(builtin_corpus.train), len(builtin_corpus.valid), len(builtin_corpus.test)) == (2_700, 150, 150)
    assert set(builtin_corpus.special) == {"who", "long", "negation"}
    assert all(len(pairs) == 60 for pairs in builtin_corpus.special.values())


def test_no_english_sentence_stands_twice(builtin_corpus: BuiltinCorpus) -> None:
    sources = [pair.source for pair in everything(builtin_corpus)]
    assert len(sources) == len(set(sources))


def test_no_english_sentence_has_two_references(drawn_pairs: list[BuiltinPair]) -> None:
    seen: dict[str, str] = {}
    for pair in drawn_pairs:
        assert seen.setdefault(pair.source, pair.target) == pair.target


def test_every_held_out_word_is_known_from_training(builtin_corpus: BuiltinCorpus) -> None:
    source = {word for pair in builtin_corpus.train for word in pair.source_words}
    target = {word for pair in builtin_corpus.train for word in pair.target_words}
    held_out = everything(builtin_corpus)[len(builtin_corpus.train) :]
    assert all(source.issuperset(pair.source_words) and target.issuperset(pair.target_words) for pair in held_out)


def has_held_out_pairing(pair: BuiltinPair, seed: int) -> bool:
    return any(is_held_out(pair.structure, lemma, seed=seed) for lemma in pair.lemmas)


def test_training_never_sees_a_held_out_pairing(builtin_corpus: BuiltinCorpus) -> None:
    assert not any(has_held_out_pairing(pair, seed=1) for pair in builtin_corpus.train)
    assert any(has_held_out_pairing(pair, seed=2) for pair in builtin_corpus.train)


def test_what_only_one_structure_teaches_is_never_held_out() -> None:
    seeds = range(2_000)
    assert not any(is_held_out("feeling", "feeling:thirsty", seed=seed) for seed in seeds)
    assert not any(is_held_out("to_somebody", "verb:forgive", seed=seed) for seed in seeds)
    assert any(is_held_out("object", "verb:carry", seed=seed) for seed in seeds)


def test_importing_reads_no_table_and_no_torch() -> None:
    code = "import sys, regard.corpus.builtin; from regard.corpus.builtin.lexicon import load_lexicon; "
    code += "assert 'torch' not in sys.modules; assert load_lexicon.cache_info().currsize == 0"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_half_of_valid_and_test_have_a_held_out_pairing(builtin_corpus: BuiltinCorpus) -> None:
    for split in (builtin_corpus.valid, builtin_corpus.test):
        assert sum(has_held_out_pairing(pair, seed=1) for pair in split) == len(split) / 2


def test_alignments_link_every_word_of_both_sides(builtin_corpus: BuiltinCorpus) -> None:
    for pair in everything(builtin_corpus):
        assert {source for source, _ in pair.alignment} == set(range(len(pair.source_words))), pair
        assert {target for _, target in pair.alignment} == set(range(len(pair.target_words))), pair


def test_alternatives_differ_from_the_reference_and_each_other(builtin_corpus: BuiltinCorpus) -> None:
    for pair in everything(builtin_corpus):
        assert len({pair.target, *pair.alternatives}) == 1 + len(pair.alternatives)


def test_mirrored_sentences_swap_who_and_whom(builtin_corpus: BuiltinCorpus) -> None:
    pairs = builtin_corpus.special["who"]
    for first, second in zip(pairs[::2], pairs[1::2], strict=True):
        assert first.source != second.source
        assert first.lemmas == second.lemmas
        assert Counter(first.source.lower().strip(".").split()) == Counter(second.source.lower().strip(".").split())


def test_special_sets_are_what_they_say(builtin_corpus: BuiltinCorpus) -> None:
    negation, long = builtin_corpus.special["negation"], builtin_corpus.special["long"]
    assert all({"ne", "n'"} & {word.lower() for word in pair.target_words} for pair in negation)
    assert all(11 <= sum(word[0].isalnum() for word in pair.source_words) <= 25 for pair in long)


def test_the_same_bytes_in_every_process() -> None:
    digests = set()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        found = subprocess.run([sys.executable, "-c", _DIGEST], env=environment, stdout=subprocess.PIPE, check=True)
        digests.add(found.stdout)
    assert len(digests) == 1
    assert len(digests.pop()) == len(hashlib.sha256(b"").hexdigest()) + 1


_SMALLEST = """
import json
from regard.corpus.builtin import generate
from regard.corpus.builtin.generate import is_held_out

def paired(pairs):
    return sum(any(is_held_out(pair.structure, lemma, seed=2) for lemma in pair.lemmas) for pair in pairs)

corpus = generate(size=1000, seed=2)
splits = {"train": corpus.train, "valid": corpus.valid, "test": corpus.test, **corpus.special}
print(json.dumps({name: [len(pairs), paired(pairs), len({pair.structure for pair in pairs})]
                  for name, pairs in splits.items()}))
print(json.dumps([pair.source for pairs in splits.values() for pair in pairs]))
"""


def test_the_smallest_corpus_is_whole_and_another_seed_gives_other_sentences(builtin_corpus: BuiltinCorpus) -> None:
    # In a Python of its own: with types checked at every call it would take ten times as long.
    done = subprocess.run([sys.executable, "-c", _SMALLEST], capture_output=True, text=True, check=True)
    facts, sources = map(json.loads, done.stdout.splitlines())
    assert {name: count for name, (count, _, _) in facts.items()} == {
        "train": 800, "valid": 100, "test": 100, "who": 40, "long": 40, "negation": 40
    }  # fmt: skip
    assert [facts[name][1] for name in ("train", "valid", "test")] == [0, 50, 50]
    assert min(facts["valid"][2], facts["test"][2]) > 30
    assert len(sources) == len(set(sources))
    shared = set(sources[:800]) & {pair.source for pair in builtin_corpus.train}
    assert len(shared) < len(everyday_pairs()) + 20


def test_a_held_out_set_is_filled_with_known_words_and_no_further(builtin_corpus: BuiltinCorpus) -> None:
    few, many = builtin_corpus.train[:1_000], iter([(pair,) for pair in builtin_corpus.test])
    known = {word for pair in few for word in pair.source_words}
    chosen = _Known(few).enough(10, many)
    assert len(chosen) == 10
    assert all(known.issuperset(pair.source_words) for pair in chosen)
    assert len(list(many)) > 100  # drawing stops as soon as there are enough


def test_the_textbook_sentences_are_in_training(builtin_corpus: BuiltinCorpus) -> None:
    known = {pair.source: pair.target for pair in builtin_corpus.train}
    assert known["I love you."] == "Je t'aime."
    assert known["The cat is on the mat."] == "Le chat est sur le tapis."
    assert known["The cat sat on the mat."] == "Le chat s'est assis sur le tapis."
    assert known["The cat, which is fluffy, sleeps."] == "Le chat, qui est duveteux, dort."
    assert known["The cat chased the dog."] == "Le chat a poursuivi le chien."
    assert known["The dog chased the cat."] == "Le chien a poursuivi le chat."
    assert known["The horse ran quickly."] == "Le cheval a couru vite."
    assert known["I am not happy."] == "Je ne suis pas heureux."


def test_a_pair_becomes_what_readers_yield(builtin_corpus: BuiltinCorpus) -> None:
    pair = builtin_corpus.train[0].to_pair(1)
    assert (pair.source, str(pair.origin)) == (builtin_corpus.train[0].source, "builtin:1")


@pytest.mark.parametrize("size", [0, 999, 100_001])
def test_a_size_the_grammar_is_not_made_for_is_refused(size: int) -> None:
    with pytest.raises(CorpusError, match=f"`size` must be between 1000 and 100000 pairs, but is {size} instead"):
        generate(size=size)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(CorpusError, match="`seed` must be 0 or more, but is -1 instead"):
        generate(size=1_000, seed=-1)
