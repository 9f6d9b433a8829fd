"""The Transformer's translating, compiled for the machine at hand: no call per operator, no number written twice.

Enters: a trained network that is ready to translate (``compute_in``). Leaves: a ``TranslationModel`` of the same
weights whose ``encode`` and ``step`` run in one compiled file, and which knows its best next tokens without the
log-probabilities of all others. Everything else, explanations above all, the network itself does; its modules are the
oracle of the tests.

The C++ is read in this order: ``kernels/arithmetic.h`` (sixteen numbers at a time), ``product.h`` (rows times weights),
``attend.h`` (queries look at cells, beams together), ``network.h`` (layers), ``choice.h`` (the best tokens),
``entry.cpp``. ``library.py`` loads it; ``packing.py`` lays weights out for it; ``transformer.py`` is the model. A
compiler is needed the first time only, and nobody is made to wait for it who did not ask.
"""

from regard.models.compiled.library import Library, compiled_library
from regard.models.compiled.transformer import CompiledTransformer

__all__ = ["CompiledTransformer", "Library", "compiled_library"]
