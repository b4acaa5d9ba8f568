"""A WebSocket ends when whoever opened it may no longer come in."""

import pytest
from starlette.types import Message

from hub.access.live_socket import CHECK_EVERY_S, GuardedSocket
from tests.hub_parts import SetClock

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Socket:
    """What the guard stands in front of."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.is_allowed = True
        self.asked = 0
        self.clock = SetClock()
        self.guarded = GuardedSocket(self.receive, self.send, self.clock, self.allow)

    async def receive(self) -> Message:
        return {"type": "websocket.receive", "text": "hello"}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    def allow(self) -> bool:
        self.asked += 1
        return self.is_allowed


NEWS = {"type": "websocket.send", "text": "news"}


async def test_while_it_is_allowed_everything_passes_and_is_asked_now_and_then() -> None:
    socket = Socket()
    for _ in range(5):
        await socket.guarded.send(NEWS)
        assert (await socket.guarded.receive())["type"] == "websocket.receive"
    assert (socket.sent, socket.asked) == ([NEWS] * 5, 0)
    for _ in range(3):
        socket.clock.move(CHECK_EVERY_S)
        await socket.guarded.send(NEWS)
        await socket.guarded.send(NEWS)
    assert socket.asked == 3


async def test_once_it_is_not_nothing_more_is_said_and_the_client_is_gone() -> None:
    socket = Socket()
    socket.is_allowed = False
    await socket.guarded.send(NEWS)
    socket.clock.move(CHECK_EVERY_S)
    for _ in range(3):
        await socket.guarded.send(NEWS)
    assert socket.sent == [NEWS, {"type": "websocket.close", "code": 1008}]
    assert (await socket.guarded.receive())["type"] == "websocket.disconnect"
    assert socket.asked == 1


async def test_what_a_client_says_ends_it_too() -> None:
    socket = Socket()
    socket.is_allowed = False
    socket.clock.move(CHECK_EVERY_S)
    assert (await socket.guarded.receive())["type"] == "websocket.disconnect"
    assert socket.sent == [{"type": "websocket.close", "code": 1008}]
