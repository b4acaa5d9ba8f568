"""The far end of a cable: a pty that looks like a serial port; TCP is in ``tcp_cable``.

Shell. A cable has no thread: answers wait in the kernel until the simulated scanner reads them.

    CableError
    +- CableTakenError  path or port cannot be had: one sentence, exit 2
    +- HungUpError      no host at the other end (any more): what was under way is lost
    +- UnreadError      a host is there and takes no more bytes: it may read and answer later
"""

import errno
import os
import select
import termios
import time
import tty
from pathlib import Path
from typing import Protocol

READ_BYTES_MAX = 4096
WRITE_TIMEOUT_S = 2.0
"""A host that leaves its port unread this long takes no more bytes."""
_HOST_POLL_S = 0.01
_PTS_DIR = Path("/dev/pts")


class CableError(Exception):
    """The cable cannot do what was asked."""


class CableTakenError(CableError):
    """The path or port belongs to something else; the sentence says to what."""


class HungUpError(CableError):
    """No host has the other end open."""


class UnreadError(CableError):
    """The host has the other end open and does not read it."""


class Cable(Protocol):
    """One plug that a host may open; made plugged in."""

    @property
    def url(self) -> str:
        """What goes into edge.toml to reach this cable."""

    def plug(self) -> None:
        """Plug in at the same path or port as before; nothing if it is plugged in."""

    def unplug(self) -> None:
        """Pull the plug; nothing if it is out."""

    def has_host(self) -> bool:
        """Say whether a host has the other end open."""

    def write(self, chunk: bytes) -> None:
        """Hand all bytes to the host.

        Raises:
            HungUpError: there is none, or it went away.
            UnreadError: it took no more bytes for ``WRITE_TIMEOUT_S``.
        """

    def read(self, timeout_s: float) -> bytes:
        """What the host has sent, b"" after ``timeout_s``; raises HungUpError when it is gone."""


def wait_host(cable: Cable, timeout_s: float) -> bool:
    """Wait until a host has opened the cable; False after ``timeout_s``."""
    deadline = time.monotonic() + timeout_s
    while not cable.has_host():
        if time.monotonic() >= deadline:
            return False
        time.sleep(_HOST_POLL_S)
    return True


class PtyCable:
    """A pty under a stable path; closing its master is what a pulled USB plug looks like.

    The path is a symbolic link that is gone while unplugged, because its target may by then be
    another program's terminal.
    """

    def __init__(self, path: Path) -> None:
        """Plug in at ``path``.

        Raises:
            CableTakenError: something else lies there, or its folder cannot be written.
        """
        self.path = path.absolute()
        self._master: int | None = None
        self._tty = ""
        self.plug()

    @property
    def url(self) -> str:
        """The stable path."""
        return str(self.path)

    def plug(self) -> None:
        """Open a new pty and point the path at it; see :class:`Cable`."""
        if self._master is not None:
            return
        master, slave = os.openpty()
        try:
            tty.setraw(slave)
            self._tty = os.ttyname(slave)
            self._link()
        except BaseException:
            os.close(master)
            raise
        finally:
            # With our own descriptor closed the kernel tells us whether a host has the port open.
            os.close(slave)
        os.set_blocking(master, False)
        self._master = master

    def unplug(self) -> None:
        """Close the master and take the path away."""
        if self._master is None:
            return
        if _target(self.path) == self._tty:
            self.path.unlink()
        os.close(self._master)
        self._master = None

    def has_host(self) -> bool:
        """Say whether some process has the slave open."""
        if self._master is None:
            return False
        return not poll_file(self._master, 0, 0) & select.POLLHUP

    def write(self, chunk: bytes) -> None:
        """Write all bytes; see :class:`Cable`."""
        if self._master is None:
            raise HungUpError(f"{self.path} is unplugged")
        if not self.has_host():
            self._drop_unread()
            raise HungUpError(f"nobody has {self.path} open")
        write_all(self._master, chunk)

    def read(self, timeout_s: float) -> bytes:
        """Read what is there; see :class:`Cable`."""
        if self._master is None:
            raise HungUpError(f"{self.path} is unplugged")
        if not poll_file(self._master, select.POLLIN, timeout_s):
            return b""
        try:
            return os.read(self._master, READ_BYTES_MAX)
        except BlockingIOError:
            return b""  # A host opened the port meanwhile: what there was to tell is over.
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._drop_unread()
            raise HungUpError(f"nobody has {self.path} open") from error

    def _drop_unread(self) -> None:
        # A serial port forgets unread bytes when it is closed; a pty keeps them, and the next
        # host would answer a trigger pull that the person has given up.
        slave = os.open(self._tty, os.O_RDWR | os.O_NOCTTY)
        try:
            termios.tcflush(slave, termios.TCIFLUSH)
        finally:
            os.close(slave)

    def _link(self) -> None:
        target = _target(self.path)
        if target is None and self.path.exists():
            raise CableTakenError(f"{self.path} exists and is no simulated port")
        if target is not None and not Path(target).is_relative_to(_PTS_DIR):
            raise CableTakenError(f"{self.path} points to {target}, which is no simulated port")
        fresh = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            fresh.symlink_to(self._tty)
            fresh.replace(self.path)
        except OSError as error:
            raise CableTakenError(f"cannot make {self.path}: {error.strerror}") from error


def _target(path: Path) -> str | None:
    try:
        return str(path.readlink())
    except OSError:
        return None


def poll_file(fd: int, events: int, timeout_s: float) -> int:
    """Wait for events of ``select.poll``; those that happened, 0 after ``timeout_s``."""
    poll = select.poll()
    poll.register(fd, events)
    ready = poll.poll(timeout_s * 1000)
    return ready[0][1] if ready else 0


def write_all(fd: int, chunk: bytes) -> None:
    """Hand over all bytes; raises as :meth:`Cable.write` does."""
    deadline = time.monotonic() + WRITE_TIMEOUT_S
    while chunk:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or not poll_file(fd, select.POLLOUT, left_s) & select.POLLOUT:
            raise UnreadError("the host does not read its port")
        try:
            chunk = chunk[os.write(fd, chunk) :]
        except (BrokenPipeError, ConnectionResetError) as error:
            raise HungUpError("the host went away while it was written to") from error
