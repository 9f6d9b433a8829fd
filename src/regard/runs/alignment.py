"""When a run has ended: which heads of its model say what translates what, found out without anybody's links."""

from collections.abc import Sequence
from typing import Final

from regard.bundle import AlignmentFact
from regard.corpus import Pair
from regard.models import AnyModel
from regard.text import Tokenizer
from regard.tracing.alignment import association, choose_reader
from regard.tracing.alignment.tables import WordedPair, word_tables
from regard.tracing.tokens import words_of

FEWEST_PAIRS: Final = 20
MOST_PAIRS: Final = 500


def alignment_fact(
    model: AnyModel, tokenizer: Tokenizer, pairs: Sequence[Pair], *, max_tokens: int
) -> AlignmentFact | None:
    """How to read word alignments from a model's attention, chosen by validation pairs and their words alone.

    Pairs of which a side has more than ``max_tokens`` are left out. None where the decoder does not attend to the
    source, or there are too few pairs to choose by.
    """
    chosen = [_worded(pair) for pair in pairs[:MOST_PAIRS] if _is_short(pair, tokenizer, max_tokens)]
    if len(chosen) < FEWEST_PAIRS or not any(name.endswith(".cross") for name in model.attentions()):
        return None
    tables = word_tables(model, tokenizer, chosen)
    judge = association([pair.source_words for pair in chosen], [pair.target_words for pair in chosen])
    reader = choose_reader(tables, judge).reader
    return AlignmentFact(
        heads=reader.heads,
        shift=reader.shift,
        least_share=reader.least_share,
        cover_share=reader.cover_share,
        chosen_by=f"association of linked words, {len(chosen)} validation pairs",
    )


def _worded(pair: Pair) -> WordedPair:
    source, target = pair.source, pair.target
    return WordedPair(source, target, _words(source), _words(target))


def _words(text: str) -> tuple[str, ...]:
    return tuple(text[begin:end] for begin, end in words_of(text))


def _is_short(pair: Pair, tokenizer: Tokenizer, max_tokens: int) -> bool:
    return all(len(ids) <= max_tokens for ids in tokenizer.encode_batch([pair.source, pair.target]))
