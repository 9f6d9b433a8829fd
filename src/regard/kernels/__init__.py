"""C++ compiled for the machine at hand.

Enters: a source that comes with Regard. Leaves: the compiled file, made once and then found again. Must not know:
networks, masks, what is trained or translated.
"""

from regard.kernels.compiling import Source

__all__ = ["Source"]
