"""The one-time code that makes a browser a handheld: shown here, typed there.

Pure. A person at the station asks for it, so whoever reads it stands in front of the station. One
code at a time, for ``CODE_TTL_MS``, for ``TRIES_MAX`` tries, each wrong one followed by a pause
twice as long as the one before. Source: docs/adr/0021.
"""

import hmac
from dataclasses import dataclass

from edge.handheld_talk import CODE_DIGITS, PairRefusal

CODE_TTL_MS = 120_000
TRIES_MAX = 5
PAUSE_MS = 1_000
"""After the first wrong try."""
CODE_BYTES = 8
"""So many random bytes make a code even enough: no one is likelier by more than 1e-13."""


def make_code(random: bytes) -> str:
    """A code out of ``CODE_BYTES`` random bytes."""
    number: int = int.from_bytes(random, "big") % 10**CODE_DIGITS
    return f"{number:0{CODE_DIGITS}d}"


@dataclass(slots=True)
class OpenCode:
    """The code on the station page, for a handheld to be called ``name``; times monotonic."""

    name: str
    code: str
    until_ms: int
    wrong: int = 0
    next_ms: int = 0


class Pairing:
    """At most one open code."""

    def __init__(self) -> None:
        self._open: OpenCode | None = None

    def begin(self, name: str, code: str, now_ms: int) -> None:
        """Show a code; an older one counts no more."""
        self._open = OpenCode(name, code, now_ms + CODE_TTL_MS)

    def shown(self, now_ms: int) -> OpenCode | None:
        """The code that counts now."""
        if self._open is not None and now_ms >= self._open.until_ms:
            self._open = None
        return self._open

    def redeem(self, code: str, now_ms: int) -> str | PairRefusal:
        """Try a code: the handheld's name, or why not. A right one stays open until :meth:`end`."""
        shown = self.shown(now_ms)
        if shown is None:
            return PairRefusal.NO_CODE
        if now_ms < shown.next_ms:
            return PairRefusal.TOO_SOON
        if hmac.compare_digest(shown.code, code):
            return shown.name
        shown.wrong += 1
        shown.next_ms = now_ms + PAUSE_MS * 2 ** (shown.wrong - 1)
        if shown.wrong >= TRIES_MAX:
            self._open = None
        return PairRefusal.WRONG

    def end(self) -> None:
        """The code was used."""
        self._open = None
