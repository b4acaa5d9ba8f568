"""A WebSocket that ends when whoever opened it may no longer come in.

A socket stays open for hours; a session that is ended, an account that is disabled or bound to
other sites must not go on listening. It is looked up again while something is said in it.
"""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Send

from hub.clock import Clock

CHECK_EVERY_S = 10.0
"""Real time between two looks, so the longest that an ended session still hears anything."""
_REFUSED = 1008


class GuardedSocket:
    """Passes messages on both ways until ``is_allowed`` (blocking) says no."""

    def __init__(
        self, receive: Receive, send: Send, clock: Clock, is_allowed: Callable[[], bool]
    ) -> None:
        self._receive = receive
        self._send = send
        self._clock = clock
        self._is_allowed = is_allowed
        self._checked_ns = clock.mono_ns()
        self._is_over = False

    async def receive(self) -> Message:
        """What the client says; a disconnect once it is no longer allowed."""
        message = await self._receive()
        return (
            message if await self._check() else {"type": "websocket.disconnect", "code": _REFUSED}
        )

    async def send(self, message: Message) -> None:
        """Say something to the client; nothing any more once it is no longer allowed."""
        if await self._check():
            await self._send(message)

    async def _check(self) -> bool:
        now_ns = self._clock.mono_ns()
        if not self._is_over and now_ns - self._checked_ns >= CHECK_EVERY_S * 1e9:
            self._checked_ns = now_ns
            if not await run_in_threadpool(self._is_allowed):
                self._is_over = True
                await self._send({"type": "websocket.close", "code": _REFUSED})
        return not self._is_over
