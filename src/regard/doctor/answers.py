"""What comes out: finite numbers in every type it may compute in, and answers that depend on the question."""

from collections import Counter
from dataclasses import replace
from typing import Final

import torch

from regard.attention import Finding, Place
from regard.attention.diagnosis import judged
from regard.decoding import greedy_search
from regard.doctor.padding import score
from regard.doctor.patient import Patient
from regard.doctor.stages import first_non_finite, recorded
from regard.errors import DivergedError

_TYPES: Final = (torch.float64, torch.float32, torch.bfloat16)
_BEGINNING: Final = 20  # tokens: how long an unfinished answer becomes depends on the source's length
_DEAF: Final = (
    "train longer, with a lower training.learning_rate or more training.warmup_steps, and see with `regard corpus "
    "check` that source and target lines belong together"
)


def finite_logits(patient: Patient) -> Finding:
    """Every logit is a number, in float64, float32 and bfloat16."""
    batch = patient.batch
    for dtype in _TYPES:
        model = patient.copy().to(dtype)
        logits = score(model, batch)
        count = int((~logits.isfinite()).sum())
        if count:
            with recorded(model) as recording:
                score(model, batch)
            place = first_non_finite(recording) or Place("output")
            bad = f"{count:,} logits are not finite in {str(dtype).removeprefix('torch.')}"
            advice = "look at what stands at this position; if all weights are finite, numbers overflow there"
            return Finding("finite logits", "fail", bad, count, 0, place, advice)
    return Finding("finite logits", "pass", f"{logits.numel():,} in float64, float32 and bfloat16", 0, 0)


def source_is_read(patient: Patient) -> Finding:
    """With another sentence as its source, the model expects other words."""
    if len(patient.pairs) < 2:
        return Finding("source is read", "skip", "needs two sentences")
    batch = patient.batch
    turned = torch.arange(len(patient.pairs)).roll(1)
    swapped = replace(batch, source=batch.source[turned], source_layout=batch.source_layout.select(turned))
    own, foreign = (score(patient.model, each).softmax(-1) for each in (batch, swapped))
    overlap = torch.minimum(own, foreign).sum(-1)[batch.target_layout.real()].mean()
    return judged(
        "source is read",
        measured=float(overlap),
        tolerance=0.99,
        good=f"with another source, {1 - float(overlap):.0%} of the next word's probability moves",
        bad="the next word hardly depends on the source: the model has not learned to look at it",
        place=Place("cross-attention"),
        advice=_DEAF,
    )


def different_answers(patient: Patient) -> Finding:
    """Different sentences have different translations; a collapsed model answers everything with the same words."""
    if len(patient.pairs) < 2:
        return Finding("different answers", "skip", "needs two sentences")
    sources = [patient.pairs.source[row].tolist() for row in range(len(patient.pairs))]
    search = patient.settings.decoding.model_copy(update={"beam_size": 1, "num_hypotheses": 1})
    try:
        found = greedy_search(patient.model, sources, search)
    except DivergedError as error:
        return Finding("different answers", "fail", f"there are no translations: {error}", advice=_DEAF)
    answers = Counter(patient.tokenizer.decode(hypothesis.ids[:_BEGINNING]) for hypothesis in found)
    text, times = answers.most_common(1)[0]
    return judged(
        "different answers",
        measured=times / len(sources),
        tolerance=max(0.5, 1 / len(sources)),
        good=f"{len(answers)} different translations of {len(sources)} sentences",
        bad=f"{times} of {len(sources)} sentences are translated alike: {text[:60]!r}",
        advice=_DEAF,
    )
