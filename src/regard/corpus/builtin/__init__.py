"""The built-in corpus: English sentences and their French translations, generated from a grammar written for Regard.

Enters: a size and a seed. Leaves: ``BuiltinCorpus`` with splits of ``BuiltinPair``, each with its structure's name,
its word alignment and alternative translations. Must not know: torch, files outside this folder, tokenizers, models.
"""

from regard.corpus.builtin.builtin_pair import BuiltinPair
from regard.corpus.builtin.generate import LARGEST, SMALLEST, BuiltinCorpus, generate

__all__ = ["LARGEST", "SMALLEST", "BuiltinCorpus", "BuiltinPair", "generate"]
