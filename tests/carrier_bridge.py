"""From the simulated carrier's scanner pulls to facts, as its stations would record them.

Labels are read and sessions followed by the edge's own rules; the ``Scan`` and ``Act`` lines that
come of it have no chain and no signature. Labels that only set a session are left out: nothing at
the hub counts with them. A private body is only its hash.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache

from devices.frames import Frame
from devices.symbology import CommandLabel, Label, Verb, WaybillLabel, read_label
from edge.acts import ActDraft
from edge.session import EMPTY, FixedSession, Session, follow, pseudonym
from hub.config import load_policy
from hub.fact import Fact
from hub.network import Network
from hub.network_file import parse_network
from simulators.carrier.day import CarrierDays
from simulators.carrier.network_text import network_text
from simulators.carrier.noise import Rates
from simulators.carrier.pulls import Call, Pull, Typed
from tests import samples
from wire.events import Act, ActKind, ClockReading, Event, Scan, ScanTiming
from wire.names import Result, format_at

HEARD_AFTER = timedelta(seconds=1)
LATE_AFTER = timedelta(seconds=5)
CLOCK = ClockReading(offset_ms=0, error_ms=5)
TIMING = ScanTiming(decode=40, verdict=10)
SOURCE = "pts:/dev/pts/7"
NOT_FIXED = FixedSession()


@cache
def salt_of(site: str) -> str:
    """The salt that the bridge gives a site: 32 hex."""
    return hashlib.sha256(site.encode()).hexdigest()[:32]


@cache
def spool_of(site: str, edge: str) -> str:
    """The one spool of an edge: 32 hex."""
    return hashlib.sha256(f"{site}/{edge}".encode()).hexdigest()[:32]


@cache
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
    stations = _Stations(days.rates)
    found: list[tuple[datetime, Fact | Call]] = []
    for doing in days.doings:
        if isinstance(doing, Call):
            stations.obey(doing)
            found.append((doing.at, doing))
        else:
            found += [(fact.received_at, fact) for fact in stations.take(doing)]
    found.sort(key=lambda pair: pair[0])
    return [each for _, each in found]


def facts(days: CarrierDays) -> list[Fact]:
    """The facts alone, in the order in which the hub receives them."""
    return [each for each in inputs(days) if isinstance(each, Fact)]


@dataclass
class _Stations:
    """All sites' stations: a session for each device, a count for each spool.

    The carrier's people end each piece of work with ``CX:END`` before half an hour or a shift has
    passed, so no session ends by itself; a test holds them to it.
    """

    rates: Rates
    stops: set[str] = field(default_factory=set)
    sessions: dict[tuple[str, str], Session] = field(default_factory=dict)
    seqs: dict[tuple[str, str], int] = field(default_factory=dict)
    last: dict[tuple[str, str, str], Scan] = field(default_factory=dict)
    """The newest scan of a waybill at a device: what somebody types there belongs to it."""

    def obey(self, call: Call) -> None:
        """Take over what the control room wants stopped or released."""
        if call.path.startswith("wanted/"):
            waybill = call.path.removeprefix("wanted/")
            (self.stops.add if call.method == "PUT" else self.stops.discard)(waybill)

    def take(self, doing: Pull | Typed) -> Iterator[Fact]:
        """The facts that one pull, or one typed entry, leads to."""
        for event in self._typed(doing) if isinstance(doing, Typed) else self._pulled(doing):
            received_at = self.rates.heard_at(doing.site, doing.at) + HEARD_AFTER
            yield Fact(event, doing.at, received_at, received_at - doing.at > LATE_AFTER)

    def _pulled(self, pull: Pull) -> Iterator[Event]:
        desk, label = (pull.site, pull.device), read(pull.code)
        seq = self.seqs.get((pull.site, pull.edge), 0) + 1
        session = self.sessions.get(desk, EMPTY)
        outcome = follow(session, label, seq, NOT_FIXED, salt_of(pull.site))
        self.sessions[desk] = outcome.after
        if _says_something(label, outcome.after):
            yield self._scan(pull, label, outcome.line)
        if outcome.act is not None:
            yield self._act(pull, outcome.act, outcome.line)

    def _scan(self, pull: Pull, label: Label, session: Session) -> Scan:
        waybill = label.waybill if isinstance(label, WaybillLabel) else None
        scan = Scan(
            site=pull.site,
            edge=pull.edge,
            **self._stamp(pull),
            device=pull.device,
            source=SOURCE,
            by=session.by,
            waybill=waybill,
            code_hex=label.raw.hex(),
            text=label.text,
            length=label.length,
            aim=label.aim,
            symbology=label.symbology,
            step=session.step,
            place=session.place,
            container=session.container,
            container_kind=session.container_kind,
            result=self._result(waybill),
            list_version=1,
            list_age_s=10,
            timing_us=TIMING,
        )
        if waybill is not None:
            self.last[pull.site, pull.device, waybill] = scan
        return scan

    def _act(self, pull: Pull, draft: ActDraft, session: Session) -> Act:
        return Act(
            site=pull.site,
            edge=pull.edge,
            **self._stamp(pull),
            device=pull.device,
            source=SOURCE,
            by=draft.by,
            act=draft.act,
            waybill=draft.waybill,
            scans=draft.scans,
            step=session.step,
            place=session.place,
            giver=draft.giver,
            receiver=draft.receiver,
            seal=draft.seal,
            reason=draft.reason,
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


_Stamp = dict[str, object]
_POLICY = load_policy(None)
_UNITS = (Verb.BAG, Verb.PAL)


@cache
def read(code: str) -> Label:
    """What a label says under the shipped policy."""
    raw = code.encode()
    return read_label(Frame(raw=raw, aim="C0", overlong=False, size=len(raw)), _POLICY.waybill)


def _says_something(label: Label, after: Session) -> bool:
    """A parcel, or a bag or pallet that is moved like one instead of being filled."""
    if isinstance(label, CommandLabel):
        return label.verb in _UNITS and after.container != label.value
    return True
