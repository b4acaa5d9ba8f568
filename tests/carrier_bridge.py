"""From the simulated carrier's scanner pulls to facts, as a station would record them.

A thin bridge for bulk: it folds badge, step, place and container labels by the stations' rules and
makes the ``Scan`` and ``Act`` lines that follow, without spool, chain or signature. Session labels
that say nothing by themselves are left out.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from edge.session import pseudonym
from hub.fact import Fact
from hub.network import Network
from hub.network_file import parse_network
from simulators.carrier.day import CarrierDays
from simulators.carrier.network_text import network_text
from simulators.carrier.noise import Rates
from simulators.carrier.pulls import Call, Pull, Typed
from tests import samples
from wire.events import (
    Act,
    ActKind,
    ClockReading,
    ContainerKind,
    Event,
    Scan,
    ScanTiming,
)
from wire.names import Result, Step, format_at

HEARD_AFTER = timedelta(seconds=1)
LATE_AFTER = timedelta(seconds=5)
IDLE = timedelta(minutes=30)
CLOCK = ClockReading(offset_ms=0, error_ms=5)
TIMING = ScanTiming(decode=40, verdict=10)
SOURCE = "pts:/dev/pts/7"
_CONTAINERS = {
    "BAG": ContainerKind.BAG,
    "VEH": ContainerKind.VEHICLE,
    "FLT": ContainerKind.FLIGHT,
    "PAL": ContainerKind.PALLET,
}
_UNITS = {"BAG", "PAL"}
_UNIT_STEPS = {Step.ARRIVE, Step.DEPART, Step.HANDOVER}
_ABOARD_STEPS = {Step.LOAD, Step.UNLOAD}
_CARRIERS = {ContainerKind.VEHICLE, ContainerKind.FLIGHT}


def salt_of(site: str) -> str:
    """The salt that the bridge gives a site: 32 hex."""
    return hashlib.sha256(site.encode()).hexdigest()[:32]


@cache
def spool_of(site: str, edge: str) -> str:
    """The one spool of an edge: 32 hex."""
    return hashlib.sha256(f"{site}/{edge}".encode()).hexdigest()[:32]


def by_of(site: str, badge: str) -> str:
    """A badge's pseudonym at a site."""
    found = pseudonym(badge, salt_of(site))
    assert found is not None
    return found


def network_of(days: CarrierDays) -> Network:
    """The simulated world as the hub reads it."""
    return parse_network(network_text(days.world).encode())


def inputs(days: CarrierDays) -> list[Fact | Call]:
    """Everything that reaches the hub, in the order in which it does."""
    bridge = _Bridge(days.rates)
    found: list[tuple[datetime, Fact | Call]] = []
    for doing in days.doings:
        if isinstance(doing, Call):
            bridge.obey(doing)
            found.append((doing.at, doing))
        else:
            found += [(fact.received_at, fact) for fact in bridge.take(doing)]
    found.sort(key=lambda pair: pair[0])
    return [each for _, each in found]


def facts(days: CarrierDays) -> list[Fact]:
    """The facts alone, in the order in which the hub receives them."""
    return [each for each in inputs(days) if isinstance(each, Fact)]


@dataclass(slots=True)
class _Session:
    """What one device's labels have set."""

    by: str | None = None
    step: Step | None = None
    place: str | None = None
    container: str | None = None
    kind: ContainerKind | None = None
    receiver: str | None = None
    given: list[tuple[int, str | None]] = field(default_factory=list)
    """Sequence number and waybill of what this handover has had so far."""
    used_at: datetime | None = None


