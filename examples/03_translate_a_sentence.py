"""Translates sentences with a model that was trained before, and shows what else the model considered.

    python examples/03_translate_a_sentence.py MODEL ["A sentence." …]

MODEL is the folder that `regard train --out MODEL` or `regard demo --out MODEL` made.
"""

import argparse

import regard


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("model", nargs="?", help="the folder of a trained model")
    parser.add_argument("sentences", nargs="*", default=["I love you.", "The cat is on the mat."])
    arguments = parser.parse_args()
    if arguments.model is None:
        print("Give the folder of a trained model. `regard demo --out my-model` makes one in a few minutes.")
        return

    model = regard.load(arguments.model)
    source_language, target_language = model.languages
    print(f"{source_language} → {target_language}")

    # Several sentences at once are faster than one by one, and come back in the same order.
    for sentence, found in zip(arguments.sentences, model.translate(arguments.sentences), strict=True):
        print(f"\n{sentence}\n  {found.text}")
        print(f"  pieces: {' '.join(found.tokens)}")

    # Beam search keeps the most probable translations side by side; a score of 0 would be certainty.
    first = arguments.sentences[0]
    print(f"\nThree ways to translate {first!r}:")
    for alternative in model.translate(first, beam_size=5, num_hypotheses=3).hypotheses:
        print(f"  {alternative.score:7.3f}  {alternative.text}")


if __name__ == "__main__":
    main()
