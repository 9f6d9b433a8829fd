"""The ``[decoding]`` section: how a trained model translates by default."""

from collections.abc import Iterator

from pydantic import Field

from regard.settings.section import Conflict, Section


class DecodingSettings(Section):
    """Search. ``beam_size = 1`` is greedy search."""

    beam_size: int = Field(5, ge=1, le=1000)
    length_penalty: float = Field(1.0, ge=0, description="hypotheses are ranked by log-probability / length^penalty")
    num_hypotheses: int = Field(1, ge=1, le=1000, description="at most beam_size")
    max_length: int | None = Field(None, ge=1, description="target tokens; else twice the source's plus 20")
    max_source_tokens: int = Field(1024, ge=1, description="longer sentences are refused")
    batch_tokens: int = Field(4096, ge=1, description="source tokens, padding included, per batch and beam")

    def conflicts(self) -> Iterator[Conflict]:
        """More hypotheses than the search keeps."""
        if self.num_hypotheses > self.beam_size:
            yield Conflict(
                ("num_hypotheses", "beam_size"),
                f"num_hypotheses must be at most beam_size, but {self.num_hypotheses} > {self.beam_size}",
            )
