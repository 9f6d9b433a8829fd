"""``trace.json``: everything a trace says in words and single numbers. Schema ``regard-trace/1``.

Strict values that never change: what is written can be read, and what is read is what it says it is. Positions, layers
and heads are counted from 0. Nothing here is infinite or NaN, so every JSON reader takes it.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal, get_args

from pydantic import ConfigDict, Field

from regard.settings.section import Conflict, Section

SCHEMA: Final = "regard-trace/1"

Kind = Literal["piece", "bos", "eos", "pad", "unk"]
Family = Literal["encoder.self", "decoder.self", "decoder.cross"]
Reason = Literal[
    "padding", "future", "window", "prefix", "segment", "switched_off", "other_hypothesis"
]  # the bits of mask codes, in order: 1, 2, 4 …
Axis = Literal["head", "query", "key"]
TokenList = Literal["source", "target_in"]
Decoding = Literal["greedy", "beam", "forced"]

AXES: Final[dict[str, tuple[str, ...]]] = {
    "queries": ("head", "query", "head_dim"),
    "keys": ("head", "key", "head_dim"),
    "values": ("head", "key", "value_dim"),
    "scores": ("head", "query", "key"),
    "weights": ("head", "query", "key"),
    "context": ("head", "query", "value_dim"),
}
"""The tensors of each attention, with their axes."""

_MASK_NAME: Final = re.compile(r"[a-z0-9.]{1,40}")

Count = Annotated[int, Field(ge=0, le=1 << 31)]


def key_of(attention: str, layer: int) -> str:
    """The name of an attention in one layer: ``decoder.cross`` of layer 0 is ``decoder.0.cross``."""
    side, _, which = attention.partition(".")
    return f"{side}.{layer}.{which}"


def family_of(key: str) -> Family:
    """Which of the three kinds of attention a name belongs to: ``decoder.0.cross`` is a ``decoder.cross``."""
    families: dict[str, Family] = {family: family for family in get_args(Family)}
    side, _, which = key.split(".")
    return families[f"{side}.{which}"]


class ModelFacts(Section):
    """Which network was looked at, and how it computed."""

    name: str
    sha256: str | None = Field(None, description="of its model.safetensors; none if it was not loaded from a folder")
    kind: str = "transformer"
    source_language: str
    target_language: str
    encoder_layers: Count
    decoder_layers: Count
    num_heads: Count
    model_dim: Count
    head_dim: Count
    feedforward_dim: Count = Field(0, description="0 where there is no feed-forward network")
    vocab_size: Count
    norm: str = "none"
    positions: str = "none"
    dtype: str = Field(description="what the run computed in; the trace itself is float32")
    path: str = Field("plain", description="the attention path of the run")

    @property
    def shape(self) -> str:
        """Layers and heads in words."""
        heads = "1 head" if self.num_heads == 1 else f"{self.num_heads} heads"
        return f"{self.encoder_layers} + {self.decoder_layers} layers of {heads}"


class HeadName(Section):
    """One head, or several: where something is None, all are meant."""

    attention: Family | None = None
    layer: Count | None = None
    head: Count | None = None


class CellName(HeadName):
    """Cells of the score matrix of some heads; where something is None, all are meant."""

    query: Count | None = None
    key: Count | None = None


class Interventions(Section):
    """What was changed in the run, to see what becomes of it. Nothing, in an ordinary trace."""

    without_heads: tuple[HeadName, ...] = Field((), description="switched off: nothing visible to them")
    without_cells: tuple[CellName, ...] = Field((), description="cells hidden from a query")
    without_masks: tuple[Reason, ...] = Field((), description="reasons that hid nothing in this run")
    positions: bool = Field(True, description="false: no token knew where it stood")

    @property
    def is_none(self) -> bool:
        """Whether the run was an ordinary one."""
        return self == NOTHING


NOTHING: Final = Interventions()


class Request(Section):
    """What was asked for."""

    text: str
    decoding: Decoding
    beam_size: Count = 1
    length_penalty: float = 1.0
    max_length: Count | None = None
    pad_source_to: Count | None = Field(None, description="tokens, the end of the sentence counted")
    prefix: str | None = Field(None, description="how the translation had to begin")
    target: str | None = Field(None, description="the whole translation, if it was given (decoding is 'forced')")
    layers: tuple[Count, Count] | None = Field(None, description="first and last layer recorded; none: all of them")
    interventions: Interventions = NOTHING


class Token(Section):
    """One token where it stands.

    Attributes:
        i: its position.
        id: its number in the vocabulary.
        piece: its name in the vocabulary, "▁" standing for the space.
        text: the characters of ``span``. Several byte pieces of one character share that character.
        word: the number of its word in the text; None for tokens that stand for no text.
        span: the characters it covers, first and one past the last: of ``request.text`` for the source, of
            ``translation.text`` for the target. None for tokens that stand for no text.
        kind: what it is.
    """

    i: Count
    id: Count
    piece: str
    text: str
    word: Count | None
    span: tuple[Count, Count] | None
    kind: Kind


class Tokens(Section):
    """The three rows of tokens. ``target_in`` is the decoder's input, shifted right: row i predicted target_out[i]."""

    source: tuple[Token, ...]
    target_in: tuple[Token, ...]
    target_out: tuple[Token, ...]


