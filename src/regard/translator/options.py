"""The options of one call: settings of search by their names, and what depends on the text that is translated."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from regard.translator.glossary import Glossary


class SearchOptions(TypedDict, total=False):
    """Options of ``translate`` and ``translate_lines``; what is not given, or None, is as the model's settings say.

    Attributes:
        beam_size: translations kept at each step; 1 is greedy search.
        num_hypotheses: how many translations to return, at most ``beam_size``, or ``samples``.
        deterministic: each sentence by itself, with one thread of the CPU: the same bits whatever else is translated;
            slower.
        shortlist: only pieces may occur that the model's shortlist gives for the source; faster, nearly as good.
        length_penalty: translations are ranked by log-probability / length^penalty.
        length_formula: "power" as above, or "wu": ((5 + length) / 6)^penalty (Wu et al. 2016).
        coverage_penalty: ranks translations that leave source words unattended lower (Wu et al. 2016, equation 14).
        max_length: tokens of a translation, at most.
        min_length_ratio: tokens of a translation per token of the source, at least.
        max_length_ratio: the same, at most.
        no_repeat_ngram: no run of so many tokens comes twice.
        diverse_groups: groups of the beam that avoid each other's words (Vijayakumar et al. 2016).
        diversity: how much a token loses per earlier group that chose it.
        samples: translations drawn at random, instead of searching for the best.
        temperature: of drawing.
        top_k: draw from so many of the most probable tokens.
        top_p: draw from the most probable tokens that make up so much.
        seed: of drawing; the same seed and text give the same samples, whatever else is translated beside it.
        minimum_risk: the sample that is most like all samples comes first.
        deadline_seconds: of each sentence; the best so far is returned, flagged ``deadline``.
        glossary: a ``Glossary``, a mapping of terms to translations, or a file of them.
        forbidden: phrases that no translation contains.
        required: phrases that every translation contains; in a tuple, those of which one must be there.
        prefix: what every translation begins with.
        cancel: asked once a step about each text that is still searched, by its number from 0; once it says True of
            one, that one is searched no further, and flagged ``cancelled``.
    """

    beam_size: int | None
    num_hypotheses: int | None
    deterministic: bool | None
    shortlist: bool | None
    length_penalty: float | None
    length_formula: Literal["power", "wu"] | None
    coverage_penalty: float | None
    max_length: int | None
    min_length_ratio: float | None
    max_length_ratio: float | None
    no_repeat_ngram: int | None
    diverse_groups: int | None
    diversity: float | None
    samples: int | None
    temperature: float | None
    top_k: int | None
    top_p: float | None
    seed: int | None
    minimum_risk: bool | None
    deadline_seconds: float | None
    glossary: "Glossary | Mapping[str, str | Sequence[str]] | str | Path | None"
    forbidden: Sequence[str] | None
    required: Sequence[str | tuple[str, ...]] | None
    prefix: str | None
    cancel: Callable[[int], bool] | None
