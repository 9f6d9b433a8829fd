"""Looks inside a translation: how sure each word was, where the decoder looked, which head the answer hangs on.

    python examples/07_see_inside.py MODEL ["A sentence."]

MODEL is the folder that `regard train --out MODEL` or `regard demo --out MODEL` made.
"""

import argparse
from math import log

import regard


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?", help="the folder of a trained model")
    parser.add_argument("sentence", nargs="?", default="The cat chased the dog.")
    arguments = parser.parse_args()
    if arguments.model is None:
        print("Give the folder of a trained model. `regard demo --out my-model` makes one in a few minutes.")
        return

    model = regard.load(arguments.model)
    trace = model.explain(arguments.sentence)  # translates as model.translate does, and records it
    print(f"{arguments.sentence} → {trace.translation}\n")

    # Where the heads of the last layer looked, on average, when each piece was chosen.
    cross = [each for each in trace.attentions if each.attention == "decoder.cross"][-1]
    weights = trace.tensor(cross, "weights").mean(axis=0)
    for step, row in zip(trace.steps, weights, strict=True):
        looked_at = trace.tokens.source[row.argmax()].piece
        print(f"{step.piece:12} {step.probability:6.1%} sure, looked at {looked_at} most ({row.max():.0%})")

    # Weights are not reasons. What becomes of this very translation without a head is nearer to one.
    def log_probability(*heads: tuple[str, int, int]) -> float:
        given = model.explain(arguments.sentence, target=trace.translation.text, without_heads=heads)
        return sum(log(max(step.probability, 1e-300)) for step in given.steps)

    ordinary = log_probability()
    heads = [(each.attention, each.layer, head) for each in trace.attentions for head in range(each.num_heads)]
    costs = {head: ordinary - log_probability(head) for head in heads}
    attention, layer, head = max(costs, key=lambda each: costs[each])
    print(f"\nIt hangs most on head {head} of {attention} in layer {layer}: without it, its log-probability "
          f"falls from {ordinary:.2f} to {ordinary - costs[attention, layer, head]:.2f}.")  # fmt: skip
    print("All checks hold." if not trace.failed else f"Checks that failed: {trace.failed}")


if __name__ == "__main__":
    main()
