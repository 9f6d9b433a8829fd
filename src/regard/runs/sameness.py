"""The same translation for every sentence, whatever it says: noticed, and what it comes from."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from regard.batches import EncodedPairs, Ragged, make_batch
from regard.decoding.opening import answering
from regard.models import AnyModel
from regard.training import batch_loss

_FEWEST = 5
_LOOKED_AT = 32
_ONE_TARGET = 0.5
_NOTHING_LEARNED = 0.9
_SOURCE_UNUSED = 1.02


def all_the_same(translations: Sequence[str], references: Sequence[str]) -> bool:
    """Whether several sentences, which ought not to, have one translation."""
    return len(translations) >= _FEWEST and len(set(translations)) == 1 < len(set(references))


def why_all_the_same(model: AnyModel, pairs: EncodedPairs, references: Sequence[str]) -> str:
    """What the network shows of the reason, and what to do about it, as a sentence."""
    sentence, count = Counter(references).most_common(1)[0]
    if count > _ONE_TARGET * len(references):
        return f"{count} of {len(references)} references are the same sentence, {sentence!r:.60}: look at their file"
    own, exchanged = losses_with_sources_exchanged(model, pairs)
    blind = math.log(model.vocab_size)
    if not own < _NOTHING_LEARNED * blind:
        return (
            f"the network has learned next to nothing (its loss is {own:.2f}, and guessing gives {blind:.2f}). That is "
            "usual in the first updates; if it stays, training.learning_rate is too high or far too low"
        )
    if exchanged < _SOURCE_UNUSED * own:
        return (
            "the decoder does not use the source yet: with the sources of other sentences its loss is the same "
            f"({own:.2f} and {exchanged:.2f}). That is usual in the first hundreds of updates; if it stays, see "
            "whether the lines of both files belong together (regard corpus check), and try a lower "
            "training.learning_rate or more training.warmup_steps"
        )
    return (
        f"the decoder does use the source (loss {own:.2f}, with the sources of other sentences {exchanged:.2f}), but "
        "its knowledge of the target language still outweighs it: train longer"
    )


def losses_with_sources_exchanged(model: AnyModel, pairs: EncodedPairs) -> tuple[float, float]:
    """The loss per target token of some pairs, and that of the same targets with each other's sources."""
    count = min(len(pairs), _LOOKED_AT)
    sources = [pairs.source[index] for index in range(count)]
    targets = Ragged.of(pairs.target[index] for index in range(count))
    turned = [*sources[1:], *sources[:1]]
    return _loss(model, EncodedPairs(Ragged.of(sources), targets)), _loss(
        model, EncodedPairs(Ragged.of(turned), targets)
    )


def _loss(model: AnyModel, pairs: EncodedPairs) -> float:
    batch = make_batch(pairs, np.arange(len(pairs))).to(next(model.parameters()).device)
    with answering(model):
        return float(batch_loss(model, batch, smoothing=0.0)) / batch.num_target_tokens
