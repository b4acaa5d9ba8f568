"""Signed messages: made, and opened only when the signature is right.

Source: design section 3 ("Every signed message is").

    EnvelopeError        the bytes are no signed message            (wire.envelope)
    +- SignatureError    they are, but not signed by the key that was expected
    +- ContentError      rightly signed, but not a message we know
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

import msgspec

from ledger.keys import SigningKey, is_signed_by
from wire import envelope, strict
from wire.envelope import EnvelopeError
from wire.limits import ERROR_TEXT_MAX
from wire.messages import (
    Batch,
    Bodies,
    FootagePart,
    Message,
    MessageBase,
    Pack,
    Picture,
    WantedSnapshot,
    encode,
)

M = TypeVar("M", bound=MessageBase)

WITH_LINES = (Batch, Bodies, WantedSnapshot, Pack, FootagePart, Picture)
"""Only these carry lines, or bytes; a hash in each one's signed head covers them."""

_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


class SignatureError(EnvelopeError):
    """The signature is not the expected key's."""


class ContentError(EnvelopeError):
    """Line 1 is not one of our messages, or not the type that was expected."""


@dataclass(frozen=True, slots=True)
class Opened(Generic[M]):
    """A verified message; ``head`` is line 1 as received, ``lines`` what follows the signature."""

    message: M
    head: bytes
    lines: bytes


def message_type(message: MessageBase) -> str:
    """The type name that stands in line 1 and in front of the signed bytes."""
    return str(type(message).__struct_config__.tag)


def seal(message: MessageBase, key: SigningKey, lines: list[bytes] | None = None) -> bytes:
    """Serialise and sign a message; ``lines`` (without LF) follow the signature."""
    head = encode(message)
    signature = key.sign(envelope.signing_bytes(message_type(message), head))
    return envelope.join(head, signature, lines)


def rotation_proof(site: str, edge: str, old_key: bytes, new_key: bytes) -> bytes:
    """What a new signing key signs to show that it is held where the old one is.

    It is bound to both keys and the name: shown once, it helps nobody another time.
    """
    content = f"{site}/{edge}\n{old_key.hex()}\n{new_key.hex()}".encode()
    return envelope.signing_bytes("new_key", content)


def peek(payload: bytes, bytes_max: int) -> MessageBase:
    """Read line 1 without believing it: only to learn whose key must have signed.

    Raises:
        EnvelopeError: no signed message at all.
        ContentError: line 1 is not one of our messages.
    """
    return _decode(envelope.split(payload, bytes_max).head)


def open_sealed(payload: bytes, expected: type[M], public_key: bytes, bytes_max: int) -> Opened[M]:
    """Open a message of one type that one key must have signed.

    Raises:
        EnvelopeError: no signed message, or longer than ``bytes_max``.
        SignatureError: signed by another key, or altered.
        ContentError: rightly signed, but another type, or with lines where none belong.
    """
    parts = envelope.split(payload, bytes_max)
    message = _decode(parts.head)
    signed = envelope.signing_bytes(message_type(message), parts.head)
    if not is_signed_by(public_key, signed, parts.signature):
        raise SignatureError("the signature is not by the expected key")
    if not isinstance(message, expected):
        raise ContentError(f"{message_type(message)} came where {expected.__name__} was expected")
    if parts.lines and not isinstance(message, WITH_LINES):
        raise ContentError(f"lines behind a {message_type(message)}, which nothing signs")
    return Opened(message, parts.head, parts.lines)


def _decode(head: bytes) -> MessageBase:
    try:
        message = _decoder.decode(head)
        if encode(message) != head:
            strict.read_keys(head)
    except (ValueError, RecursionError) as error:
        why = f"line 1 is no message of ours: {error}"[:ERROR_TEXT_MAX]
        raise ContentError(why) from error
    return message
