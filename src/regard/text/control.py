"""The ids of control tokens, the same in every vocabulary. No text a user types ever becomes one of them."""

from typing import Final

PAD: Final = 0
UNK: Final = 1
BOS: Final = 2
EOS: Final = 3
