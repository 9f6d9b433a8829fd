"""What a terminal shows of a trace, each as lines of text that fit a given width."""

from regard.tracing.cell_text import cell_lines
from regard.tracing.follow_text import follow_lines
from regard.tracing.positions_text import position_lines
from regard.tracing.run_text import Effect, heading_lines, no_effect, run_lines
from regard.tracing.word_text import word_lines

__all__ = [
    "Effect",
    "cell_lines",
    "follow_lines",
    "heading_lines",
    "no_effect",
    "position_lines",
    "run_lines",
    "word_lines",
]
