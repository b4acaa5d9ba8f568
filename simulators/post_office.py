"""A mail server for the demo: takes every mail on the loopback and tells whom it was for.

Shell. It speaks as much SMTP as a sender without TLS needs, keeps nothing, and belongs to no test
of the real thing.
"""

import queue
import socketserver
import threading
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from types import TracebackType
from typing import Self

LINE_BYTES_MAX = 4096
MAIL_BYTES_MAX = 1024 * 1024
MAILS_WAITING_MAX = 1000
"""Mails that nobody has asked for yet; beyond it the sender is told to try later."""
SILENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class TakenMail:
    """One mail that came in."""

    to: tuple[str, ...]
    subject: str


class _Talk(socketserver.StreamRequestHandler):
    """One connection."""

    timeout = SILENCE_S
    server: "PostOffice"

    def handle(self) -> None:
        """Answer command by command until QUIT, silence or too long a line."""
        self._say("220 demo")
        to: list[str] = []
        try:
            while line := self.rfile.readline(LINE_BYTES_MAX):
                verb = line[:4].upper()
                if verb == b"QUIT":
                    self._say("221 bye")
                    return
                if verb == b"RCPT":
                    to.append(_address(line))
                if verb == b"DATA":
                    self._take(to)
                    to = []
                else:
                    self._say("250 ok")
        except (TimeoutError, ConnectionError):
            return

    def _take(self, to: list[str]) -> None:
        self._say("354 go on")
        lines: list[bytes] = []
        size = 0
        while (line := self.rfile.readline(LINE_BYTES_MAX)) != b".\r\n":
            if not line:
                return
            size += len(line)
            if size <= MAIL_BYTES_MAX:
                lines.append(line)
        mail = BytesParser(policy=policy.default).parsebytes(b"".join(lines), headersonly=True)
        try:
            self.server.taken.put_nowait(TakenMail(tuple(to), str(mail["subject"])))
        except queue.Full:
            self._say("452 try later")
        else:
            self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class PostOffice(socketserver.ThreadingTCPServer):
    """The server, on a free loopback port."""

    daemon_threads = True

    def __init__(self) -> None:
        self.taken: queue.Queue[TakenMail] = queue.Queue(MAILS_WAITING_MAX)
        super().__init__(("127.0.0.1", 0), _Talk)
        self._thread = threading.Thread(target=self.serve_forever, name="post-office", daemon=True)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def collect(self) -> list[TakenMail]:
        """What came in since the last time."""
        found = []
        while not self.taken.empty():
            found.append(self.taken.get_nowait())
        return found


def _address(line: bytes) -> str:
    """The address of ``RCPT TO:<…>``, without what may follow it."""
    given = line.decode("utf-8", "replace").partition(":")[2]
    return given.partition(">")[0].strip(" <\r\n")
