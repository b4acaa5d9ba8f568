"""Child programs: started with their output in files, looked after, and stopped in order.

Shell.

    ChildDiedError   a program ended by itself, or was not ready in time: stop all, exit 1
    StopRequestedError    somebody wants the end (Ctrl-C): stop all, exit 0
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from simulators.hub_rest import is_ready

TAIL_LINES = 15
TAIL_BYTES_MAX = 16 * 1024
STOP_TIMEOUT_S = 15.0
"""From SIGTERM to SIGKILL."""
_POLL_S = 0.05
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ChildDiedError(Exception):
    """The sentence says which program, how it ended, and its last lines."""


class StopRequestedError(Exception):
    """A signal asked for the end."""


class Child:
    """One program in a session of its own, so that Ctrl-C reaches only the one that stops it."""

    def __init__(self, name: str, argv: list[str], log_dir: Path, test_clock: str) -> None:
        self.name = name
        self.stdout_path = log_dir / f"{name}.out"
        self.stderr_path = log_dir / f"{name}.log"
        leash = [sys.executable, "-m", "simulators.leash", str(os.getpid())]
        with self.stdout_path.open("wb") as stdout, self.stderr_path.open("wb") as stderr:
            self._process = subprocess.Popen(
                leash + argv,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
                env=_environment(test_clock),
            )

    def exit_code(self) -> int | None:
        """How it ended (a signal as a negative number), None while it runs."""
        # The dead child is left unreaped: its number then cannot be another's when we kill its
        # group.
        options = os.WEXITED | os.WNOWAIT | os.WNOHANG
        ended = os.waitid(os.P_PID, self._process.pid, options)
        if ended is None:
            return None
        return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status

    def printed(self, prefix: str) -> str | None:
        """What its stdout has after ``prefix`` at a line's begin, None while there is no such."""
        with self.stdout_path.open(errors="replace") as lines:
            for line in lines:
                if line.startswith(prefix) and line.endswith("\n"):
                    return line.removeprefix(prefix).strip()
        return None

    def last_lines(self) -> str:
        """The end of its stderr."""
        with self.stderr_path.open("rb") as log:
            log.seek(max(0, self.stderr_path.stat().st_size - TAIL_BYTES_MAX))
            text = log.read(TAIL_BYTES_MAX).decode(errors="replace")
        return "\n".join(text.splitlines()[-TAIL_LINES:])

    def stop(self) -> None:
        """Ask it to stop, wait ``STOP_TIMEOUT_S``, then kill it and all it has started."""
        if self.exit_code() is None:
            os.kill(self._process.pid, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while self.exit_code() is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


class Children:
    """The running programs, the wish to stop, and the only place where the demo sleeps."""

    def __init__(self, log_dir: Path) -> None:
        self._log_dir = log_dir
        self._running: list[Child] = []
        self._stop_requested = False

    @contextmanager
    def looked_after(self) -> Iterator[None]:
        """Take over the signals that ask for the end; at the end stop all, newest first."""
        before = {number: signal.signal(number, self._request_stop) for number in _SIGNALS}
        try:
            yield
        finally:
            while self._running:
                self._running.pop().stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, name: str, argv: list[str], test_clock: str) -> Child:
        """Start a program; its output goes to ``<name>.out`` and ``<name>.log``.

        ``test_clock`` is its ``CUSTOS_TEST_CLOCK``.
        """
        child = Child(name, argv, self._log_dir, test_clock)
        self._running.append(child)
        return child

    def pause(self, seconds: float) -> None:
        """Sleep while looking after the programs.

        Raises:
            ChildDiedError: one has ended.
            StopRequestedError: a signal came.
        """
        deadline = time.monotonic() + seconds
        while True:
            self._check()
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return
            time.sleep(min(_POLL_S, left_s))

    def wait_ready(self, child: Child, url: str, prefix: str, timeout_s: float) -> str:
        """Wait until ``url`` answers 200 and ``child`` has printed a line with ``prefix``.

        Returns:
            The rest of that line.

        Raises:
            ChildDiedError: not within ``timeout_s``, or it ended.
            StopRequestedError: a signal came.
        """
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            printed = child.printed(prefix)
            if printed is not None and is_ready(url):
                return printed
            self.pause(2 * _POLL_S)
        raise ChildDiedError(
            f"{child.name} was not ready within {timeout_s:.0f} s. Its last lines "
            f"({child.stderr_path}):\n{child.last_lines()}"
        )

    def _check(self) -> None:
        if self._stop_requested:
            raise StopRequestedError
        for child in self._running:
            code = child.exit_code()
            if code is not None:
                raise ChildDiedError(
                    f"{child.name} has ended with exit code {code}. Its last lines "
                    f"({child.stderr_path}):\n{child.last_lines()}"
                )

    def _request_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stop_requested = True


def _environment(test_clock: str) -> dict[str, str]:
    # CUSTOS_* would override the configuration files that are written for these programs.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CUSTOS_")}
    return kept | {"PYTHONUNBUFFERED": "1", "CUSTOS_TEST_CLOCK": test_clock}
