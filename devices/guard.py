"""Tell a double delivery from a second scan.

Pure. The same bytes from one device within ``repeat_guard_ms`` are one scan; without this,
``4354210`` becomes ``43542104354210`` somewhere behind. Source: design section 3.
"""

from typing import Final

CODES_REMEMBERED_MAX: Final = 32
"""More different codes than this within one window push out the oldest; a repeat of that one then
counts as a scan of its own, which is the safe side: facts are never dropped for want of room."""


class RepeatGuard:
    """Remembers one device's accepted scans for ``guard_ms``, which may be changed at any time.

    The window is fixed: it runs from the accepted scan and a repeat does not prolong it, because a
    held trigger would otherwise merge for ever.
    """

    def __init__(self, guard_ms: int) -> None:
        self.guard_ms = guard_ms
        self._accepted_ms: dict[bytes, int] = {}  # oldest first

    def is_repeat(self, raw: bytes, now_ms: int) -> bool:
        """Say whether ``raw`` repeats an accepted scan; if not, it is accepted itself.

        ``now_ms`` is monotonic, in ms. A clock that went backwards makes all it once knew void.
        """
        self._forget(now_ms)
        if raw in self._accepted_ms:
            return True
        if len(self._accepted_ms) == CODES_REMEMBERED_MAX:
            del self._accepted_ms[next(iter(self._accepted_ms))]
        self._accepted_ms[raw] = now_ms
        return False

    def _forget(self, now_ms: int) -> None:
        self._accepted_ms = {
            raw: at_ms
            for raw, at_ms in self._accepted_ms.items()
            if 0 <= now_ms - at_ms <= self.guard_ms
        }
