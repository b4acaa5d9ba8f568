"""The device service of simulated cameras: what an ONVIF camera answers who asks it for its time.

Shell; lives in the cameras' event loop. ``http://host:port/<camera id>/onvif/device_service`` tells
the camera's clock, as its orders have set it, in whole seconds; ``onvif`` orders break it.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime

from simulators.cameras.channel import Channel
from simulators.cameras.orders import OnvifFault, Orders

CLIENTS_MAX = 64
HEAD_BYTES_MAX = 8 * 1024
BODY_BYTES_MAX = 16 * 1024
ASK_S_MAX = 10.0
DRIP_S = 0.2
LONG_BYTES = 1024 * 1024
_TARGET = re.compile(r"POST /([A-Za-z0-9_-]{1,32})/onvif/device_service HTTP/1\.[01]")
_LENGTH = re.compile(r"\ncontent-length: *([0-9]{1,6})\r", re.IGNORECASE)
_ENVELOPE = """<?xml version="1.0" encoding="UTF-8"?>
<SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"
 xmlns:tt="http://www.onvif.org/ver10/schema" xmlns:tds="http://www.onvif.org/ver10/device/wsdl">
<SOAP-ENV:Body>{0}</SOAP-ENV:Body></SOAP-ENV:Envelope>
"""
_TIME = """<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>
<tt:DateTimeType>Manual</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>
<tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>
{0}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"""
_FAULT = """<SOAP-ENV:Fault><SOAP-ENV:Code><SOAP-ENV:Value>SOAP-ENV:Receiver</SOAP-ENV:Value>
</SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">busy</SOAP-ENV:Text>
</SOAP-ENV:Reason></SOAP-ENV:Fault>"""
_BOMB = """<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">
<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><b>&b;</b>"""


class OnvifService:
    """Answers for each channel; ``now_ms`` is the true time, in ms since 1970."""

    def __init__(self, channels: Mapping[str, Channel], now_ms: Callable[[], int]) -> None:
        self._channels, self._now_ms = channels, now_ms
        self._talks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; port 0 takes a free one, which is returned.

        Raises:
            OSError: the address cannot be had.
        """
        self._listener = await asyncio.start_server(self._take, host, port, limit=HEAD_BYTES_MAX)
        taken: int = self._listener.sockets[0].getsockname()[1]
        return taken

    async def close(self) -> None:
        """Hang up on everybody and listen no more."""
        if self._listener is not None:
            self._listener.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._talks) >= CLIENTS_MAX:
            writer.transport.abort()
            return
        talk = asyncio.create_task(self._talk(reader, writer))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        broken = (ConnectionError, TimeoutError, asyncio.IncompleteReadError, ValueError)
        # Whoever sends no question that we know, or is gone, is hung up on.
        with suppress(*broken, asyncio.LimitOverrunError):
            try:
                async with asyncio.timeout(ASK_S_MAX):
                    channel = await self._asked(reader)
                if channel is not None and not channel.is_lost:
                    await self._answer(channel.orders, writer)
            finally:
                writer.close()

    async def _asked(self, reader: asyncio.StreamReader) -> Channel | None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        target, length = _TARGET.match(head), _LENGTH.search(head)
        if target is None or length is None or int(length[1]) > BODY_BYTES_MAX:
            return None
        question = await reader.readexactly(int(length[1]))
        is_known = b"GetSystemDateAndTime" in question
        return self._channels.get(target[1]) if is_known else None

    async def _answer(self, orders: Orders, writer: asyncio.StreamWriter) -> None:
        if orders.onvif is OnvifFault.HANG:
            await asyncio.Event().wait()
        answer = answer_of(orders, self._now_ms())
        if orders.onvif is OnvifFault.DRIP:
            for byte in answer:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(DRIP_S)
        writer.write(answer)
        await writer.drain()


def answer_of(orders: Orders, now_ms: int) -> bytes:
    """The whole HTTP answer of a camera with these orders."""
    match orders.onvif:
        case OnvifFault.GARBAGE:
            return b"\x00\x16\x03\x01 this is no HTTP\r\n\r\n"
        case OnvifFault.BOMB:
            return _http("200 OK", _BOMB)
        case OnvifFault.FAULT:
            return _http("500 Internal Server Error", _ENVELOPE.format(_FAULT))
        case OnvifFault.LOGIN:
            return _http("401 Unauthorized", "")
        case OnvifFault.LONG:
            return _http("200 OK", " " * LONG_BYTES)
        case OnvifFault.LOCAL:
            local = _date_time("LocalDateTime", orders.clock.shown_ms(now_ms) + 8 * 3_600_000)
            return _http("200 OK", _ENVELOPE.format(_TIME.format(local)))
        case _:
            said = _date_time("UTCDateTime", orders.clock.shown_ms(now_ms))
            return _http("200 OK", _ENVELOPE.format(_TIME.format(said)))


def _date_time(name: str, at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms // 1000, UTC)
    return (
        f"<tt:{name}><tt:Time><tt:Hour>{at.hour}</tt:Hour><tt:Minute>{at.minute}</tt:Minute>"
        f"<tt:Second>{at.second}</tt:Second></tt:Time><tt:Date><tt:Year>{at.year}</tt:Year>"
        f"<tt:Month>{at.month}</tt:Month><tt:Day>{at.day}</tt:Day></tt:Date></tt:{name}>"
    )


def _http(status: str, body: str) -> bytes:
    content = body.encode()
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/soap+xml; charset=utf-8\r\n"
        f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + content
