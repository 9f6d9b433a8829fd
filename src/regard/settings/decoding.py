"""The ``[decoding]`` section: how a trained model translates by default."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from regard.settings.data import FilePath
from regard.settings.section import Conflict, Section, is_writable


def _readable(phrase: str) -> str:
    """Refuses a phrase without any letter or sign, or with half a character."""
    if not phrase.strip() or not is_writable(phrase):
        raise ValueError("a phrase must be text")
    return phrase


Phrase = Annotated[str, AfterValidator(_readable)]


class DecodingSettings(Section):
    """Search. ``beam_size = 1`` is greedy search; ``samples`` above 0 draws translations instead of searching."""

    beam_size: int = Field(5, ge=1, le=1000)
    length_penalty: float = Field(1.0, ge=0, description="hypotheses are ranked by log-probability / length^penalty")
    num_hypotheses: int = Field(1, ge=1, le=1000, description="at most beam_size, or samples")
    max_length: int | None = Field(None, ge=1, description="target tokens; else twice the source's plus 20")
    max_source_tokens: int = Field(1024, ge=1, description="longer sentences are refused")
    batch_tokens: int = Field(4096, ge=1, description="source tokens, padding included, per batch and beam")
    deterministic: bool = Field(
        False, description="each sentence by itself: the same bits whatever else is translated; slower"
    )
    shortlist: bool = Field(
        False, description="only pieces that the model's shortlist gives for the source may occur; faster"
    )

    length_formula: Literal["power", "wu"] = Field(
        "power", description="of the length penalty: length^penalty, or ((5 + length) / 6)^penalty"
    )
    coverage_penalty: float = Field(0.0, ge=0, description="ranks what leaves source words unattended lower")
    min_length_ratio: float = Field(0.0, ge=0, description="target tokens per source token, at least")
    max_length_ratio: float | None = Field(None, gt=0, description="target tokens per source token, at most")
    no_repeat_ngram: int = Field(0, ge=0, le=100, description="no run of so many tokens comes twice; 0 allows it")
    diverse_groups: int = Field(1, ge=1, le=1000, description="the beam is divided into groups that avoid each other")
    diversity: float = Field(0.5, ge=0, description="how much a token loses per earlier group that chose it")
    samples: int = Field(0, ge=0, le=1000, description="translations drawn at random; 0 searches for the best")
    temperature: float = Field(1.0, gt=0, description="of drawing: below 1 prefers the probable")
    top_k: int | None = Field(None, ge=1, description="draw from so many of the most probable tokens")
    top_p: float = Field(1.0, gt=0, le=1, description="draw from the most probable tokens that make up so much")
    seed: int = Field(1, ge=0, lt=2**63, description="of drawing")
    minimum_risk: bool = Field(False, description="of the samples, the one that is most like the others")
    deadline_seconds: float | None = Field(None, gt=0, description="per sentence; then the best so far is returned")
    forbidden: tuple[Phrase, ...] = Field(
        (), strict=False, examples=["chien", "petit chat"], description="phrases that no translation contains"
    )
    glossary: FilePath | None = Field(None, description="a file of terms and their translations")

    def conflicts(self) -> Iterator[Conflict]:
        """More hypotheses than there are; groups that do not fit; what means nothing without samples, or with them."""
        kept, key = (self.samples, "samples") if self.samples else (self.beam_size, "beam_size")
        if self.num_hypotheses > kept:
            yield Conflict(
                ("num_hypotheses", key),
                f"num_hypotheses must be at most {key}, but {self.num_hypotheses} > {kept}",
            )
        if self.beam_size % self.diverse_groups:
            yield Conflict(
                ("diverse_groups", "beam_size"),
                f"diverse_groups must divide beam_size, but {self.beam_size} is no multiple of {self.diverse_groups}",
            )
        yield from self._conflicts_of_sampling()

    def _conflicts_of_sampling(self) -> Iterator[Conflict]:
        if self.samples and self.diverse_groups > 1:
            yield Conflict(("diverse_groups", "samples"), "diverse_groups divide a beam, but samples are drawn")
        if self.minimum_risk and self.samples < 2:
            yield Conflict(
                ("minimum_risk", "samples"),
                f"minimum_risk compares samples, but samples is {self.samples}; 20 or more are usual",
            )
        drawing = [name for name in ("top_k", "top_p", "temperature") if self._is_changed(name)]
        if drawing and not self.samples:
            yield Conflict(
                (drawing[0], "samples"), f"{', '.join(drawing)} mean something only for drawing; give samples too"
            )
