"""Several networks of one vocabulary that translate as one: at every step the mean of their probabilities decides.

The networks may be of different kinds and sizes; each reads the source and remembers for itself. What is averaged are
probabilities, not their logarithms: one network that is sure can outvote others that are not.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, final

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from regard.errors import SettingsError
from regard.layout import Layout
from regard.models.interface import AnyModel, DecodingState, TranslationModel


@final
@dataclass(frozen=True, eq=False)
class EnsembleState:
    """What each network remembers."""

    parts: tuple[DecodingState, ...]

    def select(self, picked: Int[Tensor, " picked"]) -> "EnsembleState":
        """See ``DecodingState``."""
        return EnsembleState(tuple(part.select(picked) for part in self.parts))

    def follow(self, parents: Int[Tensor, "sentence row"]) -> "EnsembleState":
        """See ``DecodingState``."""
        return EnsembleState(tuple(part.follow(parents) for part in self.parts))


@final
class Ensemble(TranslationModel[tuple[Any, ...], EnsembleState]):
    """Networks that translate together. Its logits are the logarithms of the mean probabilities.

    Raises:
        SettingsError: there is no network, or their vocabularies have different sizes.
    """

    def __init__(self, members: Sequence[AnyModel]) -> None:
        super().__init__()
        sizes = [member.vocab_size for member in members]
        if len(set(sizes)) != 1:
            raise SettingsError(
                f"an ensemble needs networks of one vocabulary, but {len(sizes)} are given with {sizes} pieces"
            )
        self.members = nn.ModuleList(members)
        self.vocab_size = sizes[0]
        self.noise = members[0].noise
        limits = [member.max_positions for member in members if member.max_positions is not None]
        self.max_positions = min(limits, default=None)

    @property
    def networks(self) -> tuple[AnyModel, ...]:
        """The members, in the order in which they were given."""
        return tuple(self.members)  # type: ignore[arg-type]

    @property
    def dtype(self) -> torch.dtype:
        """The type the first network computes in."""
        return self.networks[0].dtype

    def encode(self, source: Int[Tensor, "batch position"], layout: Layout) -> tuple[Any, ...]:
        """Lets every network read the source."""
        return tuple(member.encode(source, layout) for member in self.networks)

    def start(self, memory: tuple[Any, ...], *, copies: int = 1) -> EnsembleState:
        """Opens a decoding state of every network."""
        members = zip(self.networks, memory, strict=True)
        return EnsembleState(tuple(member.start(part, copies=copies) for member, part in members))

    def step(
        self, state: EnsembleState, tokens: Int[Tensor, " row"]
    ) -> tuple[Float[Tensor, "row vocab"], EnsembleState]:
        """Appends one token to each row, in every network."""
        members = zip(self.networks, state.parts, strict=True)
        logits, parts = zip(*(member.step(part, tokens) for member, part in members), strict=True)
        return mean_probability(logits), EnsembleState(parts)

    def score(
        self,
        source: Int[Tensor, "batch source_position"],
        source_layout: Layout,
        target: Int[Tensor, "batch target_position"],
        target_layout: Layout,
    ) -> Float[Tensor, "batch target_position vocab"]:
        """Logarithms of the mean probabilities of every next token."""
        given = source, source_layout, target, target_layout
        return mean_probability([member.score(*given) for member in self.networks])

    def features(self, *arguments: object) -> NoReturn:
        """Networks that differ share no vector; raises ``SettingsError``."""
        raise SettingsError("an ensemble is not trained as a whole; train its networks one by one")

    def logits(self, vectors: object) -> NoReturn:
        """See ``features``."""
        raise SettingsError("an ensemble has no output layer of its own; ask `step` or `score`")


def mean_probability(logits: Sequence[Float[Tensor, "... vocab"]]) -> Float[Tensor, "... vocab"]:
    """``log(mean of softmax(each))``, in float32 at least."""
    wide = [each.to(torch.promote_types(each.dtype, torch.float32)).log_softmax(-1) for each in logits]
    return torch.stack(wide).logsumexp(0) - math.log(len(wide))
