"""Event lines as bytes: how an event is written, once, and how a line is read.

A line is serialised once, at the edge; the same bytes are spooled, sent, stored, hashed and
proven. Readers ignore fields they do not know, since the bytes stay whole either way.
Source: design section 3.

    LineError
    +- the bytes are no event line: quarantine them, take the next
"""

import hashlib

import msgspec

from wire import strict
from wire.events import SEALED_KEYS, UNSEALED_SPOOL, Event
from wire.limits import ERROR_TEXT_MAX, LINE_BYTES_MAX, LINE_DEPTH_MAX


class LineError(ValueError):
    """The bytes are no event line; the sentence says why."""


_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def line_hash(line: bytes) -> str:
    """SHA-256 of a line's bytes without LF, lower hex: the next line's ``prev``."""
    return hashlib.sha256(line).hexdigest()


def seal_line(event: Event, spool: str, seq: int, prev: str) -> bytes:
    """Serialise an event at its place in a spool: the bytes that are kept for ever, without LF.

    Raises:
        LineError: the line would be longer than ``LINE_BYTES_MAX``.
    """
    line = _encoder.encode(msgspec.structs.replace(event, spool=spool, seq=seq, prev=prev))
    if len(line) > LINE_BYTES_MAX:
        raise LineError(f"line of {len(line)} bytes, at most {LINE_BYTES_MAX} are allowed")
    return line


def parse_line(line: bytes) -> Event:
    """Read one event line (without LF).

    Raises:
        LineError: too long, too deep, not JSON, an unknown kind, a field out of its bounds, never
            sealed, or readable in two ways (:mod:`wire.strict`).
    """
    if len(line) > LINE_BYTES_MAX:
        raise LineError(f"line of {len(line)} bytes, at most {LINE_BYTES_MAX} are allowed")
    if b"\n" in line:
        raise LineError("a line feed inside a line")
    if _is_deeper_than(line, LINE_DEPTH_MAX):
        raise LineError(f"nested deeper than {LINE_DEPTH_MAX}")
    try:
        event = _decoder.decode(line)
        if _encoder.encode(event) != line:
            _check_foreign(line)
    except (ValueError, RecursionError) as error:
        raise LineError(str(error)[:ERROR_TEXT_MAX]) from error
    if event.spool == UNSEALED_SPOOL:
        raise LineError("a line that no spool has sealed")
    return event


def read_checked(line: bytes) -> Event:
    """Read a line that :func:`parse_line` has taken before; only its types are checked again.

    Raises:
        LineError: it is none.
    """
    try:
        return _decoder.decode(line)
    except (ValueError, RecursionError) as error:
        raise LineError(str(error)[:ERROR_TEXT_MAX]) from error


def _check_foreign(line: bytes) -> None:
    # Not as our encoder writes it: fields of a later version, other spacing, or a trick.
    missing = SEALED_KEYS - strict.read_keys(line)
    if missing:
        raise ValueError(f"a line without {', '.join(sorted(missing))}")


def _is_deeper_than(line: bytes, depth_max: int) -> bool:
    # The cheap bound first: no line can be deeper than its opening brackets are many.
    if line.count(b"{") + line.count(b"[") <= depth_max:
        return False
    depth = 0
    in_string = escaped = False
    for byte in line:
        if in_string:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                in_string = False
        elif byte == 0x22:
            in_string = True
        elif byte in b"{[":
            depth += 1
            if depth > depth_max:
                return True
        elif byte in b"}]":
            depth -= 1
    return False
