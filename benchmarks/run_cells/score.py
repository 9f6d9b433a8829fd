"""What a trained cell is worth: BLEU as papers print it (tok-lc), BLEU of plain text (13a), and the loss."""

from pathlib import Path
from typing import Any

from cell import multi30k

import regard
from regard.corpus import read_pairs
from regard.evaluation import evaluate
from regard.evaluation.tokenised import evaluate_tokenised, tokenised
from regard.training.log import read_log

BEAM = 5
TOKENISED = {"test_2016_flickr": "test_2016_flickr.lc.norm.tok.fr"}


def scores(run: Path, name: str) -> dict[str, Any]:
    """Scores of a run's model on ``val`` or ``test_2016_flickr``, with signatures."""
    folder = multi30k()
    pairs = list(read_pairs(folder / f"{name}.en", folder / f"{name}.fr"))
    model = regard.load(run / "model")
    translated = [one.text for one in model.translate([pair.source for pair in pairs], beam_size=BEAM)]
    references = [pair.target for pair in pairs]
    plain = evaluate(translated, [references], metrics=("bleu",))["bleu"]
    papers = evaluate_tokenised(translated, _tokenised(name, references), language="fr")
    return {
        "bleu_tok_lc": round(papers.value, 3),
        "bleu_13a": round(plain.value, 3),
        "signatures": [papers.signature, plain.signature],
        "valid_loss": round(_best_loss(run), 4),
        "beam": BEAM,
    }


def _tokenised(name: str, references: list[str]) -> list[str]:
    """The papers' references where they are published, else made in their way."""
    if name in TOKENISED:
        return (multi30k() / TOKENISED[name]).read_text(encoding="utf-8").splitlines()
    return tokenised(references, language="fr")


def _best_loss(run: Path) -> float:
    """The lowest validation loss, in nats per piece, without smoothing."""
    return min(report.scores["loss"] for report in read_log(run / "log.jsonl").validations)
