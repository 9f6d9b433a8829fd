"""The command line: arguments in, exit codes and colours out. One file per command.

Enters: ``sys.argv``, standard input, signals. Leaves: text on standard output, messages and progress on standard
error, an exit code. Must not know: anything another room could do; commands only call rooms and show what they return.

Start-up is quick because a command imports its rooms when it runs, not before.
"""

from regard.cli.app import main

__all__ = ["main"]
