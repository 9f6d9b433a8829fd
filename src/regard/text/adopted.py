"""Vocabularies that were learned elsewhere, and how they want text before it is cut.

Other toolkits bring text to another normal form than ours, know two vocabularies that share ids, and have one piece for
all they do not know in place of bytes. A model trained so has to be fed so. Text that such a form changes does not come
back as it was: that is what these models are.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from regard.text.normal import SPACE_MARK

NormalForm = Literal["identity", "nmt_nfkc"]
"""SentencePiece's names: nothing at all; or NFKC, with controls left out, and all sorts of space one space."""

_SPACES: Final = "\t\n\f\r\u061c\u1680\u200b\u200c\u200e\u200f\u2028\u2029\u2581\ufeff\ufffd"
_LEFT_OUT: Final = "".join(map(chr, (*range(1, 9), 0xB, *range(0xE, 0x20), 0x7F, 0x8F, 0x9F)))
_BEFORE: Final = str.maketrans(dict.fromkeys(_SPACES, " ") | dict.fromkeys(_LEFT_OUT, ""))
_TILDE: Final = "\uff5e"  # the one compatibility character that SentencePiece keeps
_RUN_OF_SPACES: Final = re.compile(" {2,}")


@dataclass(frozen=True)
class Adopted:
    """What differs from a vocabulary of ours.

    Args:
        normal_form: what is done to text first.
        unused: places among the vocabulary's pieces that are never cut from text, only written: a target's own.
    """

    normal_form: NormalForm
    unused: tuple[int, ...] = ()

    def normalise(self, text: str) -> str:
        """Brings text to this form; runs of spaces are one, and none stands at either end."""
        if self.normal_form == "nmt_nfkc":
            parts = text.translate(_BEFORE).split(_TILDE)
            text = _TILDE.join(unicodedata.normalize("NFKC", part) for part in parts)
        return _RUN_OF_SPACES.sub(" ", text.replace(SPACE_MARK, " ")).strip(" ")
