"""How much of a stretch of time one camera's footage covers. Pure.

Never more than is known: time that neither footage nor a told gap covers is unknown, and footage
that was deleted is a gap with that reason (P5). Source: design section 8 ("footage certificate").
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SEAM = timedelta(milliseconds=200)
"""So little between two segments is the seam of their times, not time without footage."""
DELETED = "deleted"


class CertificateState(StrEnum):
    """What is certain of an event's footage."""

    PRESENT = "present"
    """All of the time is in footage that was recorded, whole and hashed."""
    GAP = "gap"
    """For some of the time there is certainly none."""
    UNKNOWN = "unknown"
    """The edge has not told of some of the time."""
    UNSEEN = "unseen"
    """No camera sees the place."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of time."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """A segment: the time that it covers."""

    sha256: str
    stretch: Stretch
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Missing:
    """There is certainly no footage of this, and why."""

    since: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What is known of one camera's footage of a stretch: files by time, gaps, and the unknown."""

    state: CertificateState
    segments: tuple[str, ...]
    gaps: tuple[Missing, ...]
    unknown: tuple[Stretch, ...]


def cover(asked: Stretch, recorded: Sequence[Recorded], missing: Iterable[Missing]) -> Coverage:
    """Say what is known of ``asked``, the segments and gaps in any order.

    A gap counts where no segment covers: a stream that is opened anew tells of a little less than
    it then delivers.
    """
    kept = sorted((each for each in recorded if not each.is_deleted), key=_began)
    touching = [each for each in kept if _overlap(each.stretch, asked) is not None]
    bare = _without(asked, [each.stretch for each in kept])
    lost = [
        *missing,
        *(
            Missing(each.stretch.since, each.stretch.until, DELETED)
            for each in recorded
            if each.is_deleted
        ),
    ]
    gaps = _gaps_in(bare, lost)
    unknown = [
        left
        for each in bare
        for left in _without(each, [Stretch(gap.since, gap.until) for gap in gaps])
        if left.until - left.since > SEAM
    ]
    return Coverage(
        _state(gaps, unknown),
        tuple(each.sha256 for each in touching),
        tuple(gaps),
        tuple(unknown),
    )


def best(states: Iterable[CertificateState]) -> CertificateState:
    """What several cameras' footage comes to: one that saw all is enough; none: nobody looks."""
    found = set(states)
    for state in (CertificateState.PRESENT, CertificateState.UNKNOWN, CertificateState.GAP):
        if state in found:
            return state
    return CertificateState.UNSEEN


def _state(gaps: Sequence[Missing], unknown: Sequence[Stretch]) -> CertificateState:
    # What is not told of may yet turn out well; a gap never does.
    if gaps:
        return CertificateState.GAP
    return CertificateState.UNKNOWN if unknown else CertificateState.PRESENT


def _gaps_in(bare: Sequence[Stretch], lost: Iterable[Missing]) -> list[Missing]:
    found: list[Missing] = []
    for each in sorted(lost, key=lambda gap: gap.since):
        for stretch in bare:
            shared = _overlap(stretch, Stretch(each.since, each.until))
            if shared is not None and shared.until - shared.since > SEAM:
                found.append(Missing(shared.since, shared.until, each.reason))
    return found


def _without(asked: Stretch, taken: Iterable[Stretch]) -> list[Stretch]:
    """What of ``asked`` nothing in ``taken`` covers; seams count as covered."""
    left: list[Stretch] = []
    upto = asked.since
    for each in sorted(taken, key=lambda stretch: stretch.since):
        if each.until <= upto:
            continue
        if each.since >= asked.until:
            break
        if each.since - upto > SEAM:
            left.append(Stretch(upto, each.since))
        upto = each.until
    if asked.until - upto > SEAM:
        left.append(Stretch(upto, asked.until))
    return left


def _overlap(one: Stretch, other: Stretch) -> Stretch | None:
    since, until = max(one.since, other.since), min(one.until, other.until)
    return Stretch(since, until) if since < until else None


def _began(each: Recorded) -> datetime:
    return each.stretch.since
