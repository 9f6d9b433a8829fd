"""Scores translations against references, as ``regard evaluate`` does: BLEU, chrF and TER with their signatures.

A signature says how a number was made (cased or not, which tokeniser, which version); two numbers can be compared if
their signatures agree. Run it with: python examples/05_score_translations.py
"""

from regard.evaluation import evaluate

REFERENCES = ["Le chat est assis sur le tapis.", "Je t'aime.", "Le cheval a couru vite."]
GOOD = ["Le chat est assis sur le tapis.", "Je vous aime.", "Le cheval a couru vite."]
POOR = ["Le chat est sur tapis.", "Je aime.", "Cheval vite."]


def main() -> None:
    """Scores a good and a poor translation of the same sentences."""
    for name, translations in (("good", GOOD), ("poor", POOR)):
        print(f"\n{name}")
        for score in evaluate(translations, [REFERENCES]).values():
            print(f"  {score}")


if __name__ == "__main__":
    main()
