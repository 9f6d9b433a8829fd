"""Two models on one test set: both scores, how likely chance is, and where they differ most."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from regard.cli.show import printable

if TYPE_CHECKING:
    from regard.corpus import Pair
    from regard.evaluation import Comparison, SentenceDifference

_SHOWN: Final = 5


@dataclass(frozen=True)
class Compared:
    """What was found out about two models, and the sentences to show it with."""

    pairs: "Sequence[Pair]"
    comparisons: "dict[str, Comparison]"
    differences: "Sequence[SentenceDifference]"

    def lines(self) -> Iterator[str]:
        """A block per metric, then the sentences at which one model gains most."""
        for each in self.comparisons.values():
            yield f"{each.first.name}  {each.first.signature}"
            yield f"  first  {each.first.value:6.2f} ± {each.first_margin:.2f}"
            yield f"  second {each.second.value:6.2f} ± {each.second_margin:.2f}"
            yield f"  difference {each.difference:+.2f}, p = {each.p_value:.4f}"
        if self.differences:
            yield "\nThe sentences that differ most (chrF of the sentence):"
        for each_sentence in self.differences:
            yield from self._sentence(each_sentence)

    def record(self) -> dict[str, Any]:
        """The same for JSON; ``line`` is that of the file, counted from 1."""
        return {
            "comparisons": {name: _comparison(each) for name, each in self.comparisons.items()},
            "most_different": [self._difference(each) for each in self.differences],
        }

    @cached_property
    def _are_several_files(self) -> bool:
        return len({pair.origin.file for pair in self.pairs}) > 1

    def _sentence(self, found: "SentenceDifference") -> Iterator[str]:
        pair = self.pairs[found.index]
        file = f"{pair.origin.file}, " if self._are_several_files else ""
        yield f"\n{file}line {pair.origin.line}    {printable(pair.source)}"
        yield f"  reference     {printable(pair.target)}"
        yield f"  first  {found.first_chrf:6.2f} {printable(found.first)}"
        yield f"  second {found.second_chrf:6.2f} {printable(found.second)}"

    def _difference(self, found: "SentenceDifference") -> dict[str, Any]:
        pair = self.pairs[found.index]
        return {
            "file": pair.origin.file,
            "line": pair.origin.line,
            "source": pair.source,
            "reference": pair.target,
            "first": {"text": found.first, "chrf": found.first_chrf},
            "second": {"text": found.second, "chrf": found.second_chrf},
        }


def compared(pairs: "Sequence[Pair]", first: Sequence[str], second: Sequence[str]) -> Compared:
    """Compares the translations of two models."""
    from regard.evaluation import compare, most_different

    references = [[pair.target for pair in pairs]]
    return Compared(pairs, compare(first, second, references), most_different(first, second, references, count=_SHOWN))


def _comparison(each: "Comparison") -> dict[str, Any]:
    return {
        "first": {"value": each.first.value, "margin": each.first_margin},
        "second": {"value": each.second.value, "margin": each.second_margin},
        "difference": each.difference,
        "p_value": each.p_value,
        "signature": each.first.signature,
    }
