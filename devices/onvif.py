"""What an ONVIF camera says that its own time is: the question, and what an answer says. Pure.

``GetSystemDateAndTime`` of the device service answers anybody, without a password, since who wants
to log in must know the camera's time first (ONVIF Core Specification, access class PRE_AUTH). It
tells whole seconds. Answers are a stranger's: no document type is read, so none of its entities.

    OnvifError    no time; ``failure`` says why. Whoever asks counts it and asks again later
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from xml.parsers import expat

ACTION: Final = "http://www.onvif.org/ver10/device/wsdl/GetSystemDateAndTime"
QUESTION: Final = (
    b'<?xml version="1.0" encoding="utf-8"?>'
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    b'<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/>'
    b"</s:Body></s:Envelope>"
)
ANSWER_BYTES_MAX: Final = 64 * 1024
"""A real one has about 1 KB."""
DEPTH_MAX: Final = 32
LEAP_S_MAX: Final = 61
"""The most that a second may say (ONVIF's ``Time`` allows for leap seconds)."""

_SPACES = {
    "http://www.w3.org/2003/05/soap-envelope": "s",
    "http://schemas.xmlsoap.org/soap/envelope/": "s",
    "http://www.onvif.org/ver10/device/wsdl": "d",
    "http://www.onvif.org/ver10/schema": "t",
}
_BODY = "s:Envelope/s:Body"
_FAULT = f"{_BODY}/s:Fault"
_SAID = f"{_BODY}/d:GetSystemDateAndTimeResponse/d:SystemDateAndTime"
_UTC = f"{_SAID}/t:UTCDateTime"
_DATE = tuple(f"{_UTC}/t:Date/t:{each}" for each in ("Year", "Month", "Day"))
_TIME = tuple(f"{_UTC}/t:Time/t:{each}" for each in ("Hour", "Minute", "Second"))
_ABOVE = ("s:Envelope", _BODY, f"{_BODY}/d:GetSystemDateAndTimeResponse")
_KNOWN = frozenset(
    {*_ABOVE, _FAULT, _SAID, _UTC, f"{_UTC}/t:Date", f"{_UTC}/t:Time", *_DATE, *_TIME}
)
_NUMBER = re.compile(r"\s*([0-9]{1,4})\s*", re.ASCII)


class Failure(StrEnum):
    """Why a camera told no time."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    """Not the whole answer came in time."""
    REFUSED = "refused"
    """It wants a password all the same."""
    FAULT = "fault"
    NOT_ONVIF = "not_onvif"
    """Somebody answers, and not this question."""
    NO_UTC = "no_utc"
    """It tells its local time alone."""
    MALFORMED = "malformed"
    """No XML, with a document type, or a time that does not exist."""
    TOO_LONG = "too_long"


class OnvifError(Exception):
    """The camera told no time."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.value)
        self.failure = failure


def said_s(answer: bytes) -> int:
    """The time that an answer says, in whole seconds since 1970.

    Args:
        answer: the body of an HTTP answer, at most ``ANSWER_BYTES_MAX`` bytes.

    Raises:
        OnvifError: it says none.
    """
    if len(answer) > ANSWER_BYTES_MAX:
        raise OnvifError(Failure.TOO_LONG)
    texts = _texts_of(answer)
    if _FAULT in texts:
        raise OnvifError(Failure.FAULT)
    if _SAID not in texts:
        raise OnvifError(Failure.NOT_ONVIF)
    if _UTC not in texts:
        raise OnvifError(Failure.NO_UTC)
    year, month, day = (_number(texts.get(each)) for each in _DATE)
    hour, minute, second = (_number(texts.get(each)) for each in _TIME)
    try:
        at = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        raise OnvifError(Failure.MALFORMED) from None
    if second > LEAP_S_MAX:
        raise OnvifError(Failure.MALFORMED)
    return int(at.timestamp()) + second


def _number(text: str | None) -> int:
    found = _NUMBER.fullmatch(text or "")
    if found is None:
        raise OnvifError(Failure.MALFORMED)
    return int(found[1])


def _texts_of(answer: bytes) -> dict[str, str]:
    """The text of each element that matters, by its path; each may be there once."""
    texts: dict[str, str] = {}
    path = [""]

    def begin(name: str, _attributes: object) -> None:
        space, _, local = name.rpartition(" ")
        where = f"{path[-1]}/{_SPACES.get(space)}:{local}".removeprefix("/")
        if len(path) > DEPTH_MAX or where in texts:
            raise OnvifError(Failure.MALFORMED)
        # Below what is not known nothing is: a path that is not there stands for it.
        path.append(where if where in _KNOWN else "?")
        if where in _KNOWN:
            texts[where] = ""

    def read(text: str) -> None:
        if path[-1] in texts:
            texts[path[-1]] += text

    def end(_name: str) -> None:
        path.pop()

    def refuse(*_said: object) -> None:
        raise OnvifError(Failure.MALFORMED)

    # The encoding is ours to say: one that an answer names would be looked up among all codecs.
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = begin
    parser.CharacterDataHandler = read
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(answer, True)
    except expat.ExpatError:
        raise OnvifError(Failure.MALFORMED) from None
    return texts
