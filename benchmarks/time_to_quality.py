"""How good is a model after 10, 20, 30, 45 minutes of training on two cores? BLEU on test_2016_flickr (beam 5).

Multi30k en→fr. Each time is a run of its own, with the command that anybody would type:

    regard train --source train.en --target train.fr --valid-source val.en --valid-target val.fr \\
                 --preset small --max-minutes 45 --out my-model

It is run by updates here, as many as fit into those minutes on a quiet machine, so that it may be stopped and go on.

    time_to_quality.py --measure-paces       first, on a machine that does nothing else
    time_to_quality.py --at-once 2           then; may be stopped at any time, and goes on
    time_to_quality.py --show --write        the table, from what was recorded
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

NAME = "time_to_quality"
PLAIN = "preset"


def cells(arguments: argparse.Namespace) -> list[Cell]:
    name = arguments.name if arguments.set else PLAIN
    return [
        Cell(name, arguments.preset, tuple(arguments.set), seed, minutes)
        for seed in arguments.seeds
        for minutes in arguments.minutes
    ]


def table(lines: list[page.Line]) -> str:
    """A row per preset and settings, and minutes: means over seeds."""
    keys = sorted({(line["preset"], line["name"], line["minutes"]) for line in lines})
    rows = []
    for preset, name, minutes in keys:
        found = [line for line in lines if (line["preset"], line["name"], line["minutes"]) == (preset, name, minutes)]
        tok, bleu = ([line[key] for line in found] for key in ("bleu_tok_lc", "bleu_13a"))
        spread = f" ({min(tok):.2f} to {max(tok):.2f})" if len(tok) > 1 else ""
        said = preset if name == PLAIN else f"{preset}, {name}"
        updates = found[0]["updates"]
        rows.append(
            f"| {said} | {minutes:g} | {updates:,} | {len(found)} | {mean(tok):.2f}{spread} | {mean(bleu):.2f} |"
        )
    if not rows:
        return "No run has ended yet."
    return "| settings | minutes | updates | seeds | BLEU tok-lc | BLEU 13a |\n|---|---|---|---|---|---|\n" + "\n".join(
        rows
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", nargs="+", default=[], metavar="SECTION.KEY=VALUE", help="settings besides the preset")
    parser.add_argument("--name", default="with settings", help="what a run with --set is called")
    add_arguments(parser, seeds=(1, 2, 3), minutes=(10.0, 20.0, 30.0, 45.0))
    arguments = parser.parse_args()
    if not arguments.show:
        run(cells(arguments), NAME, arguments, scored_on="test_2016_flickr")
    text = table(recorded(arguments.recorded / f"{NAME}.jsonl"))
    print(f"\n{text}")
    if arguments.write:
        page.write("time to quality", text)


if __name__ == "__main__":
    main()
