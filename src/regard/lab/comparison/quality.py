"""One cell: what a trained side translates, and how well; and two such cells, judged against each other."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

from regard.corpus import read_lines
from regard.corpus.asked import reading_of_others
from regard.corpus.shards import read_corpus
from regard.disk import write_text_aside
from regard.errors import InputError
from regard.evaluation import compare, evaluate
from regard.evaluation.tokenised import evaluate_tokenised, require_moses
from regard.lab.comparison.plan import Plan
from regard.runs.data import RunData
from regard.translator import Translator

METRICS = ("bleu", "chrf")


@final
@dataclass(frozen=True, slots=True)
class Sentences:
    """What is translated, its references, the same as papers score against, and what it is."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    tokenised: tuple[str, ...] | None
    name: str


def sentences_of(plan: Plan, data: RunData) -> Sentences:
    """The sentences of the test files; without any, the corpus' own test pairs, or else its validation pairs.

    Raises:
        CorpusError: the files cannot be read.
        InputError: there is no sentence, or a tokenised reference too many or too few.
        MissingExtraError: references are tokenised, and what translations are tokenised with is not installed.
    """
    test, settings = plan.test, plan.sides[0].settings.data  # both sides' data is the same
    if test is None:
        pairs, name = (data.test, "the corpus' test pairs") if data.test else (data.valid, "the validation pairs")
    else:
        reading = reading_of_others(settings)
        pairs, name = list(read_corpus(test.source, test.target, reading=reading)), test.source.stem
    if not pairs:
        raise InputError(f"there are no sentences to score in {name}")
    own = None if test is None else test.tokenised
    tokenised = None if own is None else _tokenised(own, len(pairs), settings.target_language)
    return Sentences(tuple(pair.source for pair in pairs), tuple(pair.target for pair in pairs), tokenised, name)


def _tokenised(file: Path, count: int, language: str) -> tuple[str, ...]:
    require_moses(language)
    lines = tuple(read_lines(file))
    if len(lines) != count:
        raise InputError(
            f"{file} has {len(lines)} tokenised references, and there are {count} sentences to score; both must be of "
            "the same sentences, line by line"
        )
    return lines


def quality_cell(translator: Translator, sentences: Sentences, into: Path) -> dict[str, Any]:
    """Translates with the model's own search, keeps the translations in a file, and scores them."""
    found = [answer.text for answer in translator.translate_lines(sentences.sources)]
    into.parent.mkdir(parents=True, exist_ok=True)
    write_text_aside(into, "".join(f"{line}\n" for line in found))
    scores = list(evaluate(found, [sentences.targets], METRICS).values())
    if sentences.tokenised is not None:
        language = translator.languages[1]
        scores.append(evaluate_tokenised(found, sentences.tokenised, language=language))
    return {
        "sentences": len(found),
        "test_set": sentences.name,
        "scores": {score.name: {"value": round(score.value, 3), "signature": score.signature} for score in scores},
    }


def significance_cell(first: Path, second: Path, references: Sequence[str]) -> dict[str, Any]:
    """The paired bootstrap of two files of translations: by how much the second is better, and is it by chance?"""
    one, other = (path.read_text(encoding="utf-8").split("\n")[:-1] for path in (first, second))
    found = compare(one, other, [references], METRICS)
    return {
        each.first.name: {
            "difference": round(each.difference, 3),
            "p_value": round(each.p_value, 5),
            "signature": each.first.signature,
        }
        for each in found.values()
    }
