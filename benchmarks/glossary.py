"""How good are translations that must use certain terms? Every term present, and how little else changes.

Sentences of a test set that contain a noun are translated freely. Where the translation uses the usual word for it, a
glossary asks for another word of the same gender in its place, and the sentence is translated again. The result is
compared with the free translation in which the word was replaced by hand, by sentence chrF; 100 would say that nothing
but the word has changed.

    .venv/bin/python benchmarks/glossary.py MODEL --source $REGARD_DATA/multi30k/test_2016_flickr.en
"""

import argparse
import json
import re
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import regard
from regard.evaluation.similarity import chrf_between
from regard.translator import Translation, Translator

# English, the usual French word, and another of the same gender (French of Multi30k's captions).
TERMS = [
    ("man", "homme", "monsieur"),
    ("woman", "femme", "dame"),
    ("girl", "fille", "fillette"),
    ("boy", "garçon", "gamin"),
    ("dog", "chien", "toutou"),
    ("child", "enfant", "bambin"),
    ("car", "voiture", "automobile"),
    ("bike", "vélo", "deux-roues"),
    ("shirt", "chemise", "blouse"),
    ("hat", "chapeau", "couvre-chef"),
    ("house", "maison", "demeure"),
    ("building", "bâtiment", "édifice"),
    ("boat", "bateau", "navire"),
    ("street", "rue", "ruelle"),
    ("road", "route", "chaussée"),
    ("ball", "balle", "boule"),
    ("field", "champ", "pré"),
    ("guitar", "guitare", "mandoline"),
    ("horse", "cheval", "poney"),
    ("table", "table", "tablette"),
    ("beach", "plage", "grève"),
    ("jacket", "veste", "vareuse"),
    ("crowd", "foule", "cohue"),
    ("stage", "scène", "tribune"),
]


@dataclass(frozen=True)
class Case:
    """A sentence, the term to use in it, and the free translation with and without the term put in by hand."""

    source: str
    english: str
    term: str
    free: str
    wanted: str


def contains(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def cases(model: Translator, sentences: list[str], count: int) -> Iterator[Case]:
    """Sentences with exactly one of the nouns, each noun about equally often."""
    most = -(-count // len(TERMS)) * 2
    found: Counter[str] = Counter()
    candidates = [(s, *t) for s in sentences for t in TERMS if contains(s, t[0])]
    free = model.translate(sorted({source for source, *_ in candidates}))
    texts = dict(zip(sorted({source for source, *_ in candidates}), free, strict=True))
    used: set[str] = set()
    for source, english, usual, term in candidates:
        text = texts[source].text
        pattern = rf"(?<!\w){usual}(?!\w)"
        if source in used or found[english] >= most or len(re.findall(pattern, text)) != 1 or contains(text, term):
            continue
        used.add(source)
        found[english] += 1
        yield Case(source, english, term, text, re.sub(pattern, term, text))
        if sum(found.values()) == count:
            return


def translated(model: Translator, chosen: list[Case]) -> Iterator[tuple[int, Translation]]:
    """The number of each case and its translation; sentences with the same term go together."""
    for english, term in {(case.english, case.term) for case in chosen}:
        numbers = [number for number, case in enumerate(chosen) if case.english == english]
        found = model.translate([chosen[number].source for number in numbers], glossary={english: term})
        yield from zip(numbers, found, strict=True)


def report(model: Translator, chosen: list[Case]) -> dict[str, object]:
    """Translates with each sentence's term, and says how it went."""
    began = time.process_time()
    outcomes = [found for _, found in sorted(translated(model, chosen), key=lambda each: each[0])]
    seconds = time.process_time() - began
    scores = [
        chrf_between([found.text, case.wanted])[0, 1].item() for found, case in zip(outcomes, chosen, strict=True)
    ]
    present = sum(contains(found.text, case.term) for found, case in zip(outcomes, chosen, strict=True))
    worst = sorted(zip(scores, chosen, outcomes, strict=True), key=lambda each: each[0])
    return {
        "sentences": len(chosen),
        "terms_present": present,
        "median_chrf": round(statistics.median(scores), 1),
        "mean_chrf": round(statistics.mean(scores), 1),
        "lowest_tenth_chrf": round(sorted(scores)[len(scores) // 10], 1),
        "exactly_as_replaced": sum(found.text == case.wanted for found, case in zip(outcomes, chosen, strict=True)),
        "mean_chrf_of_free": round(statistics.mean(chrf_between([c.free, c.wanted])[0, 1].item() for c in chosen), 1),
        "flagged": sum(bool(found.flags) for found in outcomes),
        "cpu_seconds_per_sentence": round(seconds / len(chosen), 3),
        "worst": [[round(score, 1), case.wanted, found.text] for score, case, found in worst[:5]],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("--source", type=Path, required=True)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--check", action="store_true", help="fail unless all terms are there and median chrF is 80")
    arguments = parser.parse_args()
    model = regard.load(arguments.model, threads=1)
    sentences = arguments.source.read_text(encoding="utf-8").splitlines()
    chosen = list(cases(model, sentences, arguments.count))
    found = report(model, chosen)
    print(json.dumps(found, ensure_ascii=False, indent=1))
    if arguments.check and not (found["terms_present"] == found["sentences"] == arguments.count and is_close(found)):
        raise SystemExit("glossary: below the goal: every term present, median chrF at least 80")


def is_close(found: dict[str, object]) -> bool:
    """Whether little else changes."""
    median = found["median_chrf"]
    return isinstance(median, float) and median >= 80


if __name__ == "__main__":
    main()
