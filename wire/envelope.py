r"""How a signed message lies on the wire, and what exactly is signed.

Line 1 is the JSON, line 2 the base64 Ed25519 signature over ``custos/v1/<type>\n`` and the bytes
of line 1; a batch's or snapshot's lines follow. Receivers verify the bytes as received. This file
only takes apart and puts together; the signature itself is ``ledger.signing``'s.
Source: design section 3 ("Batch").

    EnvelopeError
    +- the bytes are no signed message: refuse them whole
"""

import base64
import binascii
from dataclasses import dataclass

SIGNATURE_BYTES = 64


class EnvelopeError(ValueError):
    """The bytes are no signed message; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed message in its three parts; ``lines`` is everything after line 2, as received."""

    head: bytes
    signature: bytes
    lines: bytes


def signing_bytes(message_type: str, head: bytes) -> bytes:
    """The bytes that a signature covers; the type keeps one from posing as another."""
    return b"custos/v1/" + message_type.encode("ascii") + b"\n" + head


def join(head: bytes, signature: bytes, lines: list[bytes] | None = None) -> bytes:
    """Put a message together; ``lines`` come without LF and each gets one.

    Raises:
        ValueError: a line is empty or holds a line feed: it would come apart as another message.
    """
    if any(not line or b"\n" in line for line in lines or []):
        raise ValueError("an empty line, or a line feed inside a line")
    parts = [head, base64.b64encode(signature), *(lines or [])]
    return b"\n".join(parts) + b"\n"


def split(payload: bytes, bytes_max: int) -> Envelope:
    """Take a message apart.

    Raises:
        EnvelopeError: longer than ``bytes_max``, fewer than two lines, no final LF, or a signature
            that is not the one base64 spelling of 64 bytes.
    """
    if len(payload) > bytes_max:
        raise EnvelopeError(f"message of {len(payload)} bytes, at most {bytes_max} are allowed")
    if not payload.endswith(b"\n"):
        raise EnvelopeError("the message was cut: no final line feed")
    head, separator, rest = payload.partition(b"\n")
    encoded, second, lines = rest.partition(b"\n")
    if not separator or not second:
        raise EnvelopeError("a signed message has at least two lines")
    try:
        signature = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise EnvelopeError(f"line 2 is not base64: {error}") from error
    if len(signature) != SIGNATURE_BYTES:
        raise EnvelopeError(f"a signature of {len(signature)} bytes, {SIGNATURE_BYTES} are needed")
    if base64.b64encode(signature) != encoded:
        # The last character has spare bits; one signature gets one spelling.
        raise EnvelopeError("line 2 is not base64 as it is written")
    return Envelope(head, signature, lines)


def split_lines(lines: bytes, lines_max: int) -> list[bytes]:
    """The lines of a message, each without its LF.

    Raises:
        EnvelopeError: more than ``lines_max``, or an empty one.
    """
    if not lines:
        return []
    found = lines.removesuffix(b"\n").split(b"\n")
    if len(found) > lines_max:
        raise EnvelopeError(f"{len(found)} lines, at most {lines_max} are allowed")
    if b"" in found:
        raise EnvelopeError("an empty line")
    return found
