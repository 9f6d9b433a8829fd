"""Are placeholders and tags kept? Ten thousand generated messages through a trained model.

Each has one to four placeholders of all kinds, and every other one paired tags, some nested. What a message must
keep is known from how it was made, and looked for as plain characters: nothing of the code under test judges itself.
Prints how many were kept at once, at another try, and flagged; and how many lost something, flagged or not. Run with

    python benchmarks/placeholders.py --model MODEL [--number 10000] [--beam-size 1]
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from regard import load
from regard.documents import Outcome, translate_protected, voice_of

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
_BLOCK = 500


def main() -> None:
    given = _arguments()
    sentences = given.sentences.read_text("utf-8").split("\n")[:-1]
    messages = _messages(sentences, given.number, random.Random(given.seed))
    voice = voice_of(load(given.model, threads=given.threads), {"beam_size": given.beam_size})
    outcomes: Counter[str] = Counter()
    lost: list[str] = []
    began = time.perf_counter()
    for start in range(0, len(messages), _BLOCK):
        block = messages[start : start + _BLOCK]
        found = translate_protected(voice, [(text,) for text, _ in block])
        for (text, kept), each in zip(block, found, strict=True):
            outcomes[each.outcome.name.lower()] += 1
            said = "".join(part if isinstance(part, str) else part.raw for part in each.parts)
            lost += [f"{text!r} → {said!r}"] if _missing(said, kept) else []
        print(f"{start + len(block):,} messages, {len(lost)} lost", file=sys.stderr, flush=True)
    seconds = time.perf_counter() - began
    print(json.dumps({"messages": len(messages), **outcomes, "lost": len(lost), "seconds": round(seconds, 1)}))
    print("\n".join(lost[:20]))
    if lost or outcomes[Outcome.PLAIN.name.lower()]:
        raise SystemExit("a message lost something")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--sentences", type=Path, required=True, help="sentences that the model can translate")
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--beam-size", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _messages(sentences: Sequence[str], number: int, chance: random.Random) -> list[tuple[str, list[str]]]:
    """Sentences with marks put between their words, and those marks."""
    found = []
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


def _missing(text: str, kept: Sequence[str]) -> list[str]:
    """What is not in a text as often as it must be; long ones are looked for first, and taken out."""
    missing = []
    for mark, count in sorted(Counter(kept).items(), key=lambda item: -len(item[0])):
        if text.count(mark) < count:
            missing.append(mark)
        text = text.replace(mark, "\0", count)
    return missing


if __name__ == "__main__":
    main()
