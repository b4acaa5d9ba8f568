"""Hours of handovers before cameras that fail: each gets its certificate, and none lies.

Outages, black and covered pictures, handovers and the edge's own absence are drawn from a seed that
is printed. A handover has its certificate within five minutes of the hub's knowing of it, and one
whose pictures show nothing is not called present once its edge has told of that (design section 8).
"""

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from hub.network import Network
from hub.video.rules.coverage import SEAM, CertificateState
from hub.video.service import Certificate, CertificateDuty, Missing, certificates_of
from tests.footage_index_parts import CAGE, DOCK, NETWORK, at, gap, segment
from tests.footage_index_parts import camera as tell_of
from tests.hub_parts import START, HubHome, SigningEdge
from wire.events import CameraFact, Event
from wire.names import Result, Step, format_at

DAY_S = 4 * 3600
TURN_S = 30
HANDOVERS = 80
OUTAGES = 6
"""Of each camera, from 2 seconds to 10 minutes."""
DARKNESSES = 4
"""Of each camera, from 30 seconds to 5 minutes, between its outages: shorter ones may be untold."""
MARGIN_S = 10.005
ERROR_S = 0.04
"""Of the segments' times."""
WITHIN = timedelta(minutes=5)
PLACE_OF = {DOCK: "dock1", CAGE: "cage1"}
# Each is told so much after it began, and its end so much after it ended: as the camera watch does.
DARK = {CameraFact.BLACK: (4, 3), CameraFact.COVERED: (25, 8), CameraFact.FROZEN: (13, 3)}


@dataclass(frozen=True)
class Darkness:
    """A stretch in which the pictures show nothing; ``since`` is the last good picture's time."""

    fact: CameraFact
    began: float
    ended: float

    @property
    def told(self) -> float:
        return self.began + DARK[self.fact][0]

    @property
    def over(self) -> float:
        return self.ended + DARK[self.fact][1]

    @property
    def since(self) -> float:
        # A freeze is told from the first picture that came again.
        return self.told - 5 if self.fact is CameraFact.FROZEN else self.began


@pytest.fixture
def network() -> Network:
    return NETWORK


@dataclass
class Day:
    """What really happens: outages and handovers by camera, and when the edge is cut off."""

    draw: random.Random
    outages: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    darks: dict[str, list[Darkness]] = field(default_factory=dict)
    handovers: dict[str, tuple[str, float]] = field(default_factory=dict)
    cut_off: tuple[float, float] = (0, 0)

    def __post_init__(self) -> None:
        for camera in PLACE_OF:
            starts = sorted(self.draw.sample(range(600, DAY_S - 1200, 900), OUTAGES))
            lengths = [self.draw.choice([2, 30, 300, 600]) for _ in starts]
            self.outages[camera] = [(s, s + n) for s, n in zip(starts, lengths, strict=True)]
            self.darks[camera] = self._darks_between(self.outages[camera])
        for number in range(HANDOVERS):
            # Some right at an outage's edge, where it is easy to be wrong.
            camera = self.draw.choice(list(PLACE_OF))
            second = self.draw.uniform(60, DAY_S - 900)
            if self.draw.random() < 0.4:
                dark = self.draw.choice(self.darks[camera])
                outage = self.draw.choice(self.outages[camera])
                second = self.draw.choice([*outage, dark.began, dark.ended])
                second += self.draw.uniform(-15, 15)
            self.handovers[f"1030000{number:05d}"] = (camera, second)
        begin = self.draw.uniform(1800, DAY_S / 2)
        self.cut_off = (begin, begin + self.draw.uniform(1800, 3600))

    def _darks_between(self, outages: list[tuple[float, float]]) -> list[Darkness]:
        """In the last third of what lies between two outages there is none: 900 s apart each."""
        found = []
        for begin, end in self.draw.sample(outages, DARKNESSES):
            room = begin + 900 - end
            began = end + self.draw.uniform(0.1, 0.3) * room
            length = self.draw.uniform(30, min(300, 0.3 * room))
            found.append(Darkness(self.draw.choice(list(DARK)), began, began + length))
        return found

    def is_dark(self, waybill: str) -> bool:
        """Whether some of a handover's pictures showed nothing."""
        camera, second = self.handovers[waybill]
        since, until = second - MARGIN_S, second + MARGIN_S
        return any(since < each.ended and each.began < until for each in self.darks[camera])

    def may_be_dark(self, waybill: str) -> bool:
        """Whether by what its edge can tell some of the pictures may show nothing."""
        camera, second = self.handovers[waybill]
        since, until = second - MARGIN_S - ERROR_S, second + MARGIN_S + ERROR_S
        doubt = {each: 20 if each.fact is CameraFact.FROZEN else 0 for each in self.darks[camera]}
        return any(
            since < each.over and each.since - unsure < until for each, unsure in doubt.items()
        )

    def truth_of(self, waybill: str) -> CertificateState:
        """Whether there is footage of all of a handover's time, and it shows something."""
        camera, second = self.handovers[waybill]
        since, until = second - MARGIN_S, second + MARGIN_S
        if self.is_dark(waybill):
            return CertificateState.GAP
        for begin, end in self.outages[camera]:
            if min(until, end) - max(since, begin) > SEAM.total_seconds():
                return CertificateState.GAP
        return CertificateState.PRESENT

    def events(self, edge: SigningEdge) -> list[tuple[float, Event]]:
        """What the edge writes, each with the second in which it is known."""
        found: list[tuple[float, Event]] = []
        for waybill, (camera, second) in self.handovers.items():
            scan = edge.scan(
                waybill,
                at=format_at(at(second)),
                result=Result.HV,
                step=Step.HANDOVER,
                place=PLACE_OF[camera],
            )
            found.append((second, scan))
        for nth, (camera, outages) in enumerate(self.outages.items()):
            found += _recorded(camera, outages, nth * 10_000_000)
            found += [event for dark in self.darks[camera] for event in _watched(camera, dark)]
        return sorted(found, key=lambda each: each[0])


