"""What do the settings for few pairs give? Multi30k en→fr, 15 minutes a cell, two seeds, validation pairs.

Every cell is the preset with one setting changed, trained for as many updates as a quiet machine with two cores makes
in 15 minutes with that setting: what costs time gets fewer updates.

    quality_settings.py --measure-paces      first, on a machine that does nothing else (5 minutes)
    quality_settings.py --at-once 2          then; may be stopped at any time, and goes on
    quality_settings.py --show --write       the table, from what was recorded
"""

import argparse
import sys
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).parent / "training_speed"))
sys.path.insert(0, str(Path(__file__).parent / "run_cells"))
import page
from cell import Cell
from running import add_arguments, recorded, run

NAME = "quality_settings"
PLAIN = "as it is"
SETTINGS: dict[str, tuple[str, ...]] = {
    PLAIN: (),
    "BPE-dropout 0.05": ("text.sampling=0.05",),
    "BPE-dropout 0.1": ("text.sampling=0.1",),
    "target word dropout 0.1": ("training.target_word_dropout=0.1",),
    "decoder layer drop 0.1": ("model.decoder_layer_drop=0.1",),
    "decoder layer drop 0.2": ("model.decoder_layer_drop=0.2",),
    "R-Drop 5, last third": ("training.consistency=5", "training.consistency_from=0.6667"),
    "R-Drop 5": ("training.consistency=5",),
    "concatenation 1": ("data.concatenate=1",),
    "query-key norm": ("model.qk_norm=true",),
    "without moving average": ("training.ema_decay=none",),
    "mean of 5 checkpoints": ("training.ema_decay=none", "training.average_checkpoints=5"),
    "Muon": ("training.optimizer=muon",),
    "Muon, rate 3e-3": ("training.optimizer=muon", "training.learning_rate=3e-3"),
    "dropout 0.2": ("model.dropout=0.2",),
}


def cells(arguments: argparse.Namespace) -> list[Cell]:
    return [
        Cell(name, arguments.preset, SETTINGS[name], seed, minutes)
        for minutes in arguments.minutes
        for seed in arguments.seeds
        for name in arguments.settings
    ]


def table(lines: list[page.Line], preset: str, minutes: float) -> str:
    """Means over seeds, with what each setting changes with the seeds that it and the plain preset have been tried."""
    own = [line for line in lines if (line["preset"], line["minutes"]) == (preset, minutes)]
    by_name = {name: found for name in SETTINGS if (found := [line for line in own if line["name"] == name])}
    if not by_name:
        return f"No cell of *{preset}* with {minutes:g} minutes has been measured yet."
    plain = {line["seed"]: line["bleu_tok_lc"] for line in by_name.get(PLAIN, [])}
    rows = [_row(name, found, plain) for name, found in by_name.items()]
    head = f"| *{preset}*, {minutes:g} minutes | seeds | updates | BLEU tok-lc | change | BLEU 13a | loss |\n"
    return head + "|---|---|---|---|---|---|---|\n" + "\n".join(rows)


def _row(name: str, found: list[page.Line], plain: dict[int, float]) -> str:
    tok, bleu, loss = (mean(line[key] for line in found) for key in ("bleu_tok_lc", "bleu_13a", "valid_loss"))
    values = [line["bleu_tok_lc"] for line in found]
    changes = [line["bleu_tok_lc"] - plain[line["seed"]] for line in found if line["seed"] in plain]
    change = f"{mean(changes):+.2f}" if changes and name != PLAIN else ""
    spread = f" ({min(values):.2f} to {max(values):.2f})" if len(values) > 1 else ""
    return (
        f"| {name} | {len(found)} | {found[0]['updates']:,} | {tok:.2f}{spread} | {change} | {bleu:.2f} | {loss:.3f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--settings", nargs="+", choices=SETTINGS, default=list(SETTINGS), metavar="NAME")
    add_arguments(parser, seeds=(1, 2), minutes=(15.0,))
    arguments = parser.parse_args()
    if not arguments.show:
        run(cells(arguments), NAME, arguments, scored_on="val")
    lines = recorded(arguments.recorded / f"{NAME}.jsonl")
    text = "\n\n".join(table(lines, arguments.preset, minutes) for minutes in arguments.minutes)
    print(f"\n{text}")
    if arguments.write:
        page.write("quality settings", text)


if __name__ == "__main__":
    main()
