"""Say what a scanned code is: a waybill, a command label, something unknown, or hostile.

Pure. Which codes are waybills is policy (``[[waybill]]``); what is hostile is fixed. Source:
design section 3 ("Results and signals"), interface ("Labels"), HV-2.11.1 (series ``103``).
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import msgspec
import re
from biip import ParseError
from biip.gs1_messages import GS1Message, ParseConfig

from devices.framing import GROUP_SEPARATOR, Frame
from wire.events import Waybill
from wire.names import Step, is_name
from wire.policy import Policy, WaybillKind

COMMAND_PREFIX: Final = "CX:"
REFUSE_REASON_CHARS_MAX: Final = 64
GS1_CONSIGNMENT_AI: Final = "401"


class Symbology(StrEnum):
    """The names that ``[[waybill]] symbologies`` may list and that a label carries."""

    AZTEC = "aztec"
    CODABAR = "codabar"
    CODE128 = "code128"
    CODE39 = "code39"
    CODE93 = "code93"
    DATAMATRIX = "datamatrix"
    EAN = "ean"
    GS1_128 = "gs1-128"
    GS1_DATABAR = "gs1-databar"
    GS1_DATAMATRIX = "gs1-datamatrix"
    GS1_QR = "gs1-qr"
    ITF = "itf"
    MAXICODE = "maxicode"
    OTHER = "other"
    """A valid AIM id that none of the others covers; the label's ``aim`` says which."""
    PDF417 = "pdf417"
    QR = "qr"


class Verb(StrEnum):
    """What a command label commands (interface: labels)."""

    BY = "BY"
    STEP = "STEP"
    PLACE = "PLACE"
    BAG = "BAG"
    VEH = "VEH"
    FLT = "FLT"
    PAL = "PAL"
    SEAL = "SEAL"
    REFUSE = "REFUSE"
    END = "END"


class HostileReason(StrEnum):
    """Why a label is hostile."""

    CONTROL_CHARACTERS = "control_characters"
    UNKNOWN_COMMAND = "unknown_command"
    """``CX:`` with an unknown verb, or with a value that the verb cannot have."""
    TOO_LONG = "too_long"
    NOT_UTF8 = "not_utf8"


class UnknownReason(StrEnum):
    """How near an unknown code came to being a waybill."""

    NO_PATTERN = "no_pattern"
    WRONG_SYMBOLOGY = "wrong_symbology"
    CHECK_DIGIT = "check_digit"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What every label has.

    ``raw`` is the code's bytes as in :class:`devices.framing.Frame` (cut if overlong), ``length``
    its true size in bytes; ``text`` is None where ``raw`` is cut or no UTF-8; ``symbology`` is
    None without an AIM id.
    """

    raw: bytes
    text: str | None
    aim: str | None
    symbology: Symbology | None
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaybillLabel(_Read):
    """A parcel. ``kind`` names the policy's waybill kind; ``symbology_unknown``: no AIM id."""

    waybill: str
    kind: str
    symbology_unknown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLabel(_Read):
    """A ``CX:`` label; ``value`` is empty for ``END``."""

    verb: Verb
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownLabel(_Read):
    """Neither waybill nor command: somebody else's barcode, perhaps private."""

    reason: UnknownReason


@dataclass(frozen=True, slots=True, kw_only=True)
class HostileLabel(_Read):
    """A code made to upset whoever reads it. Stored, answered by the error tone."""

    reason: HostileReason


Label = WaybillLabel | CommandLabel | UnknownLabel | HostileLabel
