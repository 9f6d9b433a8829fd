"""Who is examined: a network in float64, its tokenizer, its weights as they were stored, and some sentences."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import numpy as np
import torch
from torch import Tensor

from regard.batches import Batch, EncodedPairs, Ragged, make_batch
from regard.bundle import load_bundle
from regard.corpus import Pair
from regard.corpus.at_hand import pairs_at_hand
from regard.errors import InputError
from regard.models import AnyModel
from regard.settings import Settings
from regard.text import Tokenizer
from regard.translator import Translator, load

MORE_PADDING: Final = 3
"""Cells of padding that are added to see whether they change anything."""

MOST_SENTENCES: Final = 50
"""All of them are one batch in float64."""

_MOST_TOKENS: Final = 40
_FEWEST_POSITIONS: Final = 8


@final
@dataclass(frozen=True, eq=False)
class Patient:
    """What the checks look at. ``model`` is a copy of ours: float64, evaluation mode, no gradients for its weights.

    Attributes:
        model: the network.
        tokenizer: what cuts its sentences.
        settings: what it was made from.
        stored: its weights by name, as they lie in the file.
        pairs: ids of sentence pairs, without control tokens.
        description: where the sentences come from.
    """

    model: AnyModel
    tokenizer: Tokenizer
    settings: Settings
    stored: Mapping[str, Tensor]
    pairs: EncodedPairs
    description: str

    @classmethod
    def load(cls, folder: Path, *, num_sentences: int = 8) -> "Patient":
        """The model of a model folder or a run folder, with sentences of its own kind.

        Raises:
            BundleError: the folder is missing, damaged or not what it says it is.
            InputError: there are to be no sentences.
        """
        if not 1 <= num_sentences <= MOST_SENTENCES:
            raise InputError(
                f"a model is examined with 1 to {MOST_SENTENCES} sentences at once, but {num_sentences} are asked for"
            )
        translator = load(folder, device="cpu", dtype="float64")
        found = pairs_at_hand(translator.settings.data, num_sentences)
        return cls.of(translator, found.pairs, description=found.description, stored=load_bundle(folder).weights())

    @classmethod
    def of(
        cls,
        translator: Translator,
        pairs: Sequence[Pair],
        *,
        description: str = "given sentences",
        stored: Mapping[str, Tensor] | None = None,
    ) -> "Patient":
        """A translator in memory, examined as a copy.

        Raises:
            InputError: there are no pairs, or the network has learned positions, too few of them.
        """
        if not pairs:
            raise InputError("a model is examined with sentences of its kind, but no pairs were given")
        with torch.inference_mode(False):  # what is made in that mode can never have a gradient
            model = copy.deepcopy(translator.model).to("cpu", torch.float64).eval().requires_grad_(False)
        model.compute_dtype = None
        limit = _most_tokens(model)
        cut = [
            Ragged.of(ids[:limit] for ids in translator.tokenizer.encode_batch(texts))
            for texts in ([pair.source for pair in pairs], [pair.target for pair in pairs])
        ]
        return cls(
            model=model,
            tokenizer=translator.tokenizer,
            settings=translator.settings,
            stored=translator.model.state_dict() if stored is None else stored,
            pairs=EncodedPairs(*cut),
            description=description,
        )

    @property
    def batch(self) -> Batch:
        """All sentences as one batch, laid out as for training."""
        return make_batch(self.pairs, np.arange(len(self.pairs)))

    def alone(self, sentence: int) -> Batch:
        """One sentence as a batch of its own."""
        return make_batch(self.pairs, np.array([sentence]))

    @property
    def shortest(self) -> int:
        """The sentence with the fewest tokens on both sides, of those that have at least three on the target side."""
        sizes = self.pairs.source.lengths + self.pairs.target.lengths
        return int(np.where(self.pairs.target.lengths >= 3, sizes, sizes.max() + 1 + sizes).argmin())

    def copy(self) -> AnyModel:
        """The network once more, to be changed."""
        return copy.deepcopy(self.model)

    def spelled(self, token: int) -> str:
        """An id as people read it, safe to print."""
        return repr(self.tokenizer.pieces([token])[0])


def _most_tokens(model: AnyModel) -> int:
    """How many tokens of a sentence are taken: a learned table must hold them, EOS, and padding behind."""
    if model.max_positions is None:
        return _MOST_TOKENS
    if model.max_positions < _FEWEST_POSITIONS:
        raise InputError(
            f"model.max_length is {model.max_positions}, but to examine a model with learned positions "
            f"{_FEWEST_POSITIONS} are needed: sentences of a few words, and padding behind them"
        )
    return min(_MOST_TOKENS, model.max_positions - MORE_PADDING - 1)
