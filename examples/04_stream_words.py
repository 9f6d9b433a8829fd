"""Shows a translation while it is being made, piece by piece.

    python examples/04_stream_words.py MODEL ["A sentence."]

MODEL is the folder that `regard train --out MODEL` or `regard demo --out MODEL` made.
"""

import argparse
import time

import regard


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?", help="the folder of a trained model")
    parser.add_argument("sentence", nargs="?", default="The cat, which is fluffy, sleeps.")
    parser.add_argument("--seconds", type=float, default=0.2, help="pause after each piece, to see them come")
    arguments = parser.parse_args()
    if arguments.model is None:
        print("Give the folder of a trained model. `regard demo --out my-model` makes one in a few minutes.")
        return

    model = regard.load(arguments.model)
    print(arguments.sentence)
    for piece in model.stream(arguments.sentence):
        print(piece, end="", flush=True)
        time.sleep(arguments.seconds)
    print()

    # Whoever stops reading stops the model: nothing is computed ahead.
    pieces = model.stream(arguments.sentence)
    print("only the first piece:", next(pieces, ""))
    pieces.close()


if __name__ == "__main__":
    main()
