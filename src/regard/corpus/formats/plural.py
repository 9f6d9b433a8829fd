"""Plural forms: how many a language has, and which one is for one thing."""

import gettext
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from regard.corpus.formats.reading import plain_code
from regard.errors import CorpusError

_RULE: Final = re.compile(r"nplurals\s*=\s*(\d{1,2})\s*;\s*plural\s*=\s*([^;]{1,900});?")
_ONE: Final = "nplurals=2; plural=(n != 1);"
_UP_TO_ONE: Final = "nplurals=2; plural=(n > 1);"
_NONE: Final = "nplurals=1; plural=0;"
_SLAVIC: Final = (
    "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
)
_CZECH: Final = "nplurals=3; plural=(n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2;"
_POLISH: Final = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
_ARABIC: Final = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
_SLOVENIAN: Final = "nplurals=4; plural=(n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3);"
_ROMANIAN: Final = "nplurals=3; plural=(n==1 ? 0 : n==0 || (n%100>0 && n%100<20) ? 1 : 2);"
_LITHUANIAN: Final = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2);"
_LATVIAN: Final = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2);"

# The customary rules of gettext's catalogues; what has two forms, one of them for exactly one, needs no line here.
_RULES: Final[Mapping[str, str]] = MappingProxyType(
    {
        **dict.fromkeys(("fr", "pt-br", "oc", "ln", "mg", "ti", "wa"), _UP_TO_ONE),
        **dict.fromkeys(("ja", "zh", "ko", "vi", "th", "id", "ms", "lo", "km", "my"), _NONE),
        **dict.fromkeys(("ru", "uk", "be", "sr", "hr", "bs"), _SLAVIC),
        **dict.fromkeys(("cs", "sk"), _CZECH),
        "pl": _POLISH,
        "ar": _ARABIC,
        "sl": _SLOVENIAN,
        "ro": _ROMANIAN,
        "lt": _LITHUANIAN,
        "lv": _LATVIAN,
    }
)


@dataclass(frozen=True, slots=True)
class PluralRule:
    """How many forms there are, which one is for one thing, and how a catalogue's header says so."""

    num_forms: int
    form_for_one: int
    written: str


def rule_for(language: str) -> PluralRule:
    """The customary rule of a language."""
    code = plain_code(language)
    written = _RULES.get(code) or _RULES.get(code.partition("-")[0], _ONE)
    rule = plural_rule_of(Path(), written)
    assert rule is not None, "the rules above are rules"
    return rule


def plural_rule_of(path: Path, header: str) -> PluralRule | None:
    """The rule in a catalogue's header; ``None`` where it has none, or one that is still to be filled in.

    Raises:
        CorpusError: it has one that is no rule.
    """
    found = _RULE.search(header)
    if found is None:
        return None
    number = int(found[1])
    try:
        form = gettext.c2py(found[2])(1)  # the standard library reads the language of these rules, and nothing else
    except (ValueError, ZeroDivisionError, RecursionError, OverflowError) as error:
        raise CorpusError(f"{path}: Plural-Forms is no rule ({error}): {found[0]!r:.100}") from None
    if not 0 <= form < number:
        raise CorpusError(f"{path}: Plural-Forms says {number} forms, but its rule gives form {form} for one thing")
    return PluralRule(number, form, found[0])