class Candidate(Section):
    """A token that might have come next."""

    id: Count
    piece: str
    probability: float = Field(ge=0, le=1)


class Step(Section):
    """One token of the translation being chosen.

    Attributes:
        i: the row of ``target_in`` that predicted it.
        id: the chosen token's number.
        piece: its name.
        probability: what the model gave it.
        top: the most probable tokens, best first, at most five.
        entropy: of the distribution over the whole vocabulary, in nats.
        milliseconds: wall-clock time of this step of the recorded run; None where all steps were one pass.
        forced: whether the token was given, not chosen.
    """

    i: Count
    id: Count
    piece: str
    probability: float = Field(ge=0, le=1)
    top: tuple[Candidate, ...]
    entropy: float = Field(ge=0)
    milliseconds: float | None = Field(None, ge=0)
    forced: bool = False


class TranslationFacts(Section):
    """What came out; the same as of a run without recording."""

    text: str
    score: float
    finished: bool = Field(description="whether the model ended it; else it was cut at its maximum length")

    def __str__(self) -> str:
        return self.text


class AttentionFacts(Section):
    """One attention of one layer.

    Attributes:
        key: its name, and the first part of the names of its tensors: ``decoder.0.cross``.
        attention: which of the three kinds it is.
        layer: the layer it belongs to.
        query_tokens: the row of tokens that look.
        key_tokens: the row of tokens that are looked at.
        num_heads, head_dim, value_dim: the sizes of its tensors.
        score: how scores were made: ``dot`` is queries · keysᵀ · scale; ``additive`` is a small network of both.
        scale: the factor of dot scores.
        mask: the name of its mask.
        completed: reasons of hidden cells whose scores were not needed by the run, and were computed for the trace
            from the recorded queries and keys.
    """

    key: str
    attention: Family
    layer: Count
    query_tokens: TokenList
    key_tokens: TokenList
    num_heads: Count
    head_dim: Count
    value_dim: Count
    score: Literal["dot", "additive"] = "dot"
    scale: float = 1.0
    mask: str
    completed: tuple[Reason, ...] = ()


class MaskFacts(Section):
    """Where a mask's codes lie. Per cell: 0 is visible, else the sum of what hides it (``Reason``: 1, 2, 4 …)."""

    axes: tuple[Axis, ...]
    shape: tuple[Count, ...]
    data: str


class Check(Section):
    """A promise, measured on this trace.

    Attributes:
        name: its short name.
        what: what was compared, in a sentence.
        measured: the largest deviation.
        tolerance: the largest that is accepted.
        holds: whether ``measured`` is within ``tolerance``.
        where: the attention, and where known the head, query and key of the largest deviation.
    """

    name: str
    what: str
    measured: float | None = Field(description="none where a number in the trace is not finite")
    tolerance: float
    holds: bool
    where: str | None = None


