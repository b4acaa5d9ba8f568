"""Clients that a camera must not suffer from: slow ones, too many, and those that talk nonsense."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from simulators.cameras.channel import Channel
from simulators.cameras.control import CLIENTS_MAX, Control
from simulators.cameras.encoder import AccessUnit, ParameterSets
from simulators.cameras.orders import Orders
from simulators.cameras.server import SESSIONS_MAX, CameraServer

UNIT_BYTES = 200_000


class LargeSource:
    """A key frame of ``UNIT_BYTES`` each 5 ms: more than a sleeping client's kernel will hold."""

    interval_s = 0.005
    parameter_sets = ParameterSets(b"\x67\x42\xc0\x28", b"\x68pps")

    def check(self, orders: Orders) -> None:
        """Follows all."""

    async def next_unit(self, at_ms: int, orders: Orders) -> AccessUnit:
        return AccessUnit((b"\x65" + bytes(UNIT_BYTES),), True, at_ms)


class Client:
    """Speaks as little RTSP as it takes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._cseq = 0

    async def ask(self, line: str, *headers: str) -> str:
        self._cseq += 1
        lines = (f"{line} RTSP/1.0", f"CSeq: {self._cseq}", *headers)
        self.writer.write("".join(f"{line}\r\n" for line in (*lines, "")).encode())
        answer = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"Content-Length: (\d+)", answer)
        assert length is not None
        await self.reader.readexactly(int(length[1]))
        return answer

    async def play(self) -> None:
        assert "200 OK" in await self.ask("DESCRIBE rtsp://cameras/a")
        over_tcp = "Transport: RTP/AVP/TCP;unicast;interleaved=4-5"
        answer = await self.ask("SETUP rtsp://cameras/a/track1", over_tcp)
        session = re.search(r"Session: (\w+)", answer)
        assert session is not None
        assert "200 OK" in await self.ask("PLAY rtsp://cameras/a", f"Session: {session[1]}")

    async def packets(self) -> AsyncIterator[tuple[int, bytes]]:
        while True:
            mark, channel, *size = await self.reader.readexactly(4)
            assert mark == ord("$")
            yield channel, await self.reader.readexactly(int.from_bytes(bytes(size), "big"))

    async def was_hung_up_on(self) -> bool:
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True
        finally:
            self.writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[CameraServer, Channel]]:
    channel = Channel("a", LargeSource())
    server = CameraServer([channel], "127.0.0.1", 0, None)
    await server.start()
    task = asyncio.create_task(channel.run())
    try:
        yield server, channel
    finally:
        task.cancel()
        await server.close()


async def connected(port: int) -> Client:
    return Client(*await asyncio.open_connection("127.0.0.1", port))


def test_a_client_that_does_not_read_is_cut_off_and_another_misses_nothing() -> None:
    async def play() -> None:
        async with serving() as (server, channel):
            sleeper, reader = await connected(server.port), await connected(server.port)
            await sleeper.play()
            await reader.play()
            sequence, units = 1, 0
            async for number, packet in reader.packets():
                if number == 5:
                    assert packet[1] == 200, "a sender report, or the end"
                    continue
                assert int.from_bytes(packet[2:4], "big") == sequence
                sequence = (sequence + 1) & 0xFFFF
                units += packet[1] >> 7
                if channel.cut_off_count and units > 100:
                    break
            assert channel.cut_off_count == 1
            sleeper.writer.transport.abort()
            reader.writer.transport.abort()

    asyncio.run(asyncio.wait_for(play(), 30))


def test_more_clients_than_a_process_serves_are_hung_up_on() -> None:
    async def crowd() -> None:
        async with serving() as (server, _):
            clients = [await connected(server.port) for _ in range(SESSIONS_MAX)]
            for client in clients:
                await client.ask("OPTIONS rtsp://cameras/a")
            assert await (await connected(server.port)).was_hung_up_on()
            assert "200 OK" in await clients[0].ask("OPTIONS rtsp://cameras/a")
            for client in clients:
                client.writer.transport.abort()

    asyncio.run(asyncio.wait_for(crowd(), 30))


def test_more_givers_of_orders_than_there_may_be_are_hung_up_on() -> None:
    async def crowd() -> None:
        async with serving() as (server, channel):
            control = Control(server)
            port = await control.start("127.0.0.1", 0)
            givers = [await connected(port) for _ in range(CLIENTS_MAX)]
            for giver in givers:
                giver.writer.write(b"a stall\n")
                assert await giver.reader.readline() == b"ok\n"
            assert await (await connected(port)).was_hung_up_on()
            await control.close()
            assert all([await giver.was_hung_up_on() for giver in givers])
            assert channel.orders.fault == "stall"

    asyncio.run(asyncio.wait_for(crowd(), 30))


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("SETUP rtsp://cameras/a/track1", "454"),
        ("PLAY rtsp://cameras/a", "454"),
        ("DESCRIBE rtsp://cameras/../../etc/passwd", "404"),
        ("DESCRIBE rtsp://cameras/a/track1", "404"),
        ("RECORD rtsp://cameras/a", "405"),
    ],
)
def test_what_a_camera_does_not_do_is_refused_and_it_goes_on(
    request_line: str, status: str
) -> None:
    async def ask() -> None:
        async with serving() as (server, _):
            client = await connected(server.port)
            assert f"RTSP/1.0 {status} " in await client.ask(request_line)
            await client.play()
            client.writer.transport.abort()

    asyncio.run(asyncio.wait_for(ask(), 30))
