"""Every error Regard raises on purpose.

RegardError                         exit code
├── InputError                      2   what the user gave is wrong
│   ├── CorpusError                     a corpus file cannot be read as sentence pairs
│   ├── TextError                       a string cannot become tokens, or tokens a string
│   │   └── TokenLimitError             a sentence has more tokens than are allowed
│   ├── SettingsError                   settings are wrong; all of them are listed at once
│   ├── BundleError                     a model folder is missing, damaged or not what it says
│   ├── TraceError                      a trace file is damaged, or has not what is asked of it
│   ├── OutputExistsError               writing would overwrite something
│   ├── InUseError                      another process works in the folder
│   ├── AttentionError                  attention cannot be computed, or a mask not read, as it was asked
│   └── ShapeError                      tensors, lengths or masks do not fit each other
├── CheckError                      3   a check that was asked for failed
├── MachineError                    4   the machine cannot do it
│   ├── DiskFullError                   no space left (what was there before is intact)
│   ├── DownloadError                   a file cannot be fetched from the network
│   ├── OutOfMemoryError                memory ran out
│   └── MissingExtraError               an optional package is not installed
└── DivergedError                   5   training became non-finite

A message says what was given, what was expected, and what to do.
"""

_NO_MEMORY = ("can't allocate memory", "DefaultCPUAllocator", "CUDA out of memory", "not enough memory")


class RegardError(Exception):
    """The root. ``exit_code`` is what the command line ends with."""

    exit_code = 1


class InputError(RegardError):
    """What the user gave is wrong."""

    exit_code = 2


class CorpusError(InputError):
    """A corpus file cannot be read as sentence pairs."""


class TextError(InputError):
    """A string cannot become tokens, or tokens a string."""


class TokenLimitError(TextError):
    """A sentence has more tokens than are allowed."""


class SettingsError(InputError):
    """Settings are wrong; the message lists every problem, not only the first."""


class BundleError(InputError):
    """A model folder is missing, damaged or not what it says it is."""


class TraceError(InputError):
    """A trace file is missing, damaged or too large, or a trace has not what is asked of it."""


class OutputExistsError(InputError):
    """Writing would overwrite something that is already there."""


class InUseError(InputError):
    """Another process works in the folder; the message names it."""


class AttentionError(InputError):
    """Attention cannot be computed, or a foreign mask not read, as it was asked."""


class ShapeError(InputError):
    """Tensors, lengths or masks do not fit each other."""


class CheckError(RegardError):
    """A check that was asked for failed."""

    exit_code = 3


class MachineError(RegardError):
    """The machine cannot do what was asked."""

    exit_code = 4


class DiskFullError(MachineError):
    """No space is left on the device; what was there before is intact."""


class DownloadError(MachineError):
    """A file cannot be fetched: no network, no such page, a connection that keeps breaking."""


class OutOfMemoryError(MachineError):
    """Memory ran out."""


class MissingExtraError(MachineError):
    """An optional package is not installed; the message says which extra brings it."""


class DivergedError(RegardError):
    """Training became non-finite; the weights from before it are kept."""

    exit_code = 5


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory ran out: in Python, on a GPU, or on a CPU, for which PyTorch has no type.

    PyTorch's type is known by its name, so that nobody has to import PyTorch in order to ask.
    """
    if isinstance(error, MemoryError) or type(error).__name__ == OutOfMemoryError.__name__:
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _NO_MEMORY)
