"""Run a program that stops when the one that started it is gone, even by ``kill -9``.

``python -m simulators.leash PARENT_PID PROGRAM ARGUMENT…``. A small program of its own, because
the kernel's request must be made in the child, where Python allows no code after a fork.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Ask the kernel for SIGTERM at the parent's death and become the program."""
    parent, argv = int(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # The parent may have died before the request was made.
    if os.getppid() == parent:
        os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()
