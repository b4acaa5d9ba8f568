"""Packets that wait to be looked at: the newest win, and the decoder never misses one in between.

A picture is coded against those before it, back to its key frame. So what is given up is given up
whole: all that waits, and what comes until the next key frame. Pure.
"""

from collections import deque
from collections.abc import Sequence
from typing import Generic, TypeVar

WAITING_MAX = 64
"""Packets: two and a half seconds of a camera that takes 25 pictures a second."""

T = TypeVar("T")


class Backlog(Generic[T]):
    """At most ``WAITING_MAX`` items in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: deque[T] = deque()
        self._needs_key = True
        self._is_behind = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, item: T, *, is_key: bool) -> int:
        """Let one more wait; say how many were given up because nobody came to take them.

        What comes before the first key frame cannot be shown, and counts for nothing.
        """
        if self._needs_key and not is_key:
            return int(self._is_behind)
        given_up = 0
        if len(self._waiting) >= WAITING_MAX:
            given_up = len(self.clear())
            self._is_behind = True
            if not is_key:
                return given_up + 1
        self._needs_key = self._is_behind = False
        self._waiting.append(item)
        return given_up

    def take(self) -> T:
        """The one that has waited longest; there must be one."""
        return self._waiting.popleft()

    def clear(self) -> Sequence[T]:
        """Give up what waits; it goes on with the next key frame."""
        given_up = tuple(self._waiting)
        self._waiting.clear()
        self._needs_key, self._is_behind = True, False
        return given_up
