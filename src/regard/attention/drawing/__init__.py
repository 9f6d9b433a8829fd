"""A mask draws itself: as text that needs no colour, and as an SVG file that needs nothing else."""

from regard.attention.drawing.as_svg import mask_svg
from regard.attention.drawing.as_text import mask_text

__all__ = ["mask_svg", "mask_text"]
