"""Say what a scanned code is: a waybill, a command label, something unknown, or hostile.

Pure. Which codes are waybills is policy (``[[waybill]]``); what is hostile is fixed. Source:
design section 3 ("Results and signals"), interface ("Labels"), HV-2.11.1 (series ``103``).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypedDict

import msgspec
from biip import ParseConfig, ParseError
from biip.gs1_messages import GS1Message

from devices.check_digits import has_check_digit
from devices.frames import Frame
from wire.events import Waybill
from wire.names import Step, is_name
from wire.policy import WaybillKind

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


class _Common(TypedDict):
    raw: bytes
    text: str | None
    aim: str | None
    symbology: Symbology | None
    length: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What every label has.

    ``raw`` is the code's bytes as in :class:`devices.frames.Frame` (cut if overlong), ``length``
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


# The modifier says whether a code begins with FNC1, that is, holds GS1 fields; where the whole id
# is not listed its letter decides. Source: ISO/IEC 15424; GS1 General Specifications 5.1.2.
_BY_AIM: Final = {
    "C1": Symbology.GS1_128,
    "Q3": Symbology.GS1_QR,
    "d2": Symbology.GS1_DATAMATRIX,
    "e0": Symbology.GS1_DATABAR,
}
_BY_AIM_LETTER: Final = {
    "A": Symbology.CODE39,
    "C": Symbology.CODE128,
    "E": Symbology.EAN,
    "F": Symbology.CODABAR,
    "G": Symbology.CODE93,
    "I": Symbology.ITF,
    "L": Symbology.PDF417,
    "Q": Symbology.QR,
    "U": Symbology.MAXICODE,
    "d": Symbology.DATAMATRIX,
    "z": Symbology.AZTEC,
}
_GS1: Final = frozenset(_BY_AIM.values())
# An all-zero date, common on labels without one, must not hide the consignment number beside it.
_GS1_CONFIG: Final = ParseConfig(gs1_element_strings_verify_date=False)
_VERBS: Final[dict[str, Verb]] = {verb.value: verb for verb in Verb}
_STEPS: Final = frozenset(step.value for step in Step)
_CONTROL_CHARACTER: Final = re.compile(r"[\x00-\x1c\x1e\x1f\x7f-\x9f]")  # Unicode Cc but GS


def read_label(frame: Frame, kinds: tuple[WaybillKind, ...]) -> Label:
    """Say what one frame's code is; nothing is refused.

    A code is hostile if it is longer than ``CODE_BYTES_MAX``, not UTF-8, holds a control character
    other than GS, or begins with ``CX:`` and is no command label. Otherwise it is a waybill if a
    kind of the policy (the first that fits) accepts its whole text, or in a GS1 symbology its
    consignment number (AI 401): pattern, symbology and check digit. Without an AIM id the
    symbology is not asked.
    """
    text = _decode(frame)
    common = _Common(
        raw=frame.raw,
        text=text,
        aim=frame.aim,
        symbology=symbology_of(frame.aim),
        length=frame.size,
    )
    if frame.overlong:
        return HostileLabel(**common, reason=HostileReason.TOO_LONG)
    if text is None:
        return HostileLabel(**common, reason=HostileReason.NOT_UTF8)
    if _CONTROL_CHARACTER.search(text):
        return HostileLabel(**common, reason=HostileReason.CONTROL_CHARACTERS)
    if text.startswith(COMMAND_PREFIX):
        return _read_command(common, text.removeprefix(COMMAND_PREFIX))
    return _read_code(common, text, kinds)


def symbology_of(aim: str | None) -> Symbology | None:
    """Name the symbology of an AIM id such as ``C0`` (without ``]``); None stays None."""
    if aim is None:
        return None
    return _BY_AIM.get(aim) or _BY_AIM_LETTER.get(aim[0], Symbology.OTHER)


def _decode(frame: Frame) -> str | None:
    if frame.overlong:
        return None  # the cut may have fallen inside a character
    try:
        return frame.raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _read_command(common: _Common, command: str) -> CommandLabel | HostileLabel:
    word, colon, value = command.partition(":")
    verb = _VERBS.get(word)
    if verb is None or not _is_value(verb, colon, value):
        return HostileLabel(**common, reason=HostileReason.UNKNOWN_COMMAND)
    return CommandLabel(**common, verb=verb, value=value)


def _is_value(verb: Verb, colon: str, value: str) -> bool:
    match verb:
        case Verb.END:
            return not colon
        case Verb.STEP:
            return value in _STEPS
        case Verb.REFUSE:
            return 1 <= len(value) <= REFUSE_REASON_CHARS_MAX and value.isprintable()
        case _:
            return is_name(value)


def _read_code(
    common: _Common, text: str, kinds: tuple[WaybillKind, ...]
) -> WaybillLabel | UnknownLabel:
    missed = UnknownReason.NO_PATTERN
    for candidate in _candidates(text, common["symbology"]):
        for kind in kinds:
            miss = _miss(candidate, common["symbology"], kind)
            if miss is None:
                return WaybillLabel(
                    **common,
                    waybill=candidate,
                    kind=kind.name,
                    symbology_unknown=common["aim"] is None,
                )
            missed = max(missed, miss, key=_NEARNESS.index)
    return UnknownLabel(**common, reason=missed)


_NEARNESS: Final = tuple(UnknownReason)  # from far to near, as they are written above


def _candidates(text: str, symbology: Symbology | None) -> Iterator[str]:
    yield text
    if symbology in _GS1 and text.isascii():
        try:
            message = GS1Message.parse(text, config=_GS1_CONFIG)
        except ParseError:
            return
        for element in message.element_strings:
            if element.ai.ai == GS1_CONSIGNMENT_AI:
                yield element.value


def _miss(code: str, symbology: Symbology | None, kind: WaybillKind) -> UnknownReason | None:
    """Why ``code`` is no waybill of this kind; None if it is one."""
    if re.fullmatch(kind.pattern, code) is None or not _fits_the_wire(code):
        return UnknownReason.NO_PATTERN
    if symbology is not None and symbology not in kind.symbologies:
        return UnknownReason.WRONG_SYMBOLOGY
    if not has_check_digit(code, kind.check):
        return UnknownReason.CHECK_DIGIT
    return None


def _fits_the_wire(code: str) -> bool:
    # A carrier's pattern may be wider than what an event line may hold; such a line would be lost
    # in the hub's quarantine.
    try:
        msgspec.convert(code, Waybill)
    except msgspec.ValidationError:
        return False
    return True
