"""A look before a long run: can this network learn these pairs at all? Seconds, on one small batch.

Subwords are learned from a sample, dropout is off, and a batch is learned by heart with the settings of the run. What
cannot do that will not learn from millions of pairs either. ``runs/rehearsal.py`` trains; here is what is concluded.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, final

import torch

from regard.attention import Diagnosis, Finding
from regard.attention.diagnosis import judged
from regard.batches import Batch
from regard.corpus import Pair
from regard.decoding import translate_ids
from regard.models import AnyModel
from regard.runs.data import RunData
from regard.runs.rehearsal import LEARNED, Learning, Rehearsal, share_too_long
from regard.runs.sameness import all_the_same, losses_with_sources_exchanged
from regard.settings import DecodingSettings, Settings
from regard.text.control import BOS, EOS
from regard.training.update import compute_gradients

_SHARE: Final = 0.5
"""Of pairs that are alike, or too long, or of sentences that are not answered as they were taught: at most so many."""

_LEAST_FALL: Final = 0.01
"""Of the first loss; one that has fallen by less has not moved."""

_MOST_NAMED: Final = 3
"""So many parts of a network are named in a message."""


@final
@dataclass(frozen=True)
class Rehearsed:
    """What a look found, and the small network that was trained for it, with the pairs it learned."""

    diagnosis: Diagnosis
    model: Path
    pairs: tuple[Pair, ...]


def rehearse(settings: Settings, data: RunData, *, model: Path) -> Rehearsed:
    """Looks at a run before it is begun; nothing is written but a small model.

    Args:
        settings: of the run.
        data: its pairs.
        model: where the network is left that was trained meanwhile, for other checks.

    Raises:
        CorpusError: no pair is short enough to try.
        SettingsError: the settings contradict the model to go on from, or freeze what is not there.
    """
    rehearsal = Rehearsal(settings, data)
    findings = [*_of_pairs(rehearsal), targets_shifted(rehearsal.batch)]
    rehearsal.begin()
    # After some updates: low-rank changes begin with a factor of zeros, through which no gradient passes.
    findings.append(gradients_flow(rehearsal.model, rehearsal.batch))
    learning = rehearsal.learn()
    findings.append(batch_is_learned(learning, rate=settings.training.learning_rate))
    findings += _of_what_was_learned(rehearsal, learning)
    rehearsal.save(model)
    return Rehearsed(Diagnosis(tuple(findings)), model, rehearsal.chosen)


# The pairs


def _of_pairs(rehearsal: Rehearsal) -> list[Finding]:
    sample, limit = rehearsal.sample, rehearsal.settings.data.max_tokens
    return [targets_differ(sample), sides_differ(sample), _pairs_fit(share_too_long(rehearsal), limit)]


def targets_differ(sample: Sequence[Pair]) -> Finding:
    """Whether there is more than one answer to learn."""
    sentence, count = Counter(pair.target for pair in sample).most_common(1)[0]
    return judged(
        "targets differ",
        measured=count / len(sample),
        tolerance=_SHARE,
        good=f"the most frequent of {len(sample):,} target sentences is there {count} times",
        bad=f"{count:,} of {len(sample):,} target sentences are the same, {sentence!r:.60}",
        advice="look at the target file: a network that has seen one answer gives one answer",
    )


def sides_differ(sample: Sequence[Pair]) -> Finding:
    """Whether the targets are translations, and not the sources once more."""
    count = sum(pair.source == pair.target for pair in sample)
    return judged(
        "sides differ",
        measured=count / len(sample),
        tolerance=_SHARE,
        good=f"{count:,} of {len(sample):,} targets are the same as their source",
        bad=f"{count:,} of {len(sample):,} targets are the same as their source, so copying is what is learned",
        advice="see whether data.source and data.target name the same file, or files of one language",
    )


def _pairs_fit(share: float, limit: int) -> Finding:
    return judged(
        "pairs fit",
        measured=share,
        tolerance=_SHARE,
        good=f"{1 - share:.0%} of the pairs have at most {limit} tokens a side",
        bad=f"{share:.0%} of the pairs have more than {limit} tokens on a side, and would be left out",
        advice="raise data.max_tokens, or text.vocab_size if sentences fall into very many pieces; or cut the lines",
    )


# The batch and the gradient


def targets_shifted(batch: Batch) -> Finding:
    """Whether the decoder always reads the word before the one it has to predict, and never that word itself."""
    reads, predicts = batch.target_in.cpu(), batch.target_out.cpu()
    real = batch.target_layout.real()
    follows = (reads[:, 1:] == predicts[:, :-1]) | ((reads[:, 1:] == BOS) & (predicts[:, :-1] == EOS))
    wrong = int((~follows & real[:, 1:]).sum()) + int((reads[:, 0] != BOS).sum())
    seen = int(((reads == predicts) & real).sum())
    return judged(
        "targets shifted",
        measured=wrong,
        tolerance=0,
        good=f"at all {batch.num_target_tokens} positions the decoder reads the word before the one it predicts",
        bad=f"at {wrong} of {batch.num_target_tokens} positions the decoder does not read the word before the one it "
        f"predicts; at {seen} it reads that very word",
        advice="target inputs are BOS and the words, target outputs the words and EOS (batches/batch.py)",
    )


def gradients_flow(model: AnyModel, batch: Batch) -> Finding:
    """Whether every weight that is to be trained gets a finite gradient that is not zero, and no frozen one any."""
    model.train()
    compute_gradients(model, [batch])
    weights = dict(model.named_parameters())
    trained = [name for name, weight in weights.items() if weight.requires_grad]
    faults = {
        "get no gradient": [name for name in trained if not _is_reached(weights[name])],
        "get one that is not finite": [name for name in trained if not _is_finite(weights[name])],
        "are frozen and get one": [name for name in weights.keys() - set(trained) if _is_reached(weights[name])],
    }
    model.zero_grad(set_to_none=True)
    return judged(
        "gradients flow",
        measured=sum(map(len, faults.values())),
        tolerance=0,
        good=f"all {len(trained)} weights that are trained get one, {len(weights) - len(trained)} frozen ones none",
        bad="; ".join(_named(what, names, len(weights)) for what, names in faults.items() if names),
        advice="something between these weights and the loss is detached, or is not used: they would never learn. "
        "What is not to learn belongs into training.freeze",
    )


def _is_reached(weight: torch.nn.Parameter) -> bool:
    return weight.grad is not None and bool(weight.grad.any())


def _is_finite(weight: torch.nn.Parameter) -> bool:
    return weight.grad is None or bool(weight.grad.isfinite().all())


def _named(what: str, names: Sequence[str], total: int) -> str:
    parts = list(dict.fromkeys(name.rpartition(".")[0] or name for name in sorted(names)))
    more = f" and {len(parts) - _MOST_NAMED} more parts" if len(parts) > _MOST_NAMED else ""
    return f"{len(names)} of {total} weights {what}: {', '.join(parts[:_MOST_NAMED])}{more}"


# What was learned


def batch_is_learned(learning: Learning, *, rate: float) -> Finding:
    """Whether the loss of one batch goes to nearly nothing."""
    first, last, count = learning.first, learning.last, len(learning.losses)
    went = f"in {count} updates the loss went from {first:.2f} to {last:.2f}"
    if learning.ran_out_of_time and last < _SHARE * first:
        return Finding("batch is learned", "pass", f"{went}, and time was up", last)
    return judged(
        "batch is learned",
        measured=last,
        tolerance=LEARNED,
        good=went,
        bad=f"{went}, but so few sentences can be learned by heart",
        advice=_advice(learning, rate),
    )


def _advice(learning: Learning, rate: float) -> str:
    first, last = learning.first, learning.last
    if not math.isfinite(first):
        return "the untrained network's loss or gradient is no number already: try training.dtype=float32"
    if abs(first - last) < _LEAST_FALL * first:
        return f"it does not move: training.learning_rate = {rate:g} changes next to nothing (1e-3 is usual)"
    if not last < first or last > 2 * learning.lowest:
        return f"it does not stay down: training.learning_rate = {rate:g} is too high, try {rate / 10:g}"
    return (
        f"it falls, but slowly: try training.learning_rate = {3 * rate:g} in place of {rate:g}, freeze fewer parts, or "
        "train a larger network"
    )


def _of_what_was_learned(rehearsal: Rehearsal, learning: Learning) -> list[Finding]:
    if learning.ran_out_of_time and learning.last > LEARNED:
        why = "the network is too large to learn a batch by heart in these seconds"
        return [Finding(name, "skip", why) for name in ("source is used", "known by heart")]
    rehearsal.model.eval()
    return [_source_is_used(rehearsal), _known_by_heart(rehearsal)]


def _source_is_used(rehearsal: Rehearsal) -> Finding:
    if len(rehearsal.pairs) == 1:
        return Finding("source is used", "skip", "one pair alone is short enough, and has no other's source to try")
    own, exchanged = losses_with_sources_exchanged(rehearsal.model, rehearsal.pairs)
    return judged(
        "source is used",
        measured=own / max(exchanged, 1e-9),
        tolerance=_SHARE,
        good=f"with the source of another sentence the loss is {exchanged:.2f} in place of {own:.2f}",
        bad=f"with the source of another sentence the loss is {exchanged:.2f}, with its own {own:.2f}",
        advice="the decoder answers without looking at the source: see whether the lines of both files belong "
        "together (regard corpus check)",
    )


def _known_by_heart(rehearsal: Rehearsal) -> Finding:
    pairs = rehearsal.pairs
    with torch.inference_mode():
        sources = [pairs.source[index].tolist() for index in range(len(pairs))]
        found = translate_ids(rehearsal.model, sources, DecodingSettings(beam_size=1))
    answers = [rehearsal.tokenizer.decode(hypotheses[0].ids) for hypotheses in found]
    wanted = [rehearsal.tokenizer.decode(pairs.target[index].tolist()) for index in range(len(pairs))]
    wrong = [(right, answer) for right, answer in zip(wanted, answers, strict=True) if right != answer]
    example = f", such as {wrong[0][1]!r:.60} for {wrong[0][0]!r:.60}" if wrong else ""
    same = "; all sentences get this one answer" if all_the_same(answers, wanted) else ""
    return judged(
        "known by heart",
        measured=len(wrong) / len(wanted),
        tolerance=_SHARE,
        good=f"{len(wanted) - len(wrong)} of {len(wanted)} sentences are translated as they were taught",
        bad=f"{len(wrong)} of {len(wanted)} sentences are not translated as they were taught{example}{same}",
        advice="where the batch is learned and this fails, decoding reads something else than training did",
    )
