"""Asks a camera for its own time over HTTP: one question, one answer, bounded in time and bytes.

Shell around :mod:`devices.onvif`. A clock for durations is an argument. No error names the address.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import h11

from devices.onvif import ACTION, ANSWER_BYTES_MAX, QUESTION, Failure, OnvifError, said_s

ANSWER_S_MAX: Final = 4.0
"""From the first try to connect to the answer's last byte."""
_PIECE_BYTES = 4096
_REFUSALS = frozenset({401, 403})
_FAULTS = frozenset({400, 500})
"""With these SOAP sends a fault; over anything else than them and 200 it sends nothing."""


@dataclass(frozen=True, slots=True)
class CameraTime:
    """What a camera's clock said, in s since 1970, at some moment from ``sent_s`` to ``came_s``."""

    said_s: int
    sent_s: float
    came_s: float


def ask_time(
    url: str, now_s: Callable[[], float], answer_s_max: float = ANSWER_S_MAX
) -> CameraTime:
    """Ask the device service at ``url`` (``http://host:port/path``) for its time.

    Blocks for at most ``answer_s_max`` s, and for as long as a name is looked up.

    Raises:
        OnvifError: nobody answers in time, or no time that can be read.
    """
    parts = urlsplit(url)
    until_s = now_s() + answer_s_max

    def left_s() -> float:
        if (left := until_s - now_s()) <= 0:
            raise TimeoutError
        return left

    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), left_s()) as line:
            connection = h11.Connection(h11.CLIENT)
            question = _question(connection, parts.netloc, parts.path or "/")
            sent_s = now_s()
            line.settimeout(left_s())
            line.sendall(question)
            status, answer = _answer(connection, line, left_s)
            came_s = now_s()
    except TimeoutError:
        raise OnvifError(Failure.TIMEOUT) from None
    except OSError:
        raise OnvifError(Failure.UNREACHABLE) from None
    except h11.RemoteProtocolError:
        raise OnvifError(Failure.NOT_ONVIF) from None
    return CameraTime(_read(status, answer), sent_s, came_s)


def _question(connection: h11.Connection, host: str, path: str) -> bytes:
    headers = [
        ("Host", host),
        ("Content-Type", f'application/soap+xml; charset=utf-8; action="{ACTION}"'),
        ("Content-Length", str(len(QUESTION))),
        ("Connection", "close"),
    ]
    request = h11.Request(method="POST", target=path, headers=headers)
    events = (request, h11.Data(data=QUESTION), h11.EndOfMessage())
    return b"".join(connection.send(event) or b"" for event in events)


def _answer(
    connection: h11.Connection, line: socket.socket, left_s: Callable[[], float]
) -> tuple[int, bytes]:
    """The status and body of the answer, once it is whole."""
    status, body, received = 0, bytearray(), 0
    while True:
        match connection.next_event():
            case h11.NEED_DATA:
                line.settimeout(left_s())
                piece = line.recv(_PIECE_BYTES)
                received += len(piece)
                if received > ANSWER_BYTES_MAX:
                    raise OnvifError(Failure.TOO_LONG)
                connection.receive_data(piece)
            case h11.Response() as response:
                status = response.status_code
            case h11.Data() as part:
                body += part.data
            case h11.EndOfMessage():
                return status, bytes(body)
            case h11.InformationalResponse():
                pass
            case _:
                raise OnvifError(Failure.NOT_ONVIF)


def _read(status: int, answer: bytes) -> int:
    if status in _REFUSALS:
        raise OnvifError(Failure.REFUSED)
    if status == 200:
        return said_s(answer)
    if status in _FAULTS:
        said_s(answer)
    raise OnvifError(Failure.NOT_ONVIF)
