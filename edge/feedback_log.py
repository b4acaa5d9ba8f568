"""What people were told about recent scans, until it is written down.

Pure. A feedback line is written after the tone: with the next scan if one comes, by itself after
``DELAY_MS``; it never delays a scan, and after a crash a missing one is simply missing.
Source: design section 3 ("feedback").
"""

from collections.abc import Iterable
from dataclasses import dataclass

from wire.names import Signal

DELAY_MS = 900
"""Written by itself after this; the design allows one second, commit included."""
DRAFTS_MAX = 50
"""More scans than this never wait for their feedback line."""
DRAFTS_KEPT_MAX = 200
"""While the disk refuses, the oldest beyond this are given up."""


@dataclass(slots=True)
class Draft:
    """One feedback line in the making; times in microseconds."""

    of_seq: int
    device: str
    source: str | None
    by: str | None
    signal: Signal
    commit_us: int
    durable_ns: int
    feedback_us: int | None = None
    is_answered: bool = False
    repeats: int = 0
    device_ack: bool | None = None
    """False until the scanner has acknowledged the whole answer; None if it cannot."""


class FeedbackLog:
    """The drafts, oldest first; ``guard_ms`` is the repeat guard's."""

    def __init__(self, guard_ms: int) -> None:
        self.guard_ms = guard_ms
        self._drafts: dict[int, Draft] = {}

    def open(self, draft: Draft) -> None:
        """A scan is durable and about to be answered."""
        self._drafts[draft.of_seq] = draft
        while len(self._drafts) > DRAFTS_KEPT_MAX:
            del self._drafts[next(iter(self._drafts))]

    def sent(self, of_seq: int, sent_ns: int) -> None:
        """The answer was handed to the port at ``sent_ns``."""
        draft = self._drafts.get(of_seq)
        if draft is not None:
            draft.is_answered = True
            draft.feedback_us = max(0, sent_ns - draft.durable_ns) // 1000

    def not_sent(self, of_seq: int) -> None:
        """The answer did not reach the port, or the port has no return channel."""
        draft = self._drafts.get(of_seq)
        if draft is not None:
            draft.is_answered = True

    def confirm(self, of_seq: int) -> None:
        """The scanner acknowledged the whole answer."""
        draft = self._drafts.get(of_seq)
        if draft is not None:
            draft.device_ack = True

    def repeat(self, of_seq: int) -> None:
        """The same scan came again inside the repeat guard."""
        draft = self._drafts.get(of_seq)
        if draft is not None:
            draft.repeats += 1

    def ripe(self, now_ns: int) -> list[Draft]:
        """What may go along with a scan now: nothing more can happen to it, or it has waited."""
        crowd = len(self._drafts) - DRAFTS_MAX
        return [
            draft
            for place, draft in enumerate(self._drafts.values())
            if place < crowd
            or _age_ms(draft, now_ns) >= DELAY_MS
            or (_is_settled(draft) and _age_ms(draft, now_ns) > self.guard_ms)
        ]

    def overdue(self, now_ns: int) -> list[Draft]:
        """What must be written now, with or without a scan."""
        return [d for d in self._drafts.values() if _age_ms(d, now_ns) >= DELAY_MS]

    def all(self) -> list[Draft]:
        """Everything, for a clean stop."""
        return list(self._drafts.values())

    def written(self, drafts: Iterable[Draft]) -> None:
        """These lines are durable."""
        for draft in drafts:
            self._drafts.pop(draft.of_seq, None)

    def wait_ms(self, now_ns: int) -> int | None:
        """Until the oldest is overdue, negative after; None while there is nothing to write."""
        oldest = next(iter(self._drafts.values()), None)
        return None if oldest is None else DELAY_MS - _age_ms(oldest, now_ns)


def _is_settled(draft: Draft) -> bool:
    return draft.is_answered and draft.device_ack is not False


def _age_ms(draft: Draft, now_ns: int) -> int:
    return (now_ns - draft.durable_ns) // 1_000_000
