"""The far end of a pty that measures: bytes in to tone out, or many scans with a window."""

import os
import pty
import select
import time
import tty
from collections.abc import Iterable
from pathlib import Path

GOOD_READ = b"\x1b7,"
ANSWER_TIMEOUT_S = 20.0
WINDOW = 8
"""Below the station's bound of answers that wait for one port."""


class Probe:
    """A honeywell scanner without a person: pulls as fast as it is answered."""

    def __init__(self, link: Path) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        link.symlink_to(os.ttyname(self._slave))

    def close(self) -> None:
        os.close(self._slave)
        os.close(self._master)

    def scan_ms(self, code: str) -> float:
        """Milliseconds from the frame's first byte written until its good-read command is read."""
        frame = b"]C0" + code.encode() + b"\r"
        start = time.perf_counter()
        os.write(self._master, frame)
        answer = b""
        while GOOD_READ not in answer:
            answer += self._read()
        return (time.perf_counter() - start) * 1000

    def stream(self, codes: Iterable[str], window: int = WINDOW) -> int:
        """Scan all codes with at most ``window`` unanswered; how many were answered."""
        waiting = answered = 0
        tail = b""
        for code in codes:
            os.write(self._master, b"]C0" + code.encode() + b"\r")
            waiting += 1
            while waiting >= window:
                tail, seen = self._count(tail)
                waiting -= seen
                answered += seen
        while waiting > 0:
            tail, seen = self._count(tail)
            waiting -= seen
            answered += seen
        return answered

    def _count(self, tail: bytes) -> tuple[bytes, int]:
        data = tail + self._read()
        seen = data.count(GOOD_READ)
        return data[data.rfind(b",") + 1 :], seen

    def _read(self) -> bytes:
        ready, _, _ = select.select([self._master], [], [], ANSWER_TIMEOUT_S)
        if not ready:
            raise TimeoutError(f"the station did not answer within {ANSWER_TIMEOUT_S:g} s")
        return os.read(self._master, 4096)
