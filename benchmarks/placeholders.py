"""Are placeholders and tags kept? Ten thousand generated messages through a trained model.

Each has one to four placeholders of all kinds, and every other one paired tags, some nested. What a message must
keep is known from how it was made, and looked for as plain characters: nothing of the code under test judges itself.
Prints how many were kept at once, at another try, and flagged; and how many lost something, flagged or not. Run with

    python benchmarks/placeholders.py --model MODEL --sentences FILE --record FILE [--number 10000] [--beam-size 1]
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from regard import load
from regard.documents import Outcome, Voice, translate_protected, voice_of

_VALUES = ("%s", "%d", "%1$s", "%(name)s", "%(count)d", "{name}", "{0}", "{{ x }}", "${x}", "%{y}", "&amp;", "%%", "{}")
_OTHERS = (
    "https://example.org/a?b=c&d=1",
    "`git push`",
    "--verbose",
    "me@example.org",
    '<x id="1"/>',
    "&nbsp;",
    "\\n",
    "\n",
)
_TAGS = (("<b>", "</b>"), ('<a href="x.html">', "</a>"), ("<em>", "</em>"), ('<g id="7">', "</g>"))
_BLOCK = 250


def main() -> None:
    given = _arguments()
    sentences = given.sentences.read_text("utf-8").split("\n")[:-1]
    drawn = messages(sentences, given.number, random.Random(given.seed))
    done = _recorded(given.record)
    voice = voice_of(load(given.model, threads=given.threads), {"beam_size": given.beam_size})
    for start in range(given.first, given.last or given.number, _BLOCK):
        if start not in done:
            done[start] = _block(voice, drawn[start : start + _BLOCK]) | {"start": start}
            with given.record.open("a", encoding="utf-8") as file:
                file.write(json.dumps(done[start]) + "\n")
            print(f"{len(done) * _BLOCK:,} messages, {done[start]['lost']} lost", file=sys.stderr, flush=True)
    _summarise(done.values())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--sentences", type=Path, required=True, help="sentences that the model can translate")
    parser.add_argument("--record", type=Path, required=True, help="a line for every 250 messages; found ones are kept")
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0, help="several programs may share the work: begin here …")
    parser.add_argument("--last", type=int, help="… and end before this one")
    parser.add_argument("--beam-size", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _recorded(record: Path) -> dict[int, dict[str, Any]]:
    lines = record.read_text("utf-8").splitlines() if record.exists() else []
    return {found["start"]: found for found in map(json.loads, lines)}


def _block(voice: Voice, drawn: Sequence[tuple[str, list[str]]]) -> dict[str, Any]:
    """What became of some messages, and those that lost something."""
    outcomes: Counter[str] = Counter()
    lost: list[str] = []
    began = time.process_time()
    found = translate_protected(voice, [(text,) for text, _ in drawn])
    for (text, kept), each in zip(drawn, found, strict=True):
        outcomes[each.outcome.name.lower()] += 1
        said = "".join(part if isinstance(part, str) else part.raw for part in each.parts)
        lost += [f"{text!r} → {said!r}"] if missing(said, kept) else []
    seconds = round(time.process_time() - began, 1)
    return {"outcomes": dict(outcomes), "lost": len(lost), "examples": lost[:3], "seconds": seconds}


def _summarise(blocks: Iterable[dict[str, Any]]) -> None:
    blocks = list(blocks)
    outcomes = sum((Counter(block["outcomes"]) for block in blocks), Counter())
    lost, seconds = (sum(block[name] for block in blocks) for name in ("lost", "seconds"))
    print(json.dumps({"messages": outcomes.total(), **outcomes, "lost": lost, "seconds": round(seconds)}))
    if lost or outcomes[Outcome.PLAIN.name.lower()]:
        print("\n".join(example for block in blocks for example in block["examples"]))
        raise SystemExit("a message lost something")


def messages(sentences: Sequence[str], number: int, chance: random.Random) -> list[tuple[str, list[str]]]:
    """Sentences with marks put between their words, and those marks."""
    found: list[tuple[str, list[str]]] = []
    while len(found) < number:
        words = chance.choice(sentences).split()[:14]
        if len(words) < 2:
            continue
        kept: list[str] = []
        for _ in range(chance.randint(1, 4)):
            mark = chance.choice(_VALUES if chance.random() < 0.8 else _OTHERS)
            words.insert(chance.randint(0, len(words)), mark)
            kept.append(mark)
        for _ in range(chance.choice((0, 1, 1, 2)) if chance.random() < 0.7 else 0):
            begin = chance.randrange(len(words))
            end = chance.randint(begin, min(len(words) - 1, begin + 4))
            opening, closing = chance.choice(_TAGS)
            words[begin] = f"{opening}{words[begin]}"
            words[end] = f"{words[end]}{closing}"
            kept += [opening, closing]
        found.append((" ".join(words), kept))
    return found


def missing(text: str, kept: Sequence[str]) -> list[str]:
    """What is not in a text as often as it must be, at least; long ones are looked for first, and taken out."""
    found = []
    for mark, count in sorted(Counter(kept).items(), key=lambda item: -len(item[0])):
        if text.count(mark) < count:
            found.append(mark)
        text = text.replace(mark, "\0", count)
    return found


if __name__ == "__main__":
    main()
