"""A trace as it is asked for over HTTP: the fields, what they cost, and the run that they ask for.

Which head or mask is meant is checked here already, and so is a prefix: what the rooms below say about them names what
was given, and an answer of this server never does.
"""

from collections.abc import Callable
from typing import Annotated, Final, final

from pydantic import BaseModel, ConfigDict, Field

from regard.decoding import max_target_length
from regard.errors import SettingsError
from regard.server.problem import Problem
from regard.server.shelf import Served
from regard.tracing import LiveStep, Trace
from regard.translator.explain import LIFTABLE
from regard.translator.phrases import ForbiddenPhrases
from regard.translator.prefix import prefix_ids

_HEAD: Final = r"^((encoder\.[0-9]{1,9}\.self|decoder\.[0-9]{1,9}\.(self|cross))|[0-9]{1,9})\.[0-9]{1,9}$"
_MASKS: Final = ", ".join(LIFTABLE)

Text = Annotated[str, Field(max_length=5_000)]
Head = Annotated[str, Field(max_length=64, pattern=_HEAD)]
Mask = Annotated[str, Field(pattern=f"^({'|'.join(LIFTABLE)})$")]


@final
class TraceRequest(BaseModel):
    """What is to be translated and recorded; the same choices as ``Translator.explain`` has."""

    model_config = ConfigDict(extra="forbid", strict=True)

    text: Annotated[Text, Field(description="a sentence of at most 5,000 characters")]
    model: Annotated[str | None, Field(description="the name of a served model", max_length=256)] = None
    beam_size: Annotated[
        int | None, Field(description="a whole number from 1 to 16; 1 is greedy search", ge=1, le=16)
    ] = 1
    pad_source_to: Annotated[int | None, Field(description="a number of tokens", ge=1, le=512)] = None
    prefix: Annotated[Text | None, Field(description="how the translation must begin")] = None
    target: Annotated[Text | None, Field(description="the whole translation, if it is given")] = None
    without_heads: Annotated[
        list[Head], Field(description="a list of heads such as decoder.1.cross.3", max_length=256)
    ] = Field(default_factory=list)
    without_mask: Annotated[
        list[Mask], Field(description=f"a list of masks to leave out, of {_MASKS}", max_length=256)
    ] = Field(default_factory=list)
    positions: Annotated[bool, Field(description="false to take the positions' vectors away")] = True


@final
class TraceRun:
    """What a request asks of a model.

    Args:
        served: the model.
        asked: the request.
        limit: tokens of the sentence, and of its translation, at most.

    Attributes:
        cost: of the engine's work, in tokens times beam.

    Raises:
        Problem: a text is longer than that, or no translation of this model can begin with the prefix.
    """

    def __init__(self, served: Served, asked: TraceRequest, limit: int) -> None:
        self._translator, self._asked, self._limit = served.translator, asked, limit
        self._num_tokens, *others = (self._size(text or "") for text in (asked.text, asked.prefix, asked.target))
        if max(self._num_tokens, *others, asked.pad_source_to or 0) > limit:
            raise Problem(422, f"a traced sentence may have at most {limit} tokens")
        if asked.prefix and asked.target is None:
            self._check_prefix(asked.prefix)
        beam_size = asked.beam_size or self._translator.settings.decoding.beam_size
        self.cost = 4 * (1 + self._num_tokens + sum(others)) * beam_size  # it is made twice, and checked

    def trace(self, on_step: Callable[[LiveStep], None]) -> Trace:
        """Translates, and records; ``on_step`` is told of each step."""
        asked = self._asked
        return self._translator.explain(
            asked.text,
            beam_size=asked.beam_size,
            max_length=self._max_length(),
            pad_source_to=asked.pad_source_to,
            prefix=asked.prefix,
            target=asked.target,
            without_heads=asked.without_heads,
            without_mask=asked.without_mask,
            positions=asked.positions,
            on_step=on_step,
        )

    def _max_length(self) -> int | None:
        """The limit, where the model's own settings let a translation of this sentence grow beyond it."""
        settings, max_positions = self._translator.settings.decoding, self._translator.model.max_positions
        own = max_target_length(self._num_tokens, settings, max_positions=max_positions)
        return self._limit if own > self._limit else None

    def _size(self, text: str) -> int:
        return len(self._translator.tokenizer.encode(text.strip()))

    def _check_prefix(self, prefix: str) -> None:
        search = self._translator.settings.decoding
        forbidden = ForbiddenPhrases(search.forbidden, self._translator.book) if search.forbidden else None
        try:
            prefix_ids(prefix, self._translator.tokenizer, search, forbidden)
        except SettingsError:
            raise Problem(
                422,
                "no translation of this model can begin with that prefix: it holds a sign that is not in the "
                "vocabulary, or what the model's settings forbid, or is too long; begin with something else",
            ) from None
