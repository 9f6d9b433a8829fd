"""The one colour rule, for figures made in Python: the same stops as in ``picture/palette.js``, light theme.

Weights are sequential from 0 to 1, scores and outputs diverge around 0. Both scales are monotone in grey, and amber and
blue are told apart by colour-blind eyes too. Colour never says anything alone: cells have digits or signs.
"""

from collections.abc import Sequence
from typing import Final, Literal

Domain = Literal["weights", "scores"]
Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

STOPS: Final[dict[Domain, tuple[str, ...]]] = {
    "weights": ("#fbf8fd", "#e2d2ee", "#b88fd0", "#84489f", "#4a1766", "#2c0a40"),
    "scores": ("#ffd84f", "#f6d87e", "#ecd8a3", "#e2d8c3", "#d6d7d9", "#adc3da", "#7aa3cc", "#3c73ae", "#0a2f5c"),
}
GROUND: Final = "#fffefb"
INK: Final = "#1d1d22"
FAINT: Final = "#62626a"
HATCH: Final = "#b9b5ac"
HATCH_GROUND: Final = "#f1eee7"


def colour_of(value: float, domain: Domain, bound: float = 1.0) -> Colour:
    """The colour of a weight between 0 and 1, or of a score between -``bound`` and ``bound``."""
    share = value if domain == "weights" else (value / bound + 1) / 2 if bound > 0 else 0.5
    return between(STOPS[domain], min(1.0, max(0.0, share)))


def between(stops: Sequence[str], share: float) -> Colour:
    """A colour on the way from the first stop to the last; ``share`` is how far, 0 to 1."""
    place = share * (len(stops) - 1)
    low = min(int(place), len(stops) - 2)
    one, other = channels(stops[low]), channels(stops[low + 1])
    red, green, blue = (round(a + (b - a) * (place - low)) for a, b in zip(one, other, strict=True))
    return red, green, blue


def channels(colour: str) -> Colour:
    """``#rrggbb`` as numbers."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def css(colour: Colour) -> str:
    """A colour as CSS and SVG write it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def luminance(colour: Colour) -> float:
    """Relative luminance, 0 to 1 (WCAG 2)."""
    shares = (value / 255 for value in colour)
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: Colour) -> str:
    """Black or white, whichever is easier to read on a colour; at least 4.5 : 1 on any."""
    light = luminance(colour)
    return "#000000" if (light + 0.05) / 0.05 >= 1.05 / (light + 0.05) else "#ffffff"
