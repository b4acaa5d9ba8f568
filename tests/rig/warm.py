"""The real programs, started from a process that has imported them already.

Importing is what a start costs most, a second of processor time each. A program started here is a
copy of a process that did nothing but import: from there on it is the program itself, with its own
session, files, environment, arguments and death. ``tests/integration/edge/test_program.py`` and
``tests/integration/hub/test_programs.py`` also start both cold, as an operator does. What
``PYTHON...`` variables say is not heard any more.
"""

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import TextIO

from tests.rig import bounds, set_clock

ROOT = Path(__file__).resolve().parents[2]
ORDER_BYTES_MAX = 150_000
IMPORTS = {"edge": ("edge.cli",), "hub": ("hub.cli", "nicegui", "holidays.countries.china")}
"""Not all of the hub's rooms: before what counts it must know where its metrics are kept
(hub/telemetry.py)."""
UNCOUNTED = {"edge": (), "hub": ("hub/*/rules.py", "hub/*/rules/*.py", "hub/*/*store.py")}
"""What of its rooms counts nothing; half of what is left to import."""

_NUMBER = struct.Struct("<q")
_FIRST_FREE_FD, _LAST_FD = 3, 1024


class WarmProcess:
    """A running program; the part of :class:`subprocess.Popen` that the tests use."""

    def __init__(self, answers: int, stdout: TextIO | None) -> None:
        self.pid = _NUMBER.unpack(os.read(answers, _NUMBER.size))[0]
        self.returncode: int | None = None
        self.stdout = stdout
        self._answers = answers

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._look(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end.

        Raises:
            subprocess.TimeoutExpired: it still runs after so many seconds.
        """
        status = self._look(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Nothing, if it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _look(self, timeout_s: float | None) -> int | None:
        if self.returncode is None and select.select([self._answers], [], [], timeout_s)[0]:
            (self.returncode,) = _NUMBER.unpack(os.read(self._answers, _NUMBER.size))
            os.close(self._answers)
        return self.returncode


def launch(
    program: str,
    arguments: Sequence[str],
    *,
    env: dict[str, str],
    stderr: int,
    stdout: int | None = None,
) -> WarmProcess:
    """Start ``edge`` or ``hub`` in a session of its own; without ``stdout`` there is a pipe."""
    reader, writer = (None, stdout) if stdout is not None else os.pipe()
    answers, told = os.pipe()
    order = json.dumps([list(arguments), env]).encode()
    try:
        socket.send_fds(_warm(program), [order], [writer, stderr, told])
    finally:
        os.close(told)
        if reader is not None:
            os.close(writer)
    return WarmProcess(answers, None if reader is None else os.fdopen(reader))


def run(
    program: str, *arguments: str, timeout_s: float = 40, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run ``edge`` or ``hub`` to its end, as from a shell."""
    with TemporaryFile() as out, TemporaryFile() as err:
        environment = {**os.environ, **env}
        process = launch(
            program, arguments, env=environment, stdout=out.fileno(), stderr=err.fileno()
        )
        try:
            status = process.wait(timeout_s)
        finally:
            process.kill()
        for each in (out, err):
            each.seek(0)
        texts = (out.read().decode(), err.read().decode())
    return subprocess.CompletedProcess([program, *arguments], status, *texts)


@cache
def _warm(program: str) -> socket.socket:
    """The program's warm process, for as long as this one lives; orders go into the socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-m", "tests.rig.warm", program, str(theirs.fileno())]
    with theirs:
        warm = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, pass_fds=(theirs.fileno(),)
        )

    def end() -> None:
        ours.close()
        warm.wait()

    atexit.register(end)
    return ours


# ---------------------------------------------------------------- inside the warm process


def serve(orders: socket.socket) -> tuple[list[str], dict[str, str]] | None:
    """Make a copy of this process for each order; in the copy, return what it is to be."""
    ends: dict[int, tuple[int, int]] = {}
    while True:
        for ready in select.select([orders.fileno(), *ends], [], [])[0]:
            if ready in ends:
                _tell_end(ready, *ends.pop(ready))
                continue
            message, fds, _, _ = socket.recv_fds(orders, ORDER_BYTES_MAX, 3)
            if not message:
                return None
            pid = os.fork()
            if pid == 0:
                _take_over(*fds[:2])
                return _read_order(message)
            out, err, told = fds
            os.close(out)
            os.close(err)
            os.write(told, _NUMBER.pack(pid))
            ends[os.pidfd_open(pid)] = (pid, told)


def _tell_end(pidfd: int, pid: int, told: int) -> None:
    _, status = os.waitpid(pid, 0)
    os.close(pidfd)
    with suppress(BrokenPipeError):  # the test has ended before its program
        os.write(told, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
    os.close(told)


def _uncounted(program: str) -> list[str]:
    paths = (path for pattern in UNCOUNTED[program] for path in sorted(ROOT.glob(pattern)))
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    return [name.removesuffix(".__init__") for name in names]


def _take_over(out: int, err: int) -> None:
    """From now on nothing leads back to the warm process or to its other copies."""
    os.setsid()
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.closerange(_FIRST_FREE_FD, _LAST_FD)


def _read_order(message: bytes) -> tuple[list[str], dict[str, str]]:
    arguments, env = json.loads(message)
    return arguments, env


def main() -> None:
    """``python -m tests.rig.warm PROGRAM FD``: the warm process, and each of its copies."""
    program, fd = sys.argv[1:]
    for name in (*IMPORTS[program], *_uncounted(program)):
        importlib.import_module(name)
    assert program != "hub" or "prometheus_client" not in sys.modules, "it counts already"
    assert threading.active_count() == 1, "a copy would lack the other threads"
    # Else each copy's collector, at its end at the latest, would write to every page of it.
    gc.freeze()
    orders = socket.socket(fileno=int(fd))
    order = serve(orders)
    if order is None:
        return
    orders.detach()
    sys.argv[1:], environment = order
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    set_clock.install(program)
    bounds.install()
    entry: Callable[[], None] = importlib.import_module(f"{program}.cli").main
    entry()


if __name__ == "__main__":
    main()
