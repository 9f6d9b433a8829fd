"""From logits to translations: greedy search, beam search, one word at a time, and forced decoding.

Enters: a ``TranslationModel``, source ids, ``DecodingSettings``. Leaves: ``Hypothesis`` values, in the order of the
sources. Must not know: strings, files, or what is inside the network (``models.interface`` is all it sees).

File by file: ``choice`` turns logits into the best next tokens, ``greedy`` takes the best each time, ``beam`` keeps
several, ``shelf`` holds what is finished and decides when to stop, ``batched`` groups sentences by length, ``stream``
gives one token at a time, ``forced`` scores a translation that is already known. ``steering`` is what makes
one search differ from an ordinary one: a forced beginning, a padded source, somebody who listens.

The seam for everything that prefers, forbids, requires or draws tokens is ``Steering``, asked once a step by both
searches: an ``Adjuster`` takes the model's log-probabilities (row × vocabulary) with the rows they belong to, and gives
those to choose from; a ``Chooser`` picks each row's candidates from them. A model that is several models needs no seam:
it is a ``TranslationModel`` of its own.

What else can be asked of a search stands beside it, and costs nothing where it is not asked for: ``guided`` puts
together ``restrictions`` (no repeats, least length, time), ``sampling``, ``diverse`` (groups) and ``banks`` (required
``phrases``).
"""

from regard.decoding.batched import plan_batches, search, translate_ids
from regard.decoding.beam import beam_search
from regard.decoding.forced import score_ids
from regard.decoding.greedy import greedy_search
from regard.decoding.guided import Demands, guided_ids
from regard.decoding.hypothesis import Flag, Hypothesis, normalised_score
from regard.decoding.limits import check_source_lengths, max_target_length
from regard.decoding.phrases import Cut, RequiredPhrase, Seams
from regard.decoding.steering import Adjuster, Chooser, Listener, Rows, Steering
from regard.decoding.stream import Candidate, GeneratedToken, stream_ids
from regard.decoding.within import Within

__all__ = [
    "Adjuster",
    "Candidate",
    "Chooser",
    "Cut",
    "Demands",
    "Flag",
    "GeneratedToken",
    "Hypothesis",
    "Listener",
    "RequiredPhrase",
    "Rows",
    "Seams",
    "Steering",
    "Within",
    "beam_search",
    "check_source_lengths",
    "greedy_search",
    "guided_ids",
    "max_target_length",
    "normalised_score",
    "plan_batches",
    "score_ids",
    "search",
    "stream_ids",
    "translate_ids",
]