class Header(Section):
    """The whole of ``trace.json``."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    schema_name: Literal["regard-trace/1"] = Field(SCHEMA, alias="schema")
    made_by: str
    model: ModelFacts
    request: Request
    translation: TranslationFacts
    tokens: Tokens
    steps: tuple[Step, ...]
    axes: dict[str, tuple[str, ...]] = AXES
    attentions: tuple[AttentionFacts, ...]
    masks: dict[str, MaskFacts]
    position_vectors: dict[TokenList, str] = Field({}, description="added to the embeddings, where the model has them")
    checks: tuple[Check, ...]

    def attention(self, key: str) -> AttentionFacts:
        """The attention of this name, which must be there."""
        return next(each for each in self.attentions if each.key == key)

    def num_tokens(self, row: TokenList) -> int:
        """How many tokens a row has."""
        return len(self.tokens.source if row == "source" else self.tokens.target_in)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Every tensor of the trace by its name, with its shape. Masks are uint8, all others float32."""
        shapes = {f"masks/{name}": mask.shape for name, mask in self.masks.items()}
        for row in self.position_vectors:
            shapes[f"positions/{row}"] = (self.num_tokens(row), self.model.model_dim)
        for each in self.attentions:
            sizes = self.sizes(each)
            shapes |= {f"{each.key}/{name}": tuple(sizes[axis] for axis in axes) for name, axes in AXES.items()}
        return shapes

    def sizes(self, attention: AttentionFacts) -> dict[str, int]:
        """The length of each axis of an attention's tensors."""
        return {
            "head": attention.num_heads,
            "query": self.num_tokens(attention.query_tokens),
            "key": self.num_tokens(attention.key_tokens),
            "head_dim": attention.head_dim,
            "value_dim": attention.value_dim,
        }

    def conflicts(self) -> Iterator[Conflict]:
        """Parts that do not belong together."""
        keys = [each.key for each in self.attentions]
        if len(set(keys)) != len(keys):
            yield Conflict(("attentions",), "an attention is given twice")
        if not len(self.steps) == len(self.tokens.target_in) == len(self.tokens.target_out):
            yield Conflict(("steps", "tokens"), "there must be as many steps as target tokens in and out")
        for row in (self.tokens.source, self.tokens.target_in, self.tokens.target_out):
            if [token.i for token in row] != list(range(len(row))):
                yield Conflict(("tokens",), "tokens must be numbered from 0 in order")
        if self.axes != AXES:
            yield Conflict(("axes",), "the axes of the tensors must be those of the schema")
        for name, mask in self.masks.items():
            if not _MASK_NAME.fullmatch(name) or mask.data != f"npz:masks/{name}":
                yield Conflict(("masks",), f"the mask {name!r:.60} must lie at npz:masks/NAME")
        for which, data in self.position_vectors.items():
            if data != f"npz:positions/{which}":
                yield Conflict(("position_vectors",), f"the vectors of {which} must lie at npz:positions/{which}")
        yield from (problem for each in self.attentions for problem in self._attention_conflicts(each))

    def _attention_conflicts(self, each: AttentionFacts) -> Iterator[Conflict]:
        if each.key != key_of(each.attention, each.layer):
            yield Conflict(
                ("attentions",), f"{each.key!r:.60} is not the name of {each.attention} in layer {each.layer}"
            )
        mask = self.masks.get(each.mask)
        sizes = self.sizes(each)
        if mask is None:
            yield Conflict(("attentions", "masks"), f"{each.key!r:.60} names a mask that is not there")
        elif mask.axes not in (("query", "key"), ("head", "query", "key")):
            yield Conflict(("masks",), "a mask's axes are query and key, or head, query and key")
        elif mask.shape != tuple(sizes[axis] for axis in mask.axes):
            yield Conflict(("attentions", "masks"), f"{each.key!r:.60} and its mask differ in shape")
