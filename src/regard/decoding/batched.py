"""Many sentences: sorted by length, grouped under a budget, given back in the order they came."""

from collections.abc import Sequence

from regard.decoding.beam import beam_search
from regard.decoding.greedy import greedy_search
from regard.decoding.hypothesis import Hypothesis
from regard.decoding.limits import check_source_lengths
from regard.decoding.opening import device_of
from regard.decoding.steering import STRAIGHT, Steering
from regard.decoding.within import Among, Within
from regard.models.interface import MemoryT, StateT, TranslationModel
from regard.settings.decoding import DecodingSettings
from regard.text.shortlist import Shortlist


def translate_ids(
    model: TranslationModel[MemoryT, StateT],
    sources: Sequence[Sequence[int]],
    settings: DecodingSettings,
    shortlist: Shortlist | None = None,
) -> list[list[Hypothesis]]:
    """Translates sentences of ids (without BOS and EOS), with the pieces of a shortlist if one is given.

    An empty source has one empty hypothesis, and the model is not asked.

    Returns:
        Per source, in the same order, at most ``num_hypotheses`` distinct hypotheses, best score first.

    Raises:
        TokenLimitError: a source has more than ``max_source_tokens``.
        DivergedError: the model's logits are not finite.
    """
    check_source_lengths(sources, settings.max_source_tokens)
    found = [[Hypothesis.empty()] for _ in sources]
    for batch in plan_batches([len(source) for source in sources], cells_of_batch(settings, settings.beam_size)):
        together = [sources[sentence] for sentence in batch]
        steering = STRAIGHT if shortlist is None else Steering(within=Within.of(shortlist, together))
        for sentence, hypotheses in zip(batch, search(model, together, settings, steering), strict=True):
            found[sentence] = hypotheses
    return found


def cells_of_batch(settings: DecodingSettings, rows: int) -> int:
    """The most cells of source that are read at once where each sentence has so many rows.

    A product of matrices may add up in another order when it has more rows, so a sentence that shall not depend on its
    neighbours, to the last bit, has none.
    """
    return 1 if settings.deterministic else settings.batch_tokens // rows


def plan_batches(lengths: Sequence[int], max_cells: int) -> list[list[int]]:
    """Groups sentences of similar length, longest first, so that a wrong budget shows at once.

    Every sentence of at least one token is in exactly one group. A group's rectangle, EOS and padding included, has at
    most ``max_cells`` cells; a sentence that is longer than that stands alone.

    Returns:
        Groups of indices into ``lengths``.
    """
    batches: list[list[int]] = []
    rows_left = 0
    for sentence in sorted((s for s in range(len(lengths)) if lengths[s]), key=lambda s: -lengths[s]):
        if rows_left == 0:
            batches.append([])
            rows_left = max(1, max_cells // (lengths[sentence] + 1))
        batches[-1].append(sentence)
        rows_left -= 1
    return batches


def search(
    model: TranslationModel[MemoryT, StateT],
    sources: Sequence[Sequence[int]],
    settings: DecodingSettings,
    steering: Steering = STRAIGHT,
) -> list[list[Hypothesis]]:
    """Translates non-empty sources as one batch, by greedy or by beam search as the settings say.

    Raises:
        ShapeError: the rectangle that ``steering`` asks for is too narrow for a source.
        DivergedError: the model's logits are not finite.
    """
    if steering.within is not None and steering.is_straight_within:
        within = steering.within.to(device_of(model))
        step = model.step_within(within.pieces)
        if step is not None:
            found = search(Among(model, step, within), sources, settings)
            return [[within.spelled(each, sentence) for each in group] for sentence, group in enumerate(found)]
    if settings.beam_size == 1:
        return [[hypothesis] for hypothesis in greedy_search(model, sources, settings, steering)]
    return beam_search(model, sources, settings, steering)
