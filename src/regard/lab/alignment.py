"""Does the decoder's attention know which word translates which? Against the grammar's own links (A2)."""

from collections.abc import Collection, Sequence
from typing import Final

from regard.corpus.builtin import BuiltinPair
from regard.evaluation.alignment import AlignmentScore, Link, diagonal_links, score_alignments
from regard.lab.bench import Bench
from regard.lab.claim import Claim, Table
from regard.lab.experiment import Experiment
from regard.lab.sentences import short_test
from regard.tracing.alignment import AlignmentReader, default_reader, mean_of
from regard.tracing.alignment.tables import WordedPair, word_tables
from regard.translator import Translator

Links = Sequence[Collection[Link]]


def run(bench: Bench) -> tuple[Claim, ...]:
    """Reads the attention of the network with sinusoidal positions."""
    pairs = short_test(bench.effort.corpus_size, bench.effort.num_sentences)
    return (claim(attended_links(bench.translator("sinusoidal"), pairs), pairs),)


def attended_links(translator: Translator, pairs: Sequence[BuiltinPair]) -> list[Collection[Link]]:
    """The links that attention gives for known translations, read as ``regard translate --alignments`` reads it."""
    worded = [
        WordedPair(pair.source, pair.target, tuple(pair.source_words), tuple(pair.target_words)) for pair in pairs
    ]
    tables = word_tables(translator.model, translator.tokenizer, worded)
    settings = translator.settings.model
    reader, fact = default_reader(settings.decoder_layers, settings.num_heads), translator.alignment
    if fact is not None:
        reader = AlignmentReader(fact.heads, fact.shift, fact.least_share, fact.cover_share)
    return [reader.links(mean_of(both[reader.shift], reader.heads)) for both in tables]


def claim(links: Links, pairs: Sequence[BuiltinPair]) -> Claim:
    """Judges links beside those along the diagonal, which know nothing but the lengths."""
    sure = [set(pair.alignment) for pair in pairs]
    diagonal = [diagonal_links(len(pair.source_words), len(pair.target_words)) for pair in pairs]
    found, control = score_alignments(links, sure), score_alignments(diagonal, sure)
    return Claim(
        text="The decoder's attention to the source knows which word translates which",
        source="A2",
        expected="an alignment error rate below half of that of the diagonal",
        measured=f"error rate {found.error_rate:.0%}; diagonal {control.error_rate:.0%}",
        holds=found.error_rate < control.error_rate / 2,
        tables=(
            Table(
                ("links", "alignment error rate", "precision", "recall"),
                (_row("of attention", found), _row("control: along the diagonal", control)),
                f"{len(pairs)} sentences, against the links that the grammar knows",
            ),
        ),
    )


def _row(name: str, score: AlignmentScore) -> tuple[str, float, float, float]:
    return name, score.error_rate, score.precision, score.recall


EXPERIMENT: Final = Experiment("alignment", "which word translates which, read from attention", run, ("sinusoidal",))
