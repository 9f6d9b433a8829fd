"""Where a token stands: formulas that tell positions apart.

Enters: position numbers. Leaves: vectors to add to embeddings, or rotated queries and keys. Must not know: tokens,
masks, who owns parameters (a learned table is a parameter, so it lives in ``models``).
"""

from regard.positions.rotary import rotate
from regard.positions.sinusoidal import sinusoidal, sinusoidal_halves

__all__ = ["rotate", "sinusoidal", "sinusoidal_halves"]
