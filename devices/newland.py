"""Newland's serial commands and replies; codes come as from a Honeywell.

Pure. A command is ``~`` SOH ``0000#``, a tag with its values, ``;`` ETX; the reply repeats it with
ACK, NAK (wrong value) or ENQ (unknown tag) before the ``;``, and with STX for the ``~``. Codes are
records as in ``devices.records`` (rules 1 to 5): the scanner is set to send the AIM id before and
a CR after each. Source: Newland's user guides as far as public drivers show them; no scanner was
at hand.

Our reading: a reply may begin with ``~`` too; it stands between two records, never in one. What
merely begins like a reply is part of a record.
"""

import re

from devices.frames import DeviceAck, Received
from devices.records import AimFramer

REPLY_BYTES_MAX = 64
"""A reply repeats a command of ours, and those are shorter."""

_ACK = b"\x06"
_TEXT = rb"[\x20-\x7e]"
_REPLY = re.compile(rb"[\x02~]\x01%b{0,%d}([\x05\x06\x15]);\x03" % (_TEXT, REPLY_BYTES_MAX))
_BEGUN_REPLY = re.compile(
    rb"[\x02~](\x01(%b{0,%d}([\x05\x06\x15];?)?)?)?" % (_TEXT, REPLY_BYTES_MAX)
)


def make_command(text: str) -> bytes:
    """One command: its tag and values, e.g. ``BEEPON2000F090T20V``."""
    return b"~\x010000#" + text.encode("ascii") + b";\x03"


class NewlandFramer:
    """The framer of ``newland``; holds at most one code or one reply."""

    def __init__(self) -> None:
        self._records = AimFramer()
        self._held = b""

    @property
    def noise_bytes(self) -> int:
        """Bytes of the records that were no code."""
        return self._records.noise_bytes

    def feed(self, data: bytes) -> list[Received]:
        """Take what was read; give codes and replies in their order."""
        received: list[Received] = []
        self._held += data
        while self._held:
            if self._records.is_between():
                reply = _REPLY.match(self._held)
                if reply is not None:
                    received.append(DeviceAck(accepted=reply[1] == _ACK))
                    self._held = self._held[reply.end() :]
                    continue
                if _BEGUN_REPLY.fullmatch(self._held):
                    break
            received += self._feed_record()
        return received

    def reset(self) -> None:
        """Forget half a code, or half a reply."""
        self._held = b""
        self._records.reset()

    def fall_quiet(self) -> None:
        """A record waits for its end."""

    def _feed_record(self) -> list[Received]:
        """Hand on what belongs to one record, or the LF behind its end."""
        end = 1 if self._held.startswith(b"\n") else self._held.find(b"\r") + 1
        end = end or len(self._held)
        piece, self._held = self._held[:end], self._held[end:]
        return self._records.feed(piece)
