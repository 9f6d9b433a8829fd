"""Memorising does not help: the translation of the most similar training sentence is a poor answer."""

from itertools import pairwise

import sacrebleu

from regard.corpus.builtin import BuiltinCorpus, BuiltinPair


def nearest(pair: BuiltinPair, train: list[tuple[frozenset[tuple[str, ...]], BuiltinPair]]) -> str:
    """The French of the training sentence that shares most words and word pairs (Dice coefficient)."""
    wanted = grams(pair)
    return max(train, key=lambda entry: len(wanted & entry[0]) / (len(wanted) + len(entry[0])))[1].target


def grams(pair: BuiltinPair) -> frozenset[tuple[str, ...]]:
    words = pair.source_words
    return frozenset([*((word,) for word in words), *pairwise(words)])


def test_the_nearest_training_sentence_scores_at_most_50_bleu(builtin_corpus: BuiltinCorpus) -> None:
    train = [(grams(pair), pair) for pair in builtin_corpus.train]
    test = builtin_corpus.test[:150]
    answers = [nearest(pair, train) for pair in test]
    assert 5 < sacrebleu.corpus_bleu(answers, [[pair.target for pair in test]]).score <= 50
