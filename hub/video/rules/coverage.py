"""How much of a stretch of time one camera's footage covers. Pure.

Never more than is known: time that neither footage nor a told gap covers is unknown; footage that
is to be had nowhere any more, and footage that shows nothing, is a gap with its reason (P5).
Source: design section 8 ("footage certificate").
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

SEAM = timedelta(milliseconds=200)
"""So little between two segments is the seam of their times, not time without footage."""


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
    """A segment: the time that it covers; ``lost`` says why its file is nowhere to be had."""

    sha256: str
    stretch: Stretch
    lost: str | None = None


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


def cover(
    asked: Stretch,
    recorded: Sequence[Recorded],
    missing: Iterable[Missing],
    hidden: Iterable[Missing] = (),
) -> Coverage:
    """Say what is known of ``asked``, everything in any order.

    A gap in ``missing`` counts where no segment covers: a stream that is opened anew tells of a
    little less than it then delivers. One in ``hidden`` counts in any case, for the pictures of
    that time show nothing. Of a lost file and of hidden time no seam is forgiven.
    """
    kept = sorted((each for each in recorded if each.lost is None), key=_began)
    touching = [each for each in kept if _overlap(each.stretch, asked) is not None]
    spans = [each.stretch for each in kept]
    bare = _without(asked, spans)
    told = _gaps_in(bare, missing) + _lost_in(asked, recorded, spans)
    gaps = sorted([*told, *_hidden_in(asked, hidden, told)], key=lambda gap: gap.since)
    unknown = [left for each in bare for left in _without(each, _stretches(gaps))]
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


def _lost_in(
    asked: Stretch, recorded: Iterable[Recorded], kept: Sequence[Stretch]
) -> list[Missing]:
    return [
        Missing(left.since, left.until, each.lost)
        for each in recorded
        if each.lost is not None
        for left in _parts_of(asked, each.stretch, kept)
    ]


def _hidden_in(
    asked: Stretch, hidden: Iterable[Missing], told: Sequence[Missing]
) -> Iterator[Missing]:
    """Each moment once: what two troubles hid, or a told gap lacks, is one gap."""
    taken = _stretches(told)
    for each in sorted(hidden, key=lambda gap: gap.since):
        for left in _parts_of(asked, Stretch(each.since, each.until), taken):
            taken.append(left)
            yield Missing(left.since, left.until, each.reason)


def _parts_of(asked: Stretch, stretch: Stretch, taken: Iterable[Stretch]) -> list[Stretch]:
    """What of ``asked`` a stretch covers and nothing in ``taken``, to the moment."""
    shared = _overlap(asked, stretch)
    return [] if shared is None else _without(shared, taken, seam=timedelta())


def _stretches(gaps: Iterable[Missing]) -> list[Stretch]:
    return [Stretch(each.since, each.until) for each in gaps]


def _without(asked: Stretch, taken: Iterable[Stretch], seam: timedelta = SEAM) -> list[Stretch]:
    """What of ``asked`` nothing in ``taken`` covers; so little as a seam counts as covered."""
    left: list[Stretch] = []
    upto = asked.since
    for each in sorted(taken, key=lambda stretch: stretch.since):
        if each.until <= upto:
            continue
        if each.since >= asked.until:
            break
        if each.since - upto > seam:
            left.append(Stretch(upto, each.since))
        upto = each.until
    if asked.until - upto > seam:
        left.append(Stretch(upto, asked.until))
    return left


def _overlap(one: Stretch, other: Stretch) -> Stretch | None:
    since, until = max(one.since, other.since), min(one.until, other.until)
    return Stretch(since, until) if since < until else None


def _began(each: Recorded) -> datetime:
    return each.stretch.since
