"""What people type or tick on the station page, strictly read: each form becomes one act.

What is typed of people goes into the act's private body alone (:class:`wire.bodies.ActBody`).
Source: HV-2.6 (signer's ID), HV-3 (exceptions), HV-2.11.2 (self-check).
"""

from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from wire.events import Waybill
from wire.limits import ACT_CHECKS_MAX
from wire.names import END, ExceptionReason, Hex32, Name, Seq

FORM_BYTES_MAX = 4096
SIGNER_NAME_CHARS_MAX = 64
SIGNER_ID_CHARS_MAX = 32
NOTE_CHARS_MAX = 400

_PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*" + END
_FILLED = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*[^\s\u0000-\u001f\u007f-\u009f]"
SignerName = Annotated[str, Meta(pattern=_PRINTABLE, max_length=SIGNER_NAME_CHARS_MAX)]
SignerId = Annotated[
    str, Meta(pattern=_FILLED + _PRINTABLE.removeprefix("^"), max_length=SIGNER_ID_CHARS_MAX)
]
Note = Annotated[str, Meta(pattern=_PRINTABLE, max_length=NOTE_CHARS_MAX)]


class Refusal(StrEnum):
    """Why a form was not recorded; whoever filled it in reads it in their own language."""

    NOT_A_WAYBILL = "not_a_waybill"
    NOT_DELIVERED = "not_delivered"
    """No scan at the step deliver waits for its signer."""
    NO_TASK = "no_task"
    """The search was closed, or never asked of this site."""
    NOBODY = "nobody"
    """A search is answered by a named person."""
    NO_DEVICE = "no_device"
    DISK = "disk"
    BUSY = "busy"
    """Try again; nothing was recorded."""
    UNSURE = "unsure"
    """No answer came in time: the same form, sent again, is recorded once."""
    NAME_TAKEN = "name_taken"
    """A cabled scanner is called so."""
    TOO_MANY = "too_many"
    """No more handhelds can be paired."""
    NOT_PAIRED = "not_paired"


class _Form(Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """``key`` names this form wherever it is sent again."""

    key: Hex32


class DeliverForm(_Form, frozen=True, kw_only=True, tag="deliver"):
    """Who signed for a delivered parcel, and by which ID (HV-2.6)."""

    waybill: Waybill
    signer_name: SignerName
    signer_id: SignerId


class ExceptionForm(_Form, frozen=True, kw_only=True, tag="exception"):
    """Something is wrong with a parcel (HV-3); ``device`` says at which scanner one works."""

    device: Name
    waybill: Waybill
    reason: ExceptionReason
    note: Note


class SelfCheckForm(_Form, frozen=True, kw_only=True, tag="self_check"):
    """The answer to a search (HV-2.11.2); ``checks`` are the ids of the ticked lines."""

    device: Name
    incident: Seq
    found: bool
    checks: Annotated[tuple[Name, ...], Meta(max_length=ACT_CHECKS_MAX)]


class PairForm(_Form, frozen=True, kw_only=True, tag="pair"):
    """Show a code that pairs the next handheld under this name."""

    name: Name


class RevokeForm(_Form, frozen=True, kw_only=True, tag="revoke"):
    """Let a handheld in no more."""

    name: Name


class Ack(Struct, frozen=True, tag_field="type", tag="ack", forbid_unknown_fields=True):
    """The alarm ``seq`` was touched."""

    seq: Seq


Form = DeliverForm | ExceptionForm | SelfCheckForm
"""Each becomes one act."""
HandheldForm = PairForm | RevokeForm
AnyForm = Form | HandheldForm
FromPage = Ack | AnyForm
"""All that a page may say."""

_decoder: msgspec.json.Decoder[FromPage] = msgspec.json.Decoder(FromPage)


def parse_page_message(text: str) -> FromPage:
    """Read one message of the page.

    Raises:
        ValueError: anything else.
    """
    return _decoder.decode(text)