def _watched(name: str, dark: Darkness) -> Iterator[tuple[float, Event]]:
    since = format_at(at(dark.since))
    yield dark.told, tell_of(dark.fact, dark.told, name, since=since)
    yield dark.over, tell_of(dark.fact, dark.over, name, since=since, is_over=True)


def _recorded(
    camera: str, outages: list[tuple[float, float]], numbers: int
) -> Iterator[tuple[float, Event]]:
    began: float = 0
    for begin, end in [*outages, (DAY_S, DAY_S)]:
        while began < begin:
            until = min(began + 10, begin)
            numbers += 1
            yield until, segment(until, until - began, camera, numbers)
            began = until
        if end > begin:
            # As an edge does: a gap is told every minute while it lasts.
            while began < end:
                until = min(began + 60, end)
                yield until, gap(until, until - began, camera)
                began = until


@pytest.mark.timeout(120)
def test_every_handover_is_certified_in_time_and_no_outage_is_called_present(
    hub: HubHome, edge: SigningEdge
) -> None:
    seed = secrets.randbits(32)
    print(f"seed {seed}")
    day = Day(random.Random(seed))
    events = day.events(edge)
    duty, intake = CertificateDuty(NETWORK), hub.intake()
    told_at: dict[str, float] = {}
    for second in range(0, DAY_S + 600, TURN_S):
        hub.clock.at = START + timedelta(seconds=second)
        if not day.cut_off[0] <= second < day.cut_off[1]:
            known = [event for known_s, event in events if known_s <= second]
            events = events[len(known) :]
            for event in known:
                if getattr(event, "waybill", None):
                    told_at[str(event.waybill)] = second  # type: ignore[union-attr]  # a scan
            for first in range(0, len(known), 150):
                lines = [edge.line(each) for each in known[first : first + 150]]
                hub.take(edge.batch(lines), intake=intake)
        for _ in range(4):
            with hub.database.writing() as tx:
                duty.run(tx, hub.clock.now())
    judge(hub, day, told_at)


def judge(hub: HubHome, day: Day, told_at: dict[str, float]) -> None:
    found = {}
    with hub.database.reading() as tx:
        for waybill in day.handovers:
            (found[waybill],) = certificates_of(tx, waybill)
    wrong = {
        waybill: (each.state, day.truth_of(waybill), day.handovers[waybill])
        for waybill, each in found.items()
        if each.state is not day.truth_of(waybill)
        # What may have been dark by all that is told is no lie to call a gap.
        and not (each.state is CertificateState.GAP and day.may_be_dark(waybill))
    }
    assert not wrong
    hidden = {waybill for waybill in day.handovers if day.is_dark(waybill)}
    assert hidden
    assert not [each for each in hidden if found[each].state is CertificateState.PRESENT]
    told_of = {gap.reason for each in hidden for gap in _gaps(found[each])}
    assert told_of & {*DARK}
    late = {
        waybill: each.first_issued_at
        for waybill, each in found.items()
        if each.first_issued_at is None or each.first_issued_at - at(told_at[waybill]) > WITHIN
    }
    assert not late
    states = [each.state for each in found.values()]
    assert min(states.count(CertificateState.GAP), states.count(CertificateState.PRESENT)) > 0


def _gaps(certificate: Certificate) -> list[Missing]:
    return [gap for share in certificate.cameras for gap in share.coverage.gaps]
