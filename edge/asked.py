"""Questions of the page's thread that the station answers, each under a key."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto
from typing import Generic, TypeVar

T = TypeVar("T")


class Unanswered(Enum):
    """What there is instead of an answer."""

    BUSY = auto()
    """It was not taken, or the same key is under way: nothing came of it."""
    UNSURE = auto()
    """Taken, and no answer came in time."""


class Asked(Generic[T]):
    """What is under way; :meth:`answer` may be called from any thread."""

    def __init__(self) -> None:
        self._futures: dict[str, asyncio.Future[T]] = {}

    async def ask(self, key: str, send: Callable[[], bool], timeout_s: float) -> T | Unanswered:
        """Ask and wait; ``send`` says whether the question was taken at all."""
        if key in self._futures:
            return Unanswered.BUSY
        asked = self._futures[key] = asyncio.get_running_loop().create_future()
        try:
            if not send():
                return Unanswered.BUSY
            return await asyncio.wait_for(asked, timeout_s)
        except TimeoutError:
            return Unanswered.UNSURE
        finally:
            del self._futures[key]

    def answer(self, key: str, answer: T) -> None:
        """Answer; one that nobody waits for any more is lost."""
        asked = self._futures.get(key)
        if asked is not None:
            with suppress(RuntimeError):  # the server has just stopped: nobody waits
                asked.get_loop().call_soon_threadsafe(_settle, asked, answer)


def _settle(asked: asyncio.Future[T], answer: T) -> None:
    if not asked.done():
        asked.set_result(answer)
