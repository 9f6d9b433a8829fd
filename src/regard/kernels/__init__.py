"""C++ compiled for the machine at hand, and the kernels that training calls between its products.

Enters: a source that comes with Regard, once for a machine; tensors, at every call. Leaves: the compiled file; what a
kernel computes from tensors, gradients included. Must not know: autograd, networks, masks as values, what is trained.

``training.cpp`` is what Python calls; ``loss.h``, ``dropout.h``, ``embedding.h``, ``linear.h`` and ``norm.h`` (both on
``sums.h``), and ``attention.h`` (on ``small_product.h``) are the kernels, all on ``arithmetic.h``. Each has a Python
file of its name that calls it, and a twin in plain PyTorch (``twins.py``), which is the reference; ``check.py``
compares the two before anything relies on a kernel.
"""

from regard.kernels.attention import takes_heads
from regard.kernels.compiling import Source
from regard.kernels.library import Kernels

__all__ = ["Kernels", "Source", "takes_heads"]
