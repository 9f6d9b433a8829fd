"""The disk room: what is written stays, whole, whatever happens meanwhile.

Enters: paths, and blocks of code that write. Leaves: folders and files that are there complete or not at all, seals
that say what each file must hold, locks that keep a second process out, and names that can be shown. Must not know:
what the files mean. Imports nothing but Python's own library, so that a test can kill a save a hundred times in
seconds.
"""

from regard.disk.folder import file_aside, machine_errors, standing, write_text_aside, written_aside
from regard.disk.legible import legible
from regard.disk.lock import LOCK, held
from regard.disk.seal import SEAL, FileSeal, SealError, check_file, read_seal, seal, seal_of

__all__ = [
    "LOCK",
    "SEAL",
    "FileSeal",
    "SealError",
    "check_file",
    "file_aside",
    "held",
    "legible",
    "machine_errors",
    "read_seal",
    "seal",
    "seal_of",
    "standing",
    "write_text_aside",
    "written_aside",
]
