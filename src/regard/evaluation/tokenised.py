"""BLEU as many papers print it: on lower-cased text that the Moses scripts have taken apart.

Published figures on Multi30k are such. They lie 1.6 to 2 points above BLEU on plain text (13a), so that the two must
never be compared with each other.
"""

from collections.abc import Sequence
from typing import Final

from regard.errors import InputError, MissingExtraError
from regard.evaluation.score import Score

NAME: Final = "tok-lc"


def require_moses(language: str) -> None:
    """Asks now for what tokenising needs, so that it is not missing after long work.

    Raises:
        MissingExtraError: sacremoses is not installed.
    """
    tokenised((), language=language)


def tokenised(sentences: Sequence[str], *, language: str) -> list[str]:
    """Sentences as the papers' references are: punctuation normalised, Moses tokens with escapes, lower case.

    Raises:
        MissingExtraError: sacremoses is not installed.
    """
    try:
        from sacremoses import MosesPunctNormalizer, MosesTokenizer
    except ImportError:
        raise MissingExtraError(
            "scores on tokenised text need sacremoses, which is not installed; install it with "
            "`pip install 'regard[papers]'`, or leave the tokenised references out"
        ) from None
    normaliser, tokenizer = MosesPunctNormalizer(lang=language), MosesTokenizer(lang=language)
    return [
        tokenizer.tokenize(normaliser.normalize(sentence), escape=True, return_str=True).lower()
        for sentence in sentences
    ]


def evaluate_tokenised(hypotheses: Sequence[str], references: Sequence[str], *, language: str) -> Score:
    """BLEU of plain translations against one set of references that are tokenised and lower-cased already.

    Raises:
        InputError: nothing to score, or different numbers of sentences.
        MissingExtraError: sacremoses is not installed.
    """
    if not hypotheses or len(hypotheses) != len(references):
        raise InputError(
            f"{len(hypotheses)} translations cannot be scored against {len(references)} tokenised references; both "
            "must be of the same sentences, line by line"
        )
    from sacrebleu.metrics.bleu import BLEU

    scorer = BLEU(tokenize="none", lowercase=True, force=True)
    result = scorer.corpus_score(tokenised(hypotheses, language=language), [list(references)])
    return Score(NAME, float(result.score), f"moses:{language}|{scorer.get_signature()}")
