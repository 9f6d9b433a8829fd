"""The pairs written by hand: how many, no doubles, complete alignments, consistent punctuation."""

from regard.corpus.builtin.everyday import everyday_pairs


def test_there_are_some_hundred_without_doubles() -> None:
    pairs = everyday_pairs()
    assert len(pairs) >= 280
    assert len({pair.source for pair in pairs}) == len(pairs)
    assert sum(pair.structure == "textbook" for pair in pairs) == 8


def test_every_word_is_aligned() -> None:
    for pair in everyday_pairs():
        assert {source for source, _ in pair.alignment} == set(range(len(pair.source_words))), pair.source
        assert {target for _, target in pair.alignment} == set(range(len(pair.target_words))), pair.source


def test_french_is_punctuated_alike_everywhere() -> None:
    for pair in everyday_pairs():
        for text in (pair.target, *pair.alternatives):
            assert text[-1] in ".?!"
            assert (text[-2] == " ") is (text[-1] in "?!"), text
            assert "’" not in text
