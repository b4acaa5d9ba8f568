"""Private bodies: what must not stand in a line, because it may have to be erased.

Pure. Source: design section 3 ("Personal data never stands in a line").
"""

from typing import Annotated

from msgspec import Meta, Struct

from wire.events import CodeHex, CodeText
from wire.limits import BODY_BYTES_MAX
from wire.names import Hex32


class PrivateBody(Struct, frozen=True, kw_only=True):
    """What must not stand in a line; the line holds SHA-256(salt || body).

    ``body`` is the JSON of a :class:`CodeBody` or an :class:`ActBody` as text: the very characters
    that were hashed.
    """

    salt: Hex32
    body: Annotated[str, Meta(max_length=BODY_BYTES_MAX)]


class CodeBody(Struct, frozen=True, kw_only=True):
    """A scanned code that is no waybill and no command label, or a badge."""

    code_hex: CodeHex
    text: CodeText | None


class ActBody(Struct, frozen=True, kw_only=True):
    """What a person typed at an act: who signed, by which ID (HV-2.6), an exception's words."""

    signer_name: CodeText | None = None
    signer_id: CodeText | None = None
    note: CodeText | None = None