@dataclass(slots=True)
class _Bridge:
    rates: Rates
    stops: set[str] = field(default_factory=set)
    sessions: dict[tuple[str, str, str], _Session] = field(default_factory=dict)
    seqs: dict[tuple[str, str], int] = field(default_factory=dict)
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    last: dict[tuple[str, str, str], Scan] = field(default_factory=dict)
    """The newest scan of a waybill at a device: what somebody types there belongs to it."""

    def obey(self, call: Call) -> None:
        if call.path.startswith("wanted/"):
            waybill = call.path.removeprefix("wanted/")
            (self.stops.add if call.method == "PUT" else self.stops.discard)(waybill)

    def take(self, doing: Pull | Typed) -> Iterator[Fact]:
        for event in self._typed(doing) if isinstance(doing, Typed) else self._pulled(doing):
            received_at = self.rates.heard_at(doing.site, doing.at) + HEARD_AFTER
            yield Fact(event, doing.at, received_at, received_at - doing.at > LATE_AFTER)

    def _pulled(self, pull: Pull) -> Iterator[Event]:
        key = (pull.site, pull.device, pull.edge)
        session = self.sessions.get(key)
        if session is None or session.used_at is None or pull.at - session.used_at > IDLE:
            session = self.sessions[key] = _Session()
        session.used_at = pull.at
        if not pull.code.startswith("CX:"):
            yield self._scan(pull, session, pull.code, pull.code)
            return
        _, verb, value = f"{pull.code}:".split(":", 2)
        value = value.rstrip(":")
        if verb == "END":
            yield from self._end(pull, session)
            del self.sessions[key]
        elif verb in _UNITS and _is_unit(session):
            yield self._scan(pull, session, None, pull.code)
        elif verb in ("SEAL", "REFUSE"):
            yield from self._about_last(pull, session, verb, value)
        else:
            self._set(pull, session, verb, value)

    def _set(self, pull: Pull, session: _Session, verb: str, value: str) -> None:
        if verb == "BY" and session.given:
            session.receiver = self._name(pull.site, value)
        elif verb == "BY":
            session.by = self._name(pull.site, value)
        elif verb == "STEP":
            session.step = Step(value)
        elif verb == "PLACE":
            session.place = value
        else:
            session.container, session.kind = value, _CONTAINERS[verb]

    def _scan(self, pull: Pull, session: _Session, waybill: str | None, text: str) -> Scan:
        scan = Scan(
            site=pull.site,
            edge=pull.edge,
            **self._stamp(pull),
            device=pull.device,
            source=SOURCE,
            by=session.by,
            waybill=waybill,
            code_hex=text.encode().hex(),
            text=text,
            length=len(text),
            aim="C0",
            symbology="code128",
            step=session.step,
            place=session.place,
            container=session.container,
            container_kind=session.kind,
            result=self._result(waybill),
            list_version=1,
            list_age_s=10,
            timing_us=TIMING,
        )
        if waybill is not None:
            self.last[pull.site, pull.device, waybill] = scan
        if session.step is Step.HANDOVER:
            session.given.append((scan.seq, waybill))
        return scan

    def _end(self, pull: Pull, session: _Session) -> Iterator[Act]:
        if session.receiver is not None:
            yield Act(
                site=pull.site,
                edge=pull.edge,
                **self._stamp(pull),
                device=pull.device,
                source=SOURCE,
                by=session.receiver,
                act=ActKind.HANDOVER_ACCEPT,
                scans=tuple(seq for seq, _ in session.given),
                step=Step.HANDOVER,
                place=session.place,
                giver=session.by,
                receiver=session.receiver,
            )

    def _about_last(self, pull: Pull, session: _Session, verb: str, value: str) -> Iterator[Act]:
        if not session.given:
            return
        seq, waybill = session.given[-1]
        is_seal = verb == "SEAL"
        if not is_seal:
            session.given.pop()
        yield Act(
            site=pull.site,
            edge=pull.edge,
            **self._stamp(pull),
            device=pull.device,
            source=SOURCE,
            by=session.by,
            act=ActKind.SEAL_CHECK if is_seal else ActKind.HANDOVER_REFUSE,
            waybill=waybill if is_seal else None,
            scans=(seq,),
            step=Step.HANDOVER,
            giver=session.by,
            receiver=session.receiver,
            seal=value if is_seal else None,
            reason=None if is_seal else value,
        )

    def _typed(self, typed: Typed) -> Iterator[Act]:
        scan = self.last[typed.site, typed.device, typed.waybill]
        yield Act(
            site=typed.site,
            edge=typed.edge,
            **self._stamp(typed),
            device=typed.device,
            source=SOURCE,
            by=scan.by,
            act=ActKind(typed.act),
            waybill=typed.waybill,
            scans=(scan.seq,),
            step=scan.step,
            body=hashlib.sha256(typed.text.encode()).hexdigest(),
        )

    def _stamp(self, doing: Pull | Typed) -> "_Stamp":
        edge = (doing.site, doing.edge)
        self.seqs[edge] = self.seqs.get(edge, 0) + 1
        return {
            "spool": spool_of(*edge),
            "seq": self.seqs[edge],
            "at": format_at(doing.at),
            "mono_ms": int(doing.at.timestamp() * 1000),
            "boot": samples.BOOT,
            "clock": CLOCK,
        }

    def _result(self, waybill: str | None) -> Result:
        if waybill is None:
            return Result.NOT_A_PARCEL
        if waybill in self.stops:
            return Result.STOP
        return Result.HV if waybill.startswith("103") else Result.CLEAR

    def _name(self, site: str, badge: str) -> str:
        if (site, badge) not in self.names:
            self.names[site, badge] = by_of(site, badge)
        return self.names[site, badge]


_Stamp = dict[str, object]


def _is_unit(session: _Session) -> bool:
    if session.step in _ABOARD_STEPS:
        return session.kind in _CARRIERS
    return session.step in _UNIT_STEPS
