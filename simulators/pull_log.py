"""The scanner's own log: one JSON line for each trigger pull, written when the pull is over.

Shell. Harnesses compare it with the hub, so it never claims more than came back over the cable:
an answer that was cut, or that nobody could tell from a late one, is marked as such.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from wire.names import At, Count, Signal


class Pull(Struct, frozen=True, kw_only=True):
    """One trigger pull and what came of it.

    ``n`` counts from 1 for each scanner. ``pulled_at`` and ``pulled_mono_ns`` are UTC and
    CLOCK_MONOTONIC before the first byte. ``sent`` is false where no host took all the bytes.
    ``answer`` is null if nothing came, ``answer_hex`` holds the bytes of the first answer all the
    same if they fitted no pattern. ``answer_ms`` runs from the frame's last byte to the answer's
    last. ``answers`` counts all of them: one for each of the ``copies`` that were delivered.
    ``unanswered_before`` counts earlier deliveries since the plug went in that were never
    answered: while it is not 0 the answer may belong to one of those.
    """

    n: Count
    code_hex: str
    aim: str | None
    copies: Count
    pulled_at: At
    pulled_mono_ns: Count
    sent: bool
    answer: Signal | None
    answer_ms: float | None
    answer_hex: str | None
    answers: Count
    unanswered_before: Count


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Pull)


class PullLog:
    """Appends to a file; each line is flushed to the operating system before the next pull."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab")

    def write(self, pull: Pull) -> None:
        """Append one line."""
        self._file.write(_encoder.encode(pull) + b"\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_pulls(path: Path) -> list[Pull]:
    """Read a whole log.

    Raises:
        ValueError: a line is no trigger pull; a last line without its line feed counts as one too.
    """
    return [_decoder.decode(line) for line in path.read_bytes().splitlines()]
